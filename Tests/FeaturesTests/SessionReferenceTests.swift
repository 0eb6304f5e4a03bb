import DBN
import Determinism
import FeatureProperties
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Features

/// The rows of the session's auction against FEATURES C.5 word for word, on random tapes of two trade dates that follow
/// each other, from all trades anew at every checked row.
@Suite struct SessionReferenceTests {
    private static let day: UInt64 = 86_400_000_000_000
    private static let minute = TestSession.minute

    /// Regular hours of ten minutes in the evening, so that a short tape sees every window of both days.
    private static func configuration() throws -> FeatureConfiguration {
        let windows = try SessionWindows(
            premarketStart: TimeOfDay(hour: 18, minute: 2), premarketEnd: TimeOfDay(hour: 18, minute: 5),
            openingRangeStart: TimeOfDay(hour: 18, minute: 5), openingRangeMinutes: 3,
            rthOpen: TimeOfDay(hour: 18, minute: 5), rthClose: TimeOfDay(hour: 18, minute: 15),
            initialBalanceMinutes: 4)
        return FeatureConfiguration(
            calendar: .cmeEquityIndex(zone: try ZoneFile.newYork(), windows: windows),
            tickSize: TickSize(nanos: TapeRecord.tick), averageBarMinutes: 1, averageLength: 5)
    }

    /// Two evenings; the second begins `gap` ticks from where the first began.
    private static func tape(seed: UInt64, gap: Int) -> [TapeRecord] {
        let start = TestSession.open + minute
        let first = RandomTape(seed: seed, start: start, groups: 1_700, withFaults: true).records
        let second = RandomTape(seed: seed + 1, start: start + day, groups: 1_700, withFaults: true).records
        return first + second.map { $0.shifted(by: gap) }
    }

    struct Trade { var time: UInt64, price: Int, size: Int }

