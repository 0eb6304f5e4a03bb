import MarketData

/// Wilder's average true range over completed bars (Wilder 1978): seed = mean true range of the first `length` bars
/// that have a predecessor, then (13·previous + TR)/14.
@frozen public struct AverageTrueRange: BitwiseCopyable, Sendable {
    public static let length = 14

    private var previousClose: Int32 = 0
    private var bars: Int32 = 0
    private var sum: Double = 0
    /// In ticks; NaN before `length` + 1 bars.
    public private(set) var value: Double = .nan

    public init() {}

    public mutating func update(_ bar: Bar) {
        defer {
            previousClose = bar.close
            bars &+= 1
        }
        guard bars > 0 else { return }
        let range = max(bar.high &- bar.low, abs(bar.high &- previousClose), abs(bar.low &- previousClose))
        if bars < Int32(Self.length) {
            sum += Double(range)
        } else if bars == Int32(Self.length) {
            sum += Double(range)
            value = sum / Double(Self.length)
        } else {
            value = (value * Double(Self.length - 1) + Double(range)) / Double(Self.length)
        }
    }
}
