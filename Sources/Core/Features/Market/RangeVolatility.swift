import Determinism
import MarketData

/// Variance of one bar by three estimators that use its range.
struct BarVariance {
    /// ln(H/L)²/(4 ln 2) (Parkinson 1980).
    let parkinson: Double
    /// ½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)² (Garman & Klass 1980).
    let garmanKlass: Double
    /// u(u − c) + d(d − c), u = ln(H/O), d = ln(L/O), c = ln(C/O) (Rogers & Satchell 1991).
    let rogersSatchell: Double

    /// NaN when a price is not positive.
    init(_ bar: Bar) {
        let ln2 = 0.6931471805599453
        let range = LogReturn.between(bar.low, bar.high)
        let up = LogReturn.between(bar.open, bar.high)
        let down = LogReturn.between(bar.open, bar.low)
        let close = LogReturn.between(bar.open, bar.close)
        parkinson = range * range / (4 * ln2)
        garmanKlass = 0.5 * range * range - (2 * ln2 - 1) * close * close
        rogersSatchell = up * (up - close) + down * (down - close)
    }
}

/// Mean variances of the last bars (FEATURES C-76…78). Bars run on from session to session.
struct RangeVolatility: ~Copyable {
    private enum Kind { static let parkinson = 0, garmanKlass = 1, rogersSatchell = 2, count = 3 }

    /// Bars that the means are over.
    let length: Int
    private let ring: UnsafeMutablePointer<Double>
    private var count = 0
    /// Variance of a bar; NaN before `length` bars and when it is exactly 0.
    private(set) var parkinson = Double.nan
    private(set) var garmanKlass = Double.nan
    private(set) var rogersSatchell = Double.nan

    init(length: Int) {
        self.length = length
        ring = .allocate(capacity: length * Kind.count)
        ring.initialize(repeating: .nan, count: length * Kind.count)
    }

    deinit { ring.deallocate() }

    mutating func update(_ bar: Bar) {
        let variance = BarVariance(bar)
        let slot = ring + count % length * Kind.count
        slot[Kind.parkinson] = variance.parkinson
        slot[Kind.garmanKlass] = variance.garmanKlass
        slot[Kind.rogersSatchell] = variance.rogersSatchell
        count += 1
        guard count >= length else { return }
        parkinson = mean(Kind.parkinson)
        garmanKlass = mean(Kind.garmanKlass)
        rogersSatchell = mean(Kind.rogersSatchell)
    }

    private func mean(_ kind: Int) -> Double {
        var sum = 0.0
        for index in 0..<length { sum += ring[index * Kind.count + kind] }
        return sum > 0 ? sum / Double(length) : .nan
    }
}

extension RangeVolatility: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("range-volatility")
        try archive.field(&count)
        try archive.field(&parkinson)
        try archive.field(&garmanKlass)
        try archive.field(&rogersSatchell)
        for index in 0..<length * Kind.count { try archive.field(&ring[index]) }
    }
}

/// The RiskMetrics variance of bar closes (FEATURES C-75): s² ← 0.94 s² + 0.06 r², seeded with the mean r² of the
/// first 30 returns.
struct WeightedVariance: BitwiseCopyable {
    private static let kept = 0.94
    private static let seedLength = 30

    private var previousClose: Int32 = 0
    private var hasClose = false
    private var returns = 0
    private var state = 0.0

    init() {}

    mutating func update(close: Int32) {
        defer {
            previousClose = close
            hasClose = true
        }
        guard hasClose else { return }
        let change = LogReturn.between(previousClose, close)
        guard !change.isNaN else { return }
        returns += 1
        if returns < Self.seedLength {
            state += change * change
        } else if returns == Self.seedLength {
            state = (state + change * change) / Double(Self.seedLength)
        } else {
            state = Self.kept * state + (1 - Self.kept) * change * change
        }
    }

    /// Variance of a bar; NaN before 30 returns and when it is exactly 0.
    var value: Double { returns >= Self.seedLength && state > 0 ? state : .nan }
}
