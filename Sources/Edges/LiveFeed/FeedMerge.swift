import DBN
import Units

/// How far one of two feeds may go while both catch up with the present, so that what they give is in the order of
/// time.
///
/// Each may go as far as the other is known to have come: to the record that the other holds back, else to its last
/// one. A feed that never came about, or broke off, holds nobody up, and one that is late does not hold up who has been
/// live for a while; once both have been live neither waits for the other again. In a run that goes on, perhaps with a
/// position open, nobody waits for long.
public struct FeedMerge: Sendable {
    /// How long a first session is waited for, and by who is live the end of the other's replay.
    public static let patience = Nanoseconds.seconds(15)

    /// How long anything is waited for in a run that goes on.
    public static let patienceOfResumed = Nanoseconds.seconds(2)

    private let isResumed: Bool
    private let end: Nanoseconds
    /// When each was live first.
    private var liveSince: [Nanoseconds?] = [nil, nil]

    /// - Parameters:
    ///   - now: monotonic; the patience begins.
    ///   - isResumed: the run has records already.
    public init(now: Nanoseconds, isResumed: Bool = false) {
        self.isResumed = isResumed
        end = now + (isResumed ? Self.patienceOfResumed : Self.patience)
    }

    /// Whether both have caught up.
    public var isOver: Bool { liveSince.allSatisfy { $0 != nil } }

    /// What a feed now is.
    ///
    /// - Parameter place: 0 or 1.
    public mutating func see(_ place: Int, _ state: FeedState, now: Nanoseconds) {
        if state == .live, liveSince[place] == nil { liveSince[place] = now }
    }

    /// The receive time up to which a feed may go, by what the other is.
    ///
    /// - Parameters:
    ///   - other: the other's place.
    ///   - held: the receive time of the record that it holds back, if it does.
    ///   - reached: that of its last record.
    public func limit(
        of other: Int, _ state: FeedState, held: Timestamp?, reached: Timestamp, now: Nanoseconds
    ) -> Timestamp {
        guard !isOver, !(isResumed && now > end) else { return .undefined }
        if let since = liveSince[1 - other], now - since > Self.patience { return .undefined }
        let known = held ?? (reached.isDefined ? reached : Timestamp(nanoseconds: 0))
        switch state {
        case .replaying: return known
        case .down, .connecting, .authenticating: return liveSince[other] != nil || now > end ? .undefined : known
        // Held back itself, until this one is live.
        case .live, .refused, .closed: return .undefined
        }
    }
}
