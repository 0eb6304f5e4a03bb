import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Testing
import Units

@testable import Pipeline

/// Settlements and expirations of the signal contracts, from the tape's `statistics` and `definition` records.
@Suite struct ReferenceRecordTests {
    private static let tick: Int64 = 250_000_000
    private static let second: UInt64 = 1_000_000_000

    /// Keeps the last vector.
    struct LastVector: MarketSink {
        var settlement = Double.nan
        var days = Double.nan

        mutating func sessionBegan(_ session: SessionTimes, leader: Int) {}
        mutating func groupClosed(_ engine: borrowing ContractEngine) {
            settlement = engine.vector[FeatureSchema.marketOffset + MarketFeature.priorSettlementDistance.rawValue]
            days = engine.vector[FeatureSchema.marketOffset + MarketFeature.daysToExpiration.rawValue]
        }
        mutating func secondEnded(_ engine: borrowing ContractEngine, time: UInt64) {}
        mutating func tradedStatus(_ status: TradingStatus, time: UInt64, clock: UInt64) {}
        mutating func tradedGroup(_ book: borrowing ContractBook) {}
    }

    private static func header(_ id: UInt32, _ time: UInt64) -> RecordHeader {
        RecordHeader(publisherID: 1, instrumentID: InstrumentID(id), eventTime: Timestamp(nanoseconds: time))
    }

    private static func bytes(_ count: Int, _ write: (UnsafeMutableRawPointer) throws -> Void) rethrows -> [UInt8] {
        let room = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
        defer { room.deallocate() }
        room.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        try write(room)
        return Array(UnsafeRawBufferPointer(start: room, count: count))
    }

    /// A group: bid 19 999, ask 20 001, mid 20 000 ticks.
    private static func book(_ id: UInt32, _ time: UInt64) -> [UInt8] {
        let levels = (0..<10).map { slot in
            BidAskPair(
                bidPrice: Int64(19_999 - slot) * tick, askPrice: Int64(20_001 + slot) * tick, bidSize: 10, askSize: 10,
                bidCount: 2, askCount: 2)
        }
        let head = MarketByPriceRecord(
            header: header(id, time), price: Price(nanos: 19_999 * tick), size: 1, action: .add, side: .bid,
            flags: .last, receiveTime: Timestamp(nanoseconds: time + 1_000))
        return bytes(RecordByteCount.mbp10) { base in
            levels.withUnsafeBufferPointer { levels in _ = head.write(levels: levels, to: base) }
        }
    }

    /// A settlement of a day of December 2023.
    private static func settlement(
        _ id: UInt32, _ time: UInt64, ticks: Int64, day: Int, flags: UInt8 = 1, type: StatisticType = .settlementPrice,
        update: StatisticUpdate = .new
    ) -> [UInt8] {
        var record = StatisticsRecord(
            header: header(id, time), receiveTime: Timestamp(nanoseconds: time), type: type)
        let date = CivilDate(year: 2023, month: 12, day: day)
        record.referenceTime = Timestamp(nanoseconds: UInt64(date.daysSinceEpoch) * 86_400 * second)
        record.price = Price(nanos: ticks * tick)
        record.flags = flags
        record.update = update
        return bytes(RecordByteCount.statistics) { _ = record.write(to: $0) }
    }

    private static func definition(_ id: UInt32, _ time: UInt64, expiration: UInt64) throws -> [UInt8] {
        var record = InstrumentDefinitionRecord(
            header: header(id, time), receiveTime: Timestamp(nanoseconds: time), rawSymbol: "ESZ3",
            instrumentClass: .future)
        record.expiration = Timestamp(nanoseconds: expiration)
        return try bytes(RecordByteCount.instrumentDefinition) { _ = try record.write(to: $0) }
    }

    private static func instant(_ day: Int, _ hour: Int, _ minute: Int) throws -> UInt64 {
        try RealTape.newYork().timestamp(
            CivilDate(year: 2023, month: 12, day: day), hour: hour, minute: minute, second: 0
        ).nanoseconds
    }

