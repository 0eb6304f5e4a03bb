import Determinism
import Units

/// What an operator can ask of the gateways.
@frozen public enum OperatorRequest: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// REDUCING, and back.
    case pause = 1
    case resume = 2
    /// Nothing new but closing, until armed.
    case halt = 3
    /// Cancel everything, close everything, lock.
    case flatten = 4
    /// Take the lock off.
    case arm = 5
    /// A manual order: `intent`.
    case order = 6
    /// Cancel `target`, or every order that opens when it is `none`.
    case cancel = 7
    /// Of the execution gateway's process, to its fold: `target` was not sent, for it opens and its epoch was over in
    /// the last instant.
    case withheld = 8
    /// A gateway's own watch: the other gateway's heartbeat is lost, and back.
    case peerSilent = 9
    case peerHeard = 10
    /// Change the order of `intent` to what it says.
    case modify = 11
    /// Of the execution gateway's process, to its fold: `target` was not sent, for it opens and its approval had
    /// expired when it could have left.
    case expired = 13
    /// Of a gateway's process, to its fold: identities are given out under the epoch of `target` from here on, for some
    /// of an earlier one may have been lost.
    case identities = 12
    /// To the execution gateway: ask the venue what is live and what is open. Nothing opens until that has been done.
    case reconcile = 20

    public var name: String { "\(self)" }
}

extension OperatorCommand {
    /// Identities are to be of this epoch from now on.
    public static func identities(of epoch: UInt16) -> OperatorCommand {
        OperatorCommand(
            .identities, sender: ShortText("start"),
            target: ClientOrderID(epoch: epoch, issuer: .execution, count: 1))
    }
}

/// The number of an operator's command: 128 bits, drawn at random by whoever asks.
@frozen public struct CommandNumber: Hashable, BitwiseCopyable, Sendable {
    public static let none = CommandNumber(high: 0, low: 0)

    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One request of an operator, with who made it and why.
@frozen public struct OperatorCommand: Hashable, BitwiseCopyable, Sendable {
    /// Of the control command; `none` for what a process tells its own fold. A command is carried out once.
    public var number: CommandNumber
    public var request: OperatorRequest
    /// Who asks, and why, as audited.
    public var sender: ShortText
    public var reason: ShortText
    /// Of `order` and `modify`.
    public var intent: OrderIntent
    /// Of `cancel`.
    public var target: ClientOrderID
    /// Of `arm`, `pause` and `resume`: one strategy; `account` for all.
    public var scope: StrategyID
    /// Of `flatten`: wait for the market to open and close then.
    public var waitsForOpen: Bool
    /// Epoch of the lock word that the command goes with.
    public var epoch: UInt64

    /// - Parameters:
    ///   - id: the first eight bytes of its number.
    ///   - rest: the other eight.
    public init(
        _ request: OperatorRequest, id: UInt64 = 0, rest: UInt64 = 0, sender: ShortText = ShortText(),
        reason: ShortText = ShortText(), intent: OrderIntent = .blank, target: ClientOrderID = .none,
        scope: StrategyID = .account, waitsForOpen: Bool = false, epoch: UInt64 = 0
    ) {
        number = CommandNumber(high: id, low: rest)
        self.request = request
        self.sender = sender
        self.reason = reason
        self.intent = intent
        self.target = target
        self.scope = scope
        self.waitsForOpen = waitsForOpen
        self.epoch = epoch
    }

    /// The first eight bytes of its number, under which logs name it; 0 for none.
    public var id: UInt64 { number.high }
}

extension OperatorCommand {
    /// What a fold is told by its own process of a change of the lock word: nobody has asked this fold.
    public static func lockWord(
        _ request: OperatorRequest, epoch: UInt64, sender: ShortText = ShortText("lock"),
        reason: ShortText = ShortText(), waitsForOpen: Bool = false
    ) -> OperatorCommand {
        OperatorCommand(request, sender: sender, reason: reason, waitsForOpen: waitsForOpen, epoch: epoch)
    }

    /// Whether it came that way: a request of an operator has a number.
    public var isOfLockWord: Bool { number == .none && epoch > 0 }

    /// Who locks on behalf of the account's own rules.
    public static let riskGate = "risk"

    /// Why everything is to be closed: what the risk gate locked for, else because somebody asked.
    public var stateReason: StateReason {
        guard isOfLockWord, sender == ShortText(Self.riskGate) else { return .operatorRequest }
        return StateReason(name: reason.description) ?? .operatorRequest
    }
}

extension OperatorCommand: BoundedElement {
    public static var blank: OperatorCommand { OperatorCommand(.pause) }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&number)
        try archive.code(&request)
        try archive.field(&sender)
        try archive.field(&reason)
        try intent.persist(&archive)
        try archive.field(&target)
        try archive.field(&scope)
        try archive.field(&waitsForOpen)
        try archive.field(&epoch)
    }
}

/// At most 128 bytes of UTF-8 in place: a name or a reason that travels through folds and journals.
@frozen public struct ShortText: Hashable, BitwiseCopyable, Sendable, CustomStringConvertible {
    public static let capacity = 128

    private var bytes: (
        SIMD32<UInt8>, SIMD32<UInt8>, SIMD32<UInt8>, SIMD32<UInt8>
    ) = (.zero, .zero, .zero, .zero)
    private var count: UInt8 = 0

    public init() {}

    /// What is longer is cut at a character's border.
    public init(_ text: String) {
        var kept: [UInt8] = []
        for character in text {
            let utf8 = Array(String(character).utf8)
            if kept.count + utf8.count > Self.capacity { break }
            kept += utf8
        }
        count = UInt8(kept.count)
        withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: kept) }
    }

    public var description: String {
        withUnsafeBytes(of: bytes) { String(decoding: $0.prefix(Int(min(count, 128))), as: UTF8.self) }
    }

    public static func == (a: ShortText, b: ShortText) -> Bool {
        a.count == b.count && a.bytes.0 == b.bytes.0 && a.bytes.1 == b.bytes.1 && a.bytes.2 == b.bytes.2
            && a.bytes.3 == b.bytes.3
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
