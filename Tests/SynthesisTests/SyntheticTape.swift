import DBN
import MarketCalendar
import Units

@testable import Synthesis

/// A session's records in memory, with what tests ask of them.
struct SyntheticTape {
    struct Record {
        let stream: SyntheticStream
        let bytes: [UInt8]

        func load<T: BitwiseCopyable>(_ offset: Int, as type: T.Type = T.self) -> T {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
        }
        var eventTime: UInt64 { load(8) }
        /// Of every kind that a session has.
        var receiveTime: UInt64 { [.signal, .traded, .options].contains(stream) ? load(32) : load(16) }
        var price: Int64 { load(16) }
        var size: Int64 { Int64(load(24, as: UInt32.self)) }
        var action: Action { Action(rawValue: load(28)) }
        var side: BookSide { BookSide(rawValue: load(29)) }
        var flags: RecordFlags { RecordFlags(rawValue: load(30)) }
        var sequence: UInt32 { load(44) }
        func level(_ index: Int) -> BidAskPair { load(48 + 32 * index) }
        var levels: [BidAskPair] { (0..<10).map(level) }
        var book: ArraySlice<UInt8> { bytes[48...] }
        /// Half ticks: bid and ask added.
        var doubledMid: Int64 { (level(0).bidPrice + level(0).askPrice) / SyntheticTape.tick }
    }

    static let tick: Int64 = 250_000_000
    /// Friday 2026-11-20, 00:00 in New York.
    static let midnight = Timestamp(nanoseconds: 1_795_150_800_000_000_000)

    let records: [Record]

    static func parameters(seed: UInt64, rate: Double, from: Double, to: Double, withTraded: Bool = true)
        -> SessionParameters
    {
        var parameters = SessionParameters(
            midnight: midnight, previousTradeDate: midnight - .hours(29), seed: seed,
            signal: contract("ES", 1_202_612, 50), traded: withTraded ? contract("MES", 2_202_612, 5) : nil)
        parameters.rate = rate
        parameters.window = DaySpan(start: from, end: to)
        return parameters
    }

    private static func contract(_ root: String, _ id: UInt32, _ multiplier: Int64) -> SyntheticContract {
        SyntheticContract(
            symbol: root + "Z6", root: root, instrumentID: InstrumentID(id), expiration: midnight + .hours(24 * 28),
            activation: midnight - .hours(24 * 365), maturityYear: 2_026, maturityMonth: 12, multiplier: multiplier)
    }

    init(_ parameters: SessionParameters) {
        var generator = Self.generator(parameters)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: SessionGenerator.recordByteCountMax, alignment: 8)
        defer { buffer.deallocate() }
        var records: [Record] = []
        while let (stream, count) = generator.next(into: buffer) {
            records.append(Record(stream: stream, bytes: [UInt8](UnsafeRawBufferPointer(start: buffer, count: count))))
        }
        self.records = records
    }

    static func generator(_ parameters: SessionParameters) -> SessionGenerator {
        do {
            return try SessionGenerator(parameters)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The evening's first minutes: cheap, as the path need not be computed further.
    init(seed: UInt64, rate: Double = 0.5, minutes: Double = 10) {
        self.init(Self.parameters(seed: seed, rate: rate, from: -21_600, to: -21_600 + minutes * 60))
    }

    func book(_ stream: SyntheticStream) -> [Record] { records.filter { $0.stream == stream } }

    /// The book records of one contract by event group.
    func groups(_ stream: SyntheticStream) -> [[Record]] {
        var groups: [[Record]] = []
        var group: [Record] = []
        for record in book(stream) {
            group.append(record)
            if record.flags.contains(.last) {
                groups.append(group)
                group = []
            }
        }
        return groups + (group.isEmpty ? [] : [group])
    }
}
