import Determinism
import Orders
import Units

/// The answer to an intent.
public enum RiskVerdict: ~Copyable, Sendable {
    case approved(RiskApproved<OrderIntent>)
    case refused(RefusalReason)
}

/// A verdict as it is journaled.
@frozen public struct VerdictRecord: Hashable, BitwiseCopyable, Sendable {
    /// Position in this run's stream of verdicts, from 1.
    public var sequence: UInt64
    /// Event time.
    public var time: Timestamp
    public var intent: ClientOrderID
    /// Nil for an approval.
    public var reason: RefusalReason?
    /// Position at the time, and what it could become were everything working, this order included, to fill.
    public var position: Quantity
    public var worstPosition: Quantity
    /// What was judged: an order at the market against a whole position is a close, whatever it was called.
    public var action = IntentAction.open
    /// Sequence of the signal that led to the intent; 0 for none.
    public var signal: UInt64 = 0
    /// Why it was asked for, where no signal was the reason: an operator's request, or what closes a book.
    public var cause: StateReason?
}

extension VerdictRecord: BoundedElement {
    public static var blank: VerdictRecord {
        VerdictRecord(sequence: 0, time: .undefined, intent: .none, reason: nil, position: .zero, worstPosition: .zero)
    }

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&sequence)
        try archive.field(&time)
        try archive.field(&intent)
        var code = reason?.code ?? 0
        try archive.field(&code)
        reason = RefusalReason(code: code)
        try archive.field(&position)
        try archive.field(&worstPosition)
        try archive.code(&action)
        try archive.field(&signal)
        var why = cause?.rawValue ?? 0
        try archive.field(&why)
        cause = StateReason(rawValue: why)
    }
}

extension VerdictRecord: CanonicalBytes {
    public static let byteCount = 41

    /// ```
    ///  0          8      16       24       25         33               41
    ///  | sequence | time | intent | reason | position | worst position |
    /// ```
    /// `sequence`, `intent` UInt64, `time` UInt64 ns, `reason` UInt8 (0 approved), positions Int64 contracts.
    /// Action, signal and cause are left out: they are the intent's, and of its explanation.
    public func write(into writer: inout CanonicalWriter) {
        writer.put(sequence)
        writer.put(time.nanoseconds)
        writer.put(intent.raw)
        writer.put(reason?.code ?? 0)
        writer.put(position.contracts)
        writer.put(worstPosition.contracts)
    }
}
