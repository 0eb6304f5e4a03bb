import Units

/// Times in which strategies open nothing, half-open: [from, to).
@frozen public struct NewsWindow: Hashable, BitwiseCopyable, Sendable {
    public var from, to: Timestamp

    public init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }
}

/// A calendar of news windows in the order of their beginnings. Bounded, and never changed while it runs.
public struct NewsCalendar: Sendable, Equatable {
    /// Windows of one calendar.
    public static let capacity = 4_096

    public let windows: [NewsWindow]

    public init() { windows = [] }

    /// Nil for too many windows and for one that ends before it begins. Windows may overlap.
    public init?(_ windows: [NewsWindow]) {
        guard windows.count <= Self.capacity, windows.allSatisfy({ $0.from < $0.to }) else { return nil }
        self.windows = windows.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    }

    /// O(n) in the windows that have begun; called once per order.
    public func contains(_ time: Timestamp) -> Bool {
        for window in windows {
            if window.from > time { return false }
            if time < window.to { return true }
        }
        return false
    }
}
