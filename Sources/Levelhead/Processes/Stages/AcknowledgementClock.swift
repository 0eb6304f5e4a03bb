import Orders
import Platform
import Units

/// How long the venue takes to say its first word about an order: of the newest 64 that wait for one.
struct AcknowledgementClock {
    private var waiting: [(order: ClientOrderID, sent: Timestamp?)] = []
    private static let most = 64

    /// An order is on its way out.
    mutating func add(_ order: ClientOrderID) {
        if waiting.count == Self.most { waiting.removeFirst() }
        waiting.append((order, nil))
    }

    var hasUnsent: Bool { waiting.last.map { $0.sent == nil } ?? false }

    /// Those that were on their way have been handed to the venue's channel.
    mutating func sent(_ now: Timestamp) {
        for index in waiting.indices where waiting[index].sent == nil { waiting[index].sent = now }
    }

    /// - Returns: the span; nil for an order that is not waited for.
    mutating func hear(_ order: ClientOrderID, _ now: Timestamp) -> Nanoseconds? {
        guard let index = waiting.firstIndex(where: { $0.order == order }) else { return nil }
        return waiting.remove(at: index).sent.map { now - $0 }
    }
}