    struct Recorder: FeatureSink {
        struct Row {
            var time: UInt64
            /// Trades up to the row.
            var trades: Int
            var values: [Double]
        }
        var trades: [Trade] = []
        var rows: [Row] = []
        private var groups = 0

        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            for trade in engine.trades {
                trades.append(Trade(time: engine.group.time, price: Int(trade.price), size: Int(trade.size)))
            }
            groups += 1
            if groups % 37 == 0 { add(engine, engine.group.time) }
        }

        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            if time / 1_000_000_000 % 29 == 0 { add(engine, time) }
        }

        private mutating func add(_ engine: borrowing ContractEngine, _ time: UInt64) {
            rows.append(Row(time: time, trades: trades.count, values: Array(engine.vector)))
        }
    }

    /// The day between the evenings passes without rows.
    private static func play(_ records: [TapeRecord], restartEvery: Int = .max) throws -> Recorder {
        var player = Player(try configuration())
        player.engine.expect(expiry: CivilDate(year: 2024, month: 1, day: 10))
        var sink = Recorder()
        let evening = TestSession.open + day
        for (index, record) in records.enumerated() {
            if record.time >= evening, !player.engine.isLeading || player.clock < evening {
                player.engine.isLeading = false
                player.engine.tick(clock: evening + 30_000_000_000, sink: &sink)
                player.engine.isLeading = true
            }
            player.take(record, sink: &sink)
            guard index % restartEvery == restartEvery - 1 else { continue }
            var saving = StateArchive()
            try player.engine.persist(&saving)
            var next = Player(try configuration())
            var loading = StateArchive(loading: saving.bytes)
            try next.engine.persist(&loading)
            (next.clock, next.sequence) = (player.clock, player.sequence)
            player = next
        }
        return sink
    }

    // MARK: Reference

    /// What the rows are made of, from a list of trades.
    struct Reference {
        var time: UInt64
        var trades: [Trade]
        var prior: [Trade]
        var mid: Double
        var isSecondDay: Bool

        var open: UInt64 { TestSession.open + (isSecondDay ? SessionReferenceTests.day : 0) }
        func at(_ minutes: UInt64) -> UInt64 { open + minutes * TestSession.minute }
        var isRegular: Bool { time >= at(5) && time < at(15) }

        func trades(_ from: UInt64, _ to: UInt64) -> [Trade] { trades.filter { $0.time >= from && $0.time < to } }
        var regular: [Trade] { trades(at(5), at(15)) }

        static func mean(_ trades: [Trade]) -> Double {
            guard let first = trades.first else { return .nan }
            let moved = trades.map { Double(($0.price - first.price) * $0.size) }.reduce(0, +)
            return Double(first.price) + moved / Double(trades.map(\.size).reduce(0, +))
        }

        static func deviation(_ trades: [Trade]) -> Double {
            let mean = mean(trades)
            let total = Double(trades.map(\.size).reduce(0, +))
            let variance = trades.map { Double($0.size) * (Double($0.price) - mean) * (Double($0.price) - mean) }
            let isFlat = Set(trades.map(\.price)).count < 2
            return isFlat ? .nan : (variance.reduce(0, +) / total).squareRoot()
        }

        /// Point of control, value area high and low.
        static func area(_ trades: [Trade]) -> [Double] {
            var volumes: [Int: Int] = [:]
            for trade in trades { volumes[trade.price, default: 0] += trade.size }
            guard let high = volumes.keys.max(), let low = volumes.keys.min() else { return [.nan, .nan, .nan] }
            let most = volumes.values.max() ?? 0
            let candidates = (low...high).filter { volumes[$0] == most }
            let control = candidates.min { (abs(2 * $0 - high - low), $0) < (abs(2 * $1 - high - low), $1) } ?? 0
            var range = control...control
            let total = volumes.values.reduce(0, +)
            while range.map({ volumes[$0] ?? 0 }).reduce(0, +) * 10 < total * 7 {
                let (above, below) = (range.upperBound + 1, range.lowerBound - 1)
                let goesUp =
                    below < low || (above <= high && volumes[above, default: 0] >= volumes[below, default: 0])
                range = goesUp ? range.lowerBound...above : below...range.upperBound
            }
            return [control, range.upperBound, range.lowerBound].map(Double.init)
        }

        static func span(_ trades: [Trade]) -> (high: Int, low: Int)? {
            guard let high = trades.map(\.price).max(), let low = trades.map(\.price).min() else { return nil }
            return (high, low)
        }

        /// Row and expected value.
        var rows: [(MarketFeature, Double)] {
            let vwap = mid - Self.mean(trades)
            let old = trades.filter { $0.time + 300_000_000_000 <= time }
            let area = Self.area(regular.filter { $0.time < time / 1_000_000_000 * 1_000_000_000 })
            let priorArea = Self.area(prior)
            let inside = isRegular ? mid : .nan
            return [
                (.vwapSessionDistance, vwap), (.vwapSessionZScore, vwap / Self.deviation(trades)),
                (.vwapRegularDistance, inside - Self.mean(regular)),
                (.vwapRegularZScore, (inside - Self.mean(regular)) / Self.deviation(regular)),
                (.vwapSlope, (Self.mean(trades) - Self.mean(old)) / 5),
                (.pointOfControlDistance, inside - area[0]), (.valueAreaHighDistance, inside - area[1]),
                (.valueAreaLowDistance, inside - area[2]), (.valueAreaWidth, isRegular ? area[1] - area[2] : .nan),
                (.priorPointOfControlDistance, mid - priorArea[0]), (.priorValueAreaHighDistance, mid - priorArea[1]),
                (.priorValueAreaLowDistance, mid - priorArea[2]), (.daysToExpiration, isSecondDay ? 4 : 5),
            ] + rangeRows + clockRows
        }

        private var rangeRows: [(MarketFeature, Double)] {
            let balance = time >= at(9) ? Self.span(trades(at(5), at(9))) : nil
            let hours = Self.span(regular)
            let range = hours.map { Double($0.high - $0.low) } ?? .nan
            let balanceRange = balance.map { Double($0.high - $0.low) } ?? .nan
            var extended = Double.nan
            if let balance, let hours {
                extended = Double(max(0, hours.high - balance.high) - max(0, balance.low - hours.low)) / balanceRange
            }
            var (gap, fill) = (Double.nan, Double.nan)
            if time >= at(5), let first = regular.first?.price, let last = prior.last?.price,
                let since = Self.span(trades(at(5), .max))
            {
                gap = Double(first - last)
                let moved = Double(gap > 0 ? first - since.low : since.high - first)
                fill = gap == 0 ? .nan : min(1, max(0, moved / abs(gap)))
            }
            let ticks = isRegular ? range : .nan
            let hoursLow = Double(hours?.low ?? 0)
            let first = Double(regular.first?.price ?? 0)
            return [
                (.initialBalanceRange, balanceRange == 0 ? .nan : balanceRange),
                (.initialBalanceExtension, balanceRange == 0 ? .nan : extended), (.openingGap, gap),
                (.openingGapFill, fill), (.regularRange, ticks == 0 ? .nan : ticks),
                (.regularRangePosition, ticks == 0 ? .nan : (mid - hoursLow) / ticks),
                (.regularReturn, ticks.isNaN ? .nan : 1e4 * DeterministicMath.log(mid / first)),
            ]
        }

        private var clockRows: [(MarketFeature, Double)] {
            let minutes = (Double(time - open) - 5 * 60e9) / 60e9
            let angle = 2 * Double.pi * (18 * 3_600 + Double(time - open) * 1e-9) / 86_400
            let segment: Double = time < at(2) ? 0 : time < at(5) ? 1 : time < at(8) ? 2 : time < at(15) ? 3 : 7
            return [
                (.minutesSinceOpen, minutes), (.minutesToClose, 10 - minutes),
                (.timeOfDaySine, DeterministicMath.sin(angle)), (.timeOfDayCosine, DeterministicMath.cos(angle)),
                (.sessionSegment, segment), (.isRegular, isRegular ? 1 : 0),
            ]
        }
    }

    @Test(arguments: [(1, 9), (2, -11), (3, 0)] as [(UInt64, Int)])
    func `every row is that of its definition, on both days`(seed: UInt64, gap: Int) throws {
        let told = try Self.play(Self.tape(seed: seed, gap: gap))
        let evening = TestSession.open + Self.day
        let firstDay = told.trades.filter { $0.time < evening }
        let opening = TestSession.open + 5 * Self.minute
        let prior = firstDay.filter { $0.time >= opening && $0.time < opening + 10 * Self.minute }
        var checked: Set<Int> = []
        for row in told.rows {
            let isSecondDay = row.time >= evening
            let seen = told.trades[..<row.trades]
            let reference = Reference(
                time: row.time, trades: isSecondDay ? seen.filter { $0.time >= evening } : Array(seen),
                prior: isSecondDay ? prior : [], mid: row.values[.mid] / 0.25, isSecondDay: isSecondDay)
            for (feature, expected) in reference.rows {
                let found = row.values[feature]
                let isSame = found.isNaN && expected.isNaN || abs(found - expected) <= 1e-9 * max(1, abs(expected))
                let minutes = Double(row.time - reference.open) / 60e9
                #expect(isSame, "seed \(seed), minute \(minutes), \(feature): \(found), reference \(expected)")
                if !found.isNaN, found != 0 { checked.insert(feature.rawValue) }
            }
            #expect(row.values[.overnightRangeRatio].isNaN && row.values[.priorSettlementDistance].isNaN)
        }
        // The tape reaches every row; a gap of −11 is filled at once, or never.
        let all = Set(
            Reference(time: opening, trades: [], prior: [], mid: .nan, isSecondDay: false).rows.map { $0.0.rawValue })
        let missing = all.subtracting(checked).compactMap(MarketFeature.init(rawValue:))
        #expect(missing.isEmpty, "seed \(seed): no value of \(missing)")
        #expect(told.rows.count > 150)
    }

    // MARK: Properties over two days

    private static func sameBits(_ a: Recorder, _ b: Recorder, but exempt: Set<Int>) -> String? {
        guard a.rows.count == b.rows.count else { return "\(a.rows.count) and \(b.rows.count) rows" }
        for (index, (one, two)) in zip(a.rows, b.rows).enumerated() {
            for column in one.values.indices where !exempt.contains(column) {
                guard one.values[column].bitPattern != two.values[column].bitPattern else { continue }
                return "row \(index), \(FeatureSchema.columns[column].name): "
                    + "\(one.values[column]) and \(two.values[column])"
            }
        }
        return nil
    }

    @Test func `a restart anywhere changes no bit of the second day`() throws {
        let records = Self.tape(seed: 4, gap: 5)
        let difference = Self.sameBits(try Self.play(records), try Self.play(records, restartEvery: 61), but: [])
        #expect(difference == nil)
    }

    @Test func `a higher market changes nothing but the mid and what is a logarithm`() throws {
        let records = Self.tape(seed: 5, gap: -7)
        let exempt = Set(SessionRows.logarithmic.map(SessionRows.column) + [SessionRows.column(.mid)])
        let shifted = try Self.play(records.map { $0.shifted(by: 64) })
        // Sixty-four ticks are a power of two: the moving average's fractions stay exact.
        let session = Set(FeatureSchema.columns.indices).subtracting(
            FeatureSchema.columns.indices.filter { column in
                FeatureSchema.columns[column].definition.family == .session
                    || FeatureSchema.columns[column].definition.family == .time
            })
        let difference = Self.sameBits(try Self.play(records), shifted, but: exempt.union(session))
        #expect(difference == nil)
    }

    @Test func `the mirrored market has the mirrored gap, ranges and returns`() throws {
        let records = Self.tape(seed: 6, gap: 6)
        let base = try Self.play(records)
        let mirrored = try Self.play(records.map(\.mirrored))
        #expect(base.rows.count == mirrored.rows.count)
        var seen: Set<MarketFeature> = []
        for (a, b) in zip(base.rows, mirrored.rows) {
            func expect(_ row: MarketFeature, _ mirror: (Double) -> Double) {
                let (value, other) = (a.values[row], mirror(b.values[row]))
                #expect(value.isNaN && other.isNaN || abs(value - other) < 1e-12, "seed 6, \(row): \(value), \(other)")
                if !value.isNaN, value != 0 { seen.insert(row) }
            }
            for row in SessionRows.signed { expect(row) { -$0 } }
            for row in [.openingGapFill, .initialBalanceRange, .regularRange, .regularReturn] as [MarketFeature] {
                expect(row) { $0 }
            }
            expect(.regularRangePosition) { 1 - $0 }
        }
        #expect(seen.count == SessionRows.signed.count + 5, "seed 6: \(seen)")
    }
}
