import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Units

@testable import Pipeline

/// Records of a future (id 1) and of options on it, made by hand. Prices of options and strikes in points.
struct OptionTape {
    static let second: UInt64 = 1_000_000_000
    static let future: UInt32 = 1
    /// 2023-12-08, a Friday; the contract is ESZ3.
    static let date = CivilDate(year: 2023, month: 12, day: 8)

    var records: [[UInt8]] = []

    static func instant(_ hour: Int, _ minute: Int, _ second: Int = 0, day: Int = 8) throws -> UInt64 {
        try RealTape.newYork().timestamp(
            CivilDate(year: 2023, month: 12, day: day), hour: hour, minute: minute, second: second
        ).nanoseconds
    }

    static func plan() throws -> InstrumentPlan {
        let identity = TapeContract.Identity(
            instrument: InstrumentID(future), start: Timestamp(nanoseconds: 0), end: .undefined)
        return try InstrumentPlan(
            candidates: [
                TapeContract(contract: FuturesContract(root: "ES", year: 2023, month: 12), identities: [identity])
            ], signal: "ES.c.0", traded: "MES.c.0", reference: date)
    }

    static func configuration(_ options: OptionConfiguration = OptionConfiguration()) throws -> FeatureConfiguration {
        FeatureConfiguration(
            calendar: .cmeEquityIndex(zone: try RealTape.newYork(), windows: .regular),
            tickSize: TickSize(nanos: 250_000_000), averageLength: 3, options: options)
    }

    // MARK: Records

