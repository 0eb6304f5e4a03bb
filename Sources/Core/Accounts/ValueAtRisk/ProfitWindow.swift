import Determinism
import Orders
import Units

/// The last profits and losses of equal intervals (days, hours), with their quantiles and variance, exact. Taking one
/// in costs at most one pass over the window; quantiles and variance cost a few operations.
@frozen public struct ProfitWindow: Sendable {
    /// Profits that count.
    public let length: Int
    public private(set) var count = 0
    /// In order of arrival; the oldest is at `head`.
    private var recent: [Int64]
    private var head = 0
    /// The same, smallest first.
    private var sorted: [Int64]
    private var sum: Int128 = 0
    private var squares: Int128 = 0

    /// - Precondition: 2…`AccountLimits.profitSamples`.
    public init(length: Int) {
        precondition((2...AccountLimits.profitSamples).contains(length), "a window has two to 1 024 profits")
        self.length = length
        recent = Array(repeating: 0, count: length)
        sorted = Array(repeating: 0, count: length)
    }

    /// Takes in the profit of one interval, fees included. The oldest leaves when there is no more room.
    /// - Precondition: at most 10 million dollars either way.
    public mutating func append(_ profit: Money) {
        precondition(abs(profit.nanos) <= AccountLimits.profitNanos, "a profit of at most 10 million dollars")
        if count == length { removeOldest() }
        let value = profit.nanos
        recent[(head + count) % length] = value
        var place = count
        while place > 0, sorted[place - 1] > value {
            sorted[place] = sorted[place - 1]
            place -= 1
        }
        sorted[place] = value
        count += 1
        sum += Int128(value)
        squares += Int128(value) * Int128(value)
    }

    private mutating func removeOldest() {
        let value = recent[head]
        head = (head + 1) % length
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        count -= 1
        for i in low..<count { sorted[i] = sorted[i + 1] }
        sum -= Int128(value)
        squares -= Int128(value) * Int128(value)
    }

    /// The quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7): with h = (n − 1) ·
    /// share, x₍⌊h⌋₎ + (h − ⌊h⌋) · (x₍⌊h⌋+1₎ − x₍⌊h⌋₎), rounded down to 1e-9 dollars. Nil while empty.
    /// - Precondition: 0…1.
    public func quantile(_ share: ExactRatio) -> Money? {
        precondition(share >= .zero && share <= .one, "a share")
        guard count > 0 else { return nil }
        let position = Int128(count - 1) * Int128(share.billionths)
        let (rank, between) = position.quotientAndRemainder(dividingBy: ExactRatio.unit)
        let lower = Int128(sorted[Int(rank)])
        guard between > 0 else { return Money(nanos: Int64(lower)) }
        let step = Int128(sorted[Int(rank) + 1]) - lower
        return Money(nanos: Int64(lower + floored(step * between, by: ExactRatio.unit)))
    }

    /// n times the mean, exact.
    var total: Int128 { sum }

    /// The sample variance, divisor n − 1, in squares of 1e-9 dollars, rounded up. Nil below two.
    var variance: UInt128? {
        guard count > 1 else { return nil }
        let n = Int128(count)
        return UInt128(raised(n * squares - sum * sum, by: n * (n - 1)))
    }
}

extension ProfitWindow: PersistentState {
    /// Saved from the oldest on; order and sums follow from the profits. The length is configuration.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        var saved = count
        try archive.bounded(&saved, atMost: length)
        if archive.isLoading { (head, count, sum, squares) = (0, 0, 0, 0) }
        for i in 0..<saved {
            var value = archive.isLoading ? 0 : recent[(head + i) % length]
            try archive.field(&value)
            guard abs(value.clampedAboveMinimum) <= AccountLimits.profitNanos else {
                throw .mismatch(offset: archive.bytes.count, expected: "a profit")
            }
            if archive.isLoading { append(Money(nanos: value)) }
        }
    }
}

extension Int64 {
    /// Itself, but for the one number that has no negative.
    fileprivate var clampedAboveMinimum: Int64 { Swift.max(self, -.max) }
}
