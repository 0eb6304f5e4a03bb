import Determinism
import Orders
import Units

@frozen public struct RangeConfiguration: Hashable, BitwiseCopyable, Sendable {
    /// Length of a bar, on the clock of the exchange.
    public var bar = Nanoseconds.minutes(5)
    /// Bars that are averaged.
    public var length = 14

    public init() {}

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if bar < .seconds(1) { return "bar" }
        return length < 1 || length > AverageRange.most ? "length" : nil
    }
}

/// The average true range of the traded contract, from its mid once a second: true range = max(high, last close) −
/// min(low, last close) of a bar, averaged over the last bars. Exact in half ticks.
public struct AverageRange: Sendable {
    static let most = 240

    private let bar: UInt64
    private let length: Int
    private var ranges: [Int64]
    private var count = 0
    private var next = 0
    private var sum: Int64 = 0
    /// Number of the open bar since 1970; 0 before the first.
    private var number: UInt64 = 0
    private var high: Int64 = 0
    private var low: Int64 = 0
    private var close: Int64 = 0
    private var lastClose: Int64?

    /// - Precondition: the configuration makes sense (`problem` is nil).
    public init(_ configuration: RangeConfiguration = RangeConfiguration()) {
        precondition(configuration.problem == nil, "a range that makes sense")
        bar = UInt64(configuration.bar.count)
        length = configuration.length
        ranges = Array(repeating: 0, count: configuration.length)
    }

    /// In ticks; NaN until as many bars are over as are averaged.
    public var ticks: Double { count == length ? Double(sum) / Double(2 * length) : .nan }

    /// Takes a usable book in. One with an empty side says nothing.
    public mutating func take(_ update: MarketUpdate) {
        guard update.bid.size > 0, update.ask.size > 0 else { return }
        let middle = update.bid.price.count + update.ask.price.count
        let current = update.time.nanoseconds / bar
        if current != number {
            if number != 0 { end() }
            (number, high, low) = (current, middle, middle)
        }
        high = max(high, middle)
        low = min(low, middle)
        close = middle
    }

    /// Another contract is traded from here on: its prices are no move of the one before.
    public mutating func changeContract() {
        if number != 0 { end() }
        number = 0
        lastClose = nil
    }

    private mutating func end() {
        let range = max(high, lastClose ?? high) - min(low, lastClose ?? low)
        sum += range - ranges[next]
        ranges[next] = range
        next = (next + 1) % length
        count = min(count + 1, length)
        lastClose = close
    }
}

extension AverageRange: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.bounded(&count, atMost: length)
        try archive.bounded(&next, atMost: length - 1)
        for index in ranges.indices { try archive.field(&ranges[index]) }
        try archive.field(&sum)
        try archive.field(&number)
        try archive.field(&high)
        try archive.field(&low)
        try archive.field(&close)
        var hasClose = lastClose != nil
        var value = lastClose ?? 0
        try archive.field(&hasClose)
        try archive.field(&value)
        lastClose = hasClose ? value : nil
    }
}
