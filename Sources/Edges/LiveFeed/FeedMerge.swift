import DBN
import Units

/// How far one of two feeds may go while both catch up with the present, so that what they give is in the order of
/// time.
///
/// Each may go as far as the other is known to have come: to the record that the other holds back, else to its last
/// one. A feed that never came about, or broke off, holds nobody up; and once both have been live neither waits for the
/// other again.
public struct FeedMerge: Sendable {
    /// How long a first session is waited for.
    public static let patience = Nanoseconds.seconds(15)

    private let end: Nanoseconds
    private var wereLive = [false, false]

    /// - Parameter now: monotonic; the patience begins.
    public init(now: Nanoseconds) { end = now + Self.patience }

    /// Whether both have caught up.
    public var isOver: Bool { wereLive == [true, true] }

    /// What a feed now is.
    ///
    /// - Parameter place: 0 or 1.
    public mutating func see(_ place: Int, _ state: FeedState) { if state == .live { wereLive[place] = true } }

    /// The receive time up to which a feed may go, by what the other is.
    ///
    /// - Parameters:
    ///   - other: the other's place.
    ///   - held: the receive time of the record that it holds back, if it does.
    ///   - reached: that of its last record.
    public func limit(
        of other: Int, _ state: FeedState, held: Timestamp?, reached: Timestamp, now: Nanoseconds
    ) -> Timestamp {
        guard !isOver else { return .undefined }
        let known = held ?? (reached.isDefined ? reached : Timestamp(nanoseconds: 0))
        switch state {
        case .replaying: return known
        case .down, .connecting, .authenticating: return wereLive[other] || now > end ? .undefined : known
        // Held back itself, until this one is live.
        case .live, .refused, .closed: return .undefined
        }
    }
}
