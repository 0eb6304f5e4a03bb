import DBN
import Features
import MarketCalendar
import MarketData
import Units

#if canImport(Glibc)
    import Glibc
#endif

/// A small tape of `mbp-10` records of one contract, prices in ticks of 0.25.
struct TestTape {
    struct Level { var price, size, count: Int }

    /// ns of t = 0.
    var origin: UInt64
    var bids: [Level] = []
    var asks: [Level] = []
    private(set) var records: [[UInt8]] = []
    private var sequence: UInt32 = 0

    init(origin: UInt64) { self.origin = origin }

    mutating func add(
        at seconds: Double, action: Action = .add, side: BookSide = .none, price: Int? = nil, size: Int = 0,
        flags: RecordFlags = .last
    ) {
        var bytes = [UInt8](repeating: 0, count: 368)
        let time = UInt64(Int64(origin) + Int64((seconds * 1e9).rounded()))
        sequence += 1
        bytes.withUnsafeMutableBytes { raw in
            func put<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
                raw.storeBytes(of: value, toByteOffset: offset, as: T.self)
            }
            put(0, UInt8(92))
            put(1, RecordType.mbp10.rawValue)
            put(4, UInt32(1))
            put(8, time)
            put(16, price.map { Int64($0) * 250_000_000 } ?? Int64.max)
            put(24, UInt32(size))
            put(28, action.rawValue)
            put(29, side.rawValue)
            put(30, flags.rawValue)
            put(32, time + 50_000)
            put(44, sequence)
            for slot in 0..<10 {
                let bid = slot < bids.count ? bids[slot] : nil
                let ask = slot < asks.count ? asks[slot] : nil
                put(48 + 32 * slot, bid.map { Int64($0.price) * 250_000_000 } ?? Int64.max)
                put(56 + 32 * slot, ask.map { Int64($0.price) * 250_000_000 } ?? Int64.max)
                put(64 + 32 * slot, UInt32(bid?.size ?? 0))
                put(68 + 32 * slot, UInt32(ask?.size ?? 0))
                put(72 + 32 * slot, UInt32(bid?.count ?? 0))
                put(76 + 32 * slot, UInt32(ask?.count ?? 0))
            }
        }
        records.append(bytes)
    }

    /// A trade and then the book after it, as one group.
    mutating func trade(
        at seconds: Double, price: Int, size: Int, aggressor: BookSide, then change: (inout TestTape) -> Void
    ) {
        add(at: seconds, action: .trade, side: aggressor, price: price, size: size, flags: [])
        change(&self)
        add(at: seconds, action: .cancel, side: aggressor == .bid ? .ask : .bid, price: price, size: size)
    }

    /// Hands every record to `engine`.
    func play<Sink: FeatureSink & ~Copyable>(_ engine: inout ContractEngine, sink: inout Sink) {
        var clock: UInt64 = 0
        for (index, bytes) in records.enumerated() {
            bytes.withUnsafeBytes { raw in
                guard let base = raw.baseAddress else { return }
                let view = RecordView(base).marketByPrice
                clock = max(clock, view.receiveTime.nanoseconds)
                engine.take(view, sequence: UInt64(index), clock: clock, sink: &sink)
            }
        }
    }
}

/// Keeps the last vector of groups and of seconds.
struct LastRows: FeatureSink {
    var group: [Double] = []
    var groupTime: UInt64 = 0
    var groups = 0
    var second: [Double] = []
    var secondTime: UInt64 = 0
    var touches = 0

    mutating func groupClosed(_ engine: borrowing ContractEngine) {
        group = Array(engine.vector)
        groupTime = engine.group.time
        groups += 1
    }

    mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {
        second = Array(engine.vector)
        secondTime = time
    }
}

extension [Double] {
    subscript(level: LevelKind, feature: LevelFeature) -> Double {
        self[FeatureSchema.offset(of: level) + feature.rawValue]
    }
    subscript(feature: MarketFeature) -> Double { self[FeatureSchema.marketOffset + feature.rawValue] }
}

enum ZoneFile {
    /// New York's zone as the system has it.
    static func newYork() throws -> TimeZoneRules {
        guard let file = fopen("/usr/share/zoneinfo/America/New_York", "rb") else {
            throw TimeZoneError.notTZif(offset: 0)
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return try TimeZoneRules(tzif: Array(bytes[..<count]))
    }
}
