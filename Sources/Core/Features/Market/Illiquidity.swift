import Determinism
import MarketData

/// Amihud's illiquidity (2002) over one-minute bars (FEATURES C-61): how many basis points a million dollars moved
/// price, averaged over the last 30 returns. Bars run on from session to session.
struct Illiquidity: ~Copyable {
    private static let length = 30

    /// USD that one tick of one contract's price is worth: a price in ticks times it is the contract's notional.
    private let tickValue: Double
    private let ring: UnsafeMutablePointer<Double>
    private var previousClose: Int32 = 0
    private var bars = 0
    /// bps per million USD; NaN before 31 bars.
    private(set) var value = Double.nan

    init(tickValue: Double) {
        self.tickValue = tickValue
        ring = .allocate(capacity: Self.length)
        ring.initialize(repeating: .nan, count: Self.length)
    }

    deinit { ring.deallocate() }

    mutating func update(_ bar: Bar) {
        defer {
            previousClose = bar.close
            bars += 1
        }
        guard bars > 0 else { return }
        let change = 1e4 * abs(LogReturn.between(previousClose, bar.close))
        let millions = Double(bar.volume) * tickValue * Double(bar.close) / 1e6
        ring[(bars - 1) % Self.length] = ratio(change, millions)
        guard bars >= Self.length else { return }
        var sum = 0.0
        for index in 0..<Self.length { sum += ring[index] }
        value = sum / Double(Self.length)
    }
}

extension Illiquidity: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("illiquidity")
        try archive.field(&previousClose)
        try archive.field(&bars)
        try archive.field(&value)
        for index in 0..<Self.length { try archive.field(&ring[index]) }
    }
}
