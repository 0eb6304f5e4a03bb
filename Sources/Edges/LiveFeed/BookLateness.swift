import DBN
import Units

/// Whether a live feed's books are still of the present, by how long they take from Databento's receipt to ours.
///
/// A line, a machine or a disk that is too slow lets records wait, in order and complete: each looks like any other,
/// and the market it shows is over. Data that were never of the time of day (a tape that is served) say nothing. One
/// book alone says nothing either: a stamp may be wrong.
public struct BookLateness: Sendable {
    private let limit: Nanoseconds
    public private(set) var isBehind = false
    /// Once they were of the present.
    private var wasAbreast = false
    /// The book before said the same as this one, and not what holds.
    private var isSeenOnce = false
    /// No tape is as young as this when it is served.
    private static let farthest = Nanoseconds.seconds(600)
    /// Nearer than this no machine's clock is trusted.
    private static let least = Nanoseconds.seconds(1)

    /// - Parameter limit: two books in a row beyond it are not of the present (a second at least), and two within half
    ///   of it are again.
    public init(limit: Nanoseconds) { self.limit = max(limit, Self.least) }

    /// A session ended, or begins: nothing is known of it.
    public mutating func begin() { (isBehind, isSeenOnce) = (false, false) }

    /// Takes a book's two receipts.
    ///
    /// - Parameter vendor: Databento's; one that is not defined says nothing.
    /// - Returns: what there is to say of it, `behind` or `abreast`; nil for nothing new.
    public mutating func take(_ vendor: Timestamp, received: Timestamp) -> FeedMark.Kind? {
        guard vendor.nanoseconds > 0, vendor < .latest else { return nil }
        let age = received - vendor
        let isTimely = age <= Nanoseconds(limit.count / 2)
        if isTimely, age >= .zero - Self.farthest { wasAbreast = true }
        let isNews = isBehind ? isTimely : age > limit && (wasAbreast || age <= Self.farthest)
        guard isNews, isSeenOnce else {
            isSeenOnce = isNews
            return nil
        }
        (isBehind, isSeenOnce) = (!isBehind, false)
        return isBehind ? .behind : .abreast
    }
}