    private static func fold() throws -> MarketFold {
        let reference = CivilDate(year: 2023, month: 12, day: 5)
        let identity = TapeContract.Identity(
            instrument: InstrumentID(1), start: Timestamp(nanoseconds: 0), end: .undefined)
        let contract = try #require(FuturesContract("ESZ3", near: reference))
        let plan = try InstrumentPlan(
            candidates: [TapeContract(contract: contract, identities: [identity])], signal: "ES.c.0",
            traded: "ES.c.0", reference: reference)
        return MarketFold(
            plan: plan,
            configuration: FeatureConfiguration(
                calendar: .cmeEquityIndex(zone: try RealTape.newYork(), windows: .regular),
                tickSize: TickSize(nanos: tick)))
    }

    private static func take(_ fold: inout MarketFold, _ record: [UInt8], _ sink: inout LastVector) {
        record.withUnsafeBytes { raw in
            if let base = raw.baseAddress { fold.take(RecordView(base), sequence: 0, sink: &sink) }
        }
    }

    @Test func `the prior trade date's final settlement, the latest one, as long as it is not withdrawn`() throws {
        var fold = try Self.fold()
        var sink = LastVector()
        // Trade date Wednesday the 6th; the prior one is Tuesday the 5th.
        let start = try Self.instant(5, 19, 0)
        var time = start
        func after(_ record: [UInt8]?, _ fold: inout MarketFold, _ sink: inout LastVector) -> Double {
            time += Self.second
            if let record { Self.take(&fold, record, &sink) }
            Self.take(&fold, Self.book(1, time), &sink)
            return sink.settlement
        }
        func bps(_ ticks: Double) -> Double { 1e4 * DeterministicMath.log(20_000 / ticks) }
        // Before the contract's first group, too.
        #expect(after(Self.settlement(1, start, ticks: 19_900, day: 5), &fold, &sink) == bps(19_900))
        #expect(after(Self.settlement(1, time, ticks: 1, day: 5, flags: 0), &fold, &sink) == bps(19_900))
        #expect(after(Self.settlement(1, time, ticks: 2, day: 4), &fold, &sink) == bps(19_900))
        #expect(after(Self.settlement(1, time, ticks: 3, day: 5, type: .openingPrice), &fold, &sink) == bps(19_900))
        #expect(after(Self.settlement(1, time, ticks: 19_950, day: 5), &fold, &sink) == bps(19_950))
        #expect(after(Self.settlement(1, time, ticks: 20_000, day: 6), &fold, &sink) == bps(19_950))
        let ofAnother = fold.unusedRecords
        #expect(after(Self.settlement(9, time, ticks: 4, day: 5), &fold, &sink) == bps(19_950))
        #expect(fold.unusedRecords == ofAnother + 1)
        #expect(after(Self.settlement(1, time, ticks: 0, day: 5, update: .delete), &fold, &sink).isNaN)
        // The next session has the 6th's, which came early.
        time = try Self.instant(6, 18, 0)
        #expect(after(nil, &fold, &sink) == 0)
    }

    @Test func `days to expiration by the calendar, by the definition when there is one, and after a restart`() throws {
        var fold = try Self.fold()
        var sink = LastVector()
        let start = try Self.instant(5, 19, 0)
        Self.take(&fold, Self.book(1, start), &sink)
        // The third Friday is the 15th: the 7th, 8th and 11th to 15th.
        #expect(sink.days == 7)
        Self.take(&fold, try Self.definition(1, start, expiration: try Self.instant(14, 9, 30)), &sink)
        Self.take(&fold, Self.book(1, start + Self.second), &sink)
        #expect(sink.days == 6)
        var saving = StateArchive()
        try fold.persist(&saving)
        var next = try Self.fold()
        var loading = StateArchive(loading: saving.bytes)
        try next.persist(&loading)
        Self.take(&next, Self.book(1, try Self.instant(7, 17, 30)), &sink)
        #expect(sink.days == 5, "17:30 belongs to the 7th")
        Self.take(&next, Self.book(1, try Self.instant(7, 18, 0)), &sink)
        #expect(sink.days == 4)
    }
}
