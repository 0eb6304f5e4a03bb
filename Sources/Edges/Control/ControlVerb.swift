/// What a command asks for. The numbers are on the wire and in journals: never given anew.
public enum ControlVerb: UInt8, Sendable, CaseIterable {
    /// Asks for a `ProcessStatus`. Changes nothing, so it may be asked again under any id.
    case status = 1
    /// Trading state REDUCING: only what shrinks the position.
    case pause = 2
    /// Back from REDUCING to ACTIVE.
    case resume = 3
    /// Lock, cancel everything, close the position, prove it.
    case flatten = 4
    /// Take the lock off.
    case arm = 5
    /// End the process in order.
    case stop = 6
    /// A manual order, through the same checks as every other.
    case order = 7
    /// Cancel one order, or all that do not protect a position.
    case cancel = 8
    /// Commands to the venue itself, from whoever has the key: at the venue's door alone.
    case venue = 9
    /// Another quantity or price for an order that works, through the same checks as a new one.
    case modify = 10
    /// What the venue says is live and open, beside what the gateway has.
    case reconcile = 11

    /// As on the command line.
    public var name: String { "\(self)" }

    /// Whether handling it twice would differ from handling it once.
    var changesSomething: Bool { self != .status }
}

/// How far a command has come in one process.
public enum ControlOutcome: UInt8, Sendable, CaseIterable {
    /// Taken, not finished; asking again under the same id tells how it goes on.
    case accepted = 1
    /// Finished, and it is as was asked.
    case done = 2
    /// Finished, and it is not as was asked.
    case failed = 3
    /// Not taken: nothing was changed.
    case refused = 4
    /// Nothing of this process's business.
    case notConcerned = 5

    public var name: String { "\(self)" }
    /// The answer will not change any more.
    public var isTerminal: Bool { self != .accepted }
}

/// The number of one command: 16 random bytes. A command is handled once, however often it arrives.
public struct CommandID: Hashable, BitwiseCopyable, Sendable {
    public let high: UInt64
    public let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of nobody who wants to be known again.
    static let zero = CommandID(high: 0, low: 0)

    public static func random() -> CommandID {
        var generator = SystemRandomNumberGenerator()
        return CommandID(
            high: .random(in: .min ... .max, using: &generator), low: .random(in: .min ... .max, using: &generator))
    }

    /// 32 lower-case hexadecimal digits, in the order of the bytes on the wire.
    public var hexadecimal: String { Self.digits(high.byteSwapped) + Self.digits(low.byteSwapped) }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
