import Determinism

/// Who gave an order its identity.
@frozen public enum OrderIssuer: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case strategy = 1
    case manual = 2
    /// Orders that the execution gateway issues itself: stops, targets, closes.
    case execution = 3
}

/// The identity of an order for ever: the run's epoch (16 bits), who issued it (8), and a count (40) that only rises.
@frozen public struct ClientOrderID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public static let none = ClientOrderID(raw: 0)

    public var raw: UInt64

    @inlinable public init(raw: UInt64) { self.raw = raw }
    @inlinable public init(epoch: UInt16, issuer: OrderIssuer, count: UInt64) {
        precondition(count > 0, "the first order is number 1")
        precondition(count < 1 << 40, "an epoch has at most 2⁴⁰ orders")
        raw = UInt64(epoch) << 48 | UInt64(issuer.rawValue) << 40 | count
    }

    @inlinable public var epoch: UInt16 { UInt16(truncatingIfNeeded: raw >> 48) }
    /// Nil for an identity that none of us gave out.
    @inlinable public var issuer: OrderIssuer? { OrderIssuer(rawValue: UInt8(truncatingIfNeeded: raw >> 40)) }
    @inlinable public var count: UInt64 { raw & (1 << 40 - 1) }
    @inlinable public static func < (a: ClientOrderID, b: ClientOrderID) -> Bool { a.raw < b.raw }
}

extension ClientOrderID: CustomStringConvertible {
    /// "1-strategy-12": epoch, issuer, count.
    public var description: String {
        self == .none ? "none" : "\(epoch)-\(issuer.map { "\($0)" } ?? "unknown")-\(count)"
    }
}

/// Gives out identities, each once: the count is part of the saved state and the epoch rises at every start that lost
/// it.
@frozen public struct ClientOrderIDSequence: BitwiseCopyable, Sendable {
    private var epoch: UInt16
    private var issuer: OrderIssuer
    /// Identities given out so far.
    public private(set) var count: UInt64 = 0

    public init(epoch: UInt16, issuer: OrderIssuer) {
        self.epoch = epoch
        self.issuer = issuer
    }

    /// Goes on under a later epoch, as a start must that may have lost identities given out before. Nothing happens
    /// under one that is not later.
    public mutating func begin(epoch: UInt16) {
        guard epoch > self.epoch else { return }
        self.epoch = epoch
        count = 0
    }

    public mutating func next() -> ClientOrderID {
        count += 1
        return ClientOrderID(epoch: epoch, issuer: issuer, count: count)
    }
}

extension ClientOrderIDSequence: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&epoch)
        try archive.code(&issuer)
        try archive.field(&count)
    }
}

extension ClientOrderID {
    /// Reads what `description` writes; nil for anything else.
    public init?(printed text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let epoch = UInt16(parts[0]), let count = UInt64(parts[2]), count > 0, count < 1 << 40,
            let issuer = OrderIssuer.allCases.first(where: { "\($0)" == parts[1] })
        else { return nil }
        self.init(epoch: epoch, issuer: issuer, count: count)
    }
}