    /// The future's book: one tick wide, ten levels.
    mutating func book(at time: UInt64, bid: Int, trade: Bool = false) {
        let tick: Int64 = 250_000_000
        let levels = (0..<10).map { slot in
            BidAskPair(
                bidPrice: Int64(bid - slot) * tick, askPrice: Int64(bid + 1 + slot) * tick, bidSize: 10, askSize: 20,
                bidCount: 2, askCount: 3)
        }
        let head = MarketByPriceRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: InstrumentID(Self.future), eventTime: Timestamp(nanoseconds: time)),
            price: Price(nanos: Int64(bid) * tick), size: 1, action: trade ? .trade : .add, side: .bid, flags: .last,
            receiveTime: Timestamp(nanoseconds: time + 1_000))
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.mbp10)
        bytes.withUnsafeMutableBytes { raw in
            levels.withUnsafeBufferPointer { levels in
                if let base = raw.baseAddress { head.write(levels: levels, to: base) }
            }
        }
        records.append(bytes)
    }

    mutating func define(
        _ id: UInt32, at time: UInt64, isCall: Bool, strike: Double, expiration: UInt64, underlying: String = "ESZ3",
        action: Character = "A", kind: Character? = nil, symbol: String = ""
    ) {
        var bytes = Self.record(.instrumentDefinition, id, time, count: RecordByteCount.instrumentDefinition)
        Self.put(&bytes, 16, time)
        Self.put(&bytes, 40, expiration)
        Self.put(&bytes, 80, 50_000_000_000 as Int64)
        Self.put(&bytes, 104, Self.nanos(strike))
        Self.put(&bytes, 176, Int32.max)
        for (index, byte) in underlying.utf8.enumerated() { bytes[391 + index] = byte }
        for (index, byte) in symbol.utf8.enumerated() { bytes[238 + index] = byte }
        bytes[487] = (kind ?? (isCall ? "C" : "P")).asciiValue ?? 0
        bytes[493] = action.asciiValue ?? 0
        records.append(bytes)
    }

    mutating func interest(
        _ id: UInt32, at time: UInt64, _ quantity: Int64, reference: UInt64 = 1, kind: UInt16 = 9, update: UInt8 = 1
    ) {
        var bytes = Self.record(.statistics, id, time, count: RecordByteCount.statistics)
        Self.put(&bytes, 16, time)
        Self.put(&bytes, 24, reference)
        Self.put(&bytes, 32, Int64.max)
        Self.put(&bytes, 40, quantity)
        Self.put(&bytes, 56, kind)
        Self.put(&bytes, 60, update)
        records.append(bytes)
    }

    mutating func quote(_ id: UInt32, at time: UInt64, bid: Double?, ask: Double?, type: RecordType = .mbp1) {
        trade(id, at: time, price: nil, size: 0, side: "N", bid: bid, ask: ask, type: type, action: "A")
    }

    mutating func trade(
        _ id: UInt32, at time: UInt64, price: Double?, size: UInt32, side: Character = "N", bid: Double? = nil,
        ask: Double? = nil, type: RecordType = .mbp1, action: Character = "T"
    ) {
        let count = type == .trade ? RecordByteCount.trade : RecordByteCount.mbp1
        var bytes = Self.record(type, id, time, count: count)
        Self.put(&bytes, 16, price.map(Self.nanos) ?? Int64.max)
        Self.put(&bytes, 24, size)
        bytes[28] = action.asciiValue ?? 0
        bytes[29] = side.asciiValue ?? 0
        Self.put(&bytes, 30, RecordFlags.last.rawValue)
        Self.put(&bytes, 32, time + 1_000)
        if type != .trade {
            Self.put(&bytes, 48, bid.map(Self.nanos) ?? Int64.max)
            Self.put(&bytes, 56, ask.map(Self.nanos) ?? Int64.max)
        }
        records.append(bytes)
    }

    private static func record(_ type: RecordType, _ id: UInt32, _ time: UInt64, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes[0] = UInt8(count / 4)
        bytes[1] = type.rawValue
        put(&bytes, 4, id)
        put(&bytes, 8, time)
        return bytes
    }

    private static func put<T: BitwiseCopyable>(_ bytes: inout [UInt8], _ offset: Int, _ value: T) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }

    private static func nanos(_ points: Double) -> Int64 { Int64((points * 1e9).rounded()) }

    // MARK: Playing

    /// Keeps every row.
    struct Rows: MarketSink {
        var groups: [[Double]] = []
        var seconds: [[Double]] = []
        var secondTimes: [UInt64] = []

        mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
        mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
        mutating func tradedGroup(_ book: borrowing ContractBook) {}
        mutating func groupClosed(_ engine: borrowing ContractEngine) { groups.append(Array(engine.vector)) }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
            seconds.append(Array(engine.vector))
            secondTimes.append(time)
        }
        var last: [Double] { groups.last ?? [] }
        /// The bits of all rows: NaN equals NaN.
        var bits: [[UInt64]] { (groups + seconds).map { $0.map(\.bitPattern) } }
    }

    func play(_ fold: inout MarketFold, _ rows: inout Rows) { Self.play(records[...], &fold, &rows) }

    static func play(_ records: ArraySlice<[UInt8]>, _ fold: inout MarketFold, _ rows: inout Rows) {
        for (index, bytes) in zip(records.indices, records) {
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                fold.take(RecordView(base), sequence: UInt64(index), sink: &rows)
            }
        }
    }

    func rows(_ options: OptionConfiguration = OptionConfiguration()) throws -> Rows {
        var fold = MarketFold(plan: try Self.plan(), configuration: try Self.configuration(options))
        var rows = Rows()
        play(&fold, &rows)
        return rows
    }

    /// A session's morning of a chain of four expirations: quotes, trades and open interest at random.
    ///
    /// - Parameter everySecond: every contract is quoted in every second.
    static func random(seed: UInt64, seconds: UInt64, everySecond: Bool) throws -> OptionTape {
        var random = SeededGenerator(seed: seed)
        var tape = OptionTape()
        let start = try instant(9, 29)
        let expirations = [
            try instant(16, 0), try instant(16, 0, day: 13), try instant(9, 30, day: 15),
            try instant(16, 0, day: 10) + 31 * 86_400 * second,
        ]
        var contracts: [(id: UInt32, isCall: Bool, strike: Double, expiration: UInt64)] = []
        for (series, expiration) in expirations.enumerated() {
            for step in -8...8 {
                for isCall in [true, false] {
                    let id = UInt32(100 + contracts.count)
                    contracts.append((id, isCall, 4_600 + Double(step) * 5 * Double(series + 1), expiration))
                }
            }
        }
        for contract in contracts {
            tape.define(
                contract.id, at: start - 2 * second, isCall: contract.isCall, strike: contract.strike,
                expiration: contract.expiration)
            if random.below(8) > 0 { tape.interest(contract.id, at: start - second, Int64(random.below(5_000))) }
        }
        var bid = 18_400
        for index in 0..<seconds {
            let time = start + index * second
            bid += Int(random.below(5)) - 2
            tape.book(at: time + 3_000_000, bid: bid, trade: random.below(2) == 0)
            let forward = (Double(bid) + 0.5) * 0.25
            for (place, contract) in contracts.enumerated() where everySecond || random.below(12) == 0 {
                let years = Double(contract.expiration - time) / 1e9 / 31_536_000
                let price = Black76(
                    isCall: contract.isCall, forward: forward, strike: contract.strike, years: years, rate: 0.04,
                    volatility: 0.12 + 0.0001 * abs(contract.strike - forward) + 0.01 * random.unit()
                ).price
                let at = time + 5_000_000 + UInt64(place) * 1_000_000
                let low = max(price - 0.25 * random.unit(), 0.05)
                if random.below(20) == 0 { tape.quote(contract.id, at: at, bid: nil, ask: low + 0.4) }
                tape.quote(contract.id, at: at + 1_000, bid: low, ask: low + 0.3)
                guard random.below(10) == 0 else { continue }
                let sides: [Character] = ["A", "B", "N", "N"]
                tape.trade(
                    contract.id, at: at + 2_000, price: low + Double(random.below(3)) * 0.15,
                    size: UInt32(1 + random.below(20)), side: sides[Int(random.below(4))], bid: low, ask: low + 0.3)
            }
            tape.book(at: time + 700_000_000 + random.below(200_000_000), bid: bid)
        }
        return tape
    }
}

extension [Double] {
    subscript(feature: MarketFeature) -> Double { self[FeatureSchema.marketOffset + feature.rawValue] }
    subscript(level: LevelKind, feature: LevelFeature) -> Double {
        self[FeatureSchema.offset(of: level) + feature.rawValue]
    }
}
