import DBN
import MarketData
import Testing
import Units

@testable import Pipeline

/// An options' dataset beside that of the futures: while the futures' feed is down or replays, the time is theirs.
@Suite struct IndexChainTests {
    private static let second: UInt64 = 1_000_000_000

    /// A quote and a trade of OPRA.
    private static func chain(at time: UInt64) -> [[UInt8]] {
        var tape = OptionTape()
        tape.quote(900, at: time, bid: 10, ask: 11, type: .cmbp1)
        tape.trade(900, at: time + 1_000, price: 10.5, size: 3, type: .tcbbo)
        for index in tape.records.indices { tape.records[index][2] = 30 }
        return tape.records
    }

    private static func heartbeat(at time: UInt64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        try bytes.withUnsafeMutableBytes { raw in
            let base = try #require(raw.baseAddress)
            try ControlRecord.writeSystem(.heartbeat, "Heartbeat", at: Timestamp(nanoseconds: time), to: base)
        }
        return bytes
    }

    /// Half an hour of a book a second. In the 1,000th the feed breaks off; 300 s later it replays what it missed, ten
    /// seconds in one, and is live from where the replay has caught up.
    private static func tape(hasChain: Bool) throws -> [[UInt8]] {
        let start = try MarketFoldTests.instant(8, 10, 0)
        var records: [[UInt8]] = []
        func book(_ index: UInt64) {
            let bid = 18_000 + Int(index * index / 7 % 23)
            records.append(MarketFoldTests.book(1, start + index * second, bid: bid))
        }
        func chain(_ present: UInt64) throws {
            guard hasChain else { return }
            records += Self.chain(at: start + present * second + second / 4)
            guard present % 30 == 0 else { return }
            let time = start + present * second + second / 2
            records.append(try MarketFoldTests.mark(.live, at: time, dataset: "OPRA.PILLAR"))
        }
        for index in 0..<1_000 as Range<UInt64> {
            book(index)
            try chain(index)
        }
        records.append(try MarketFoldTests.mark(.down, at: start + 999 * second))
        for present in 1_000..<1_300 as Range<UInt64> { try chain(present) }
        // An ingest that was killed and came back.
        if hasChain { records.append(try MarketFoldTests.mark(.down, at: start + 1_299 * second)) }
        records.append(try MarketFoldTests.mark(.replaying, .mbp10, at: start + 999 * second))
        // The gateway's own time, of a pause in the replay.
        if hasChain { records.append(try heartbeat(at: start + 1_040 * second)) }
        for index in 1_000..<1_330 as Range<UInt64> {
            book(index)
            if index % 10 == 0 { try chain(1_300 + (index - 1_000) / 10) }
        }
        records.append(try MarketFoldTests.mark(.replayed, .mbp10, at: start + 1_329 * second))
        records.append(try MarketFoldTests.mark(.live, at: start + 1_329 * second))
        for index in 1_333..<1_800 as Range<UInt64> {
            book(index)
            try chain(index)
        }
        return records
    }

    @Test func `a replay after a break gives the futures' rows that it gives without a chain`() throws {
        var all: [MarketFoldTests.Told] = []
        for hasChain in [false, true] {
            var fold = MarketFold(
                plan: try MarketFoldTests.plan([("ESZ3", 1)]), configuration: try MarketFoldTests.configuration())
            var told = MarketFoldTests.Told()
            for (index, bytes) in try Self.tape(hasChain: hasChain).enumerated() {
                bytes.withUnsafeBytes { raw in
                    if let base = raw.baseAddress { fold.take(RecordView(base), sequence: UInt64(index), sink: &told) }
                }
            }
            #expect(fold.signalCounters.late == 0)
            all.append(told)
        }
        #expect(all[0].vectors.count > 1_700)
        #expect(all[0].events == all[1].events && all[0].vectors == all[1].vectors)
    }

    @Test func `a run that begins with a replay of both may begin with a record of the chain`() throws {
        var fold = MarketFold(
            plan: try MarketFoldTests.plan([("ESZ3", 1)]), configuration: try MarketFoldTests.configuration())
        var told = MarketFoldTests.Told()
        let start = try MarketFoldTests.instant(7, 18, 0)
        var clocks: [UInt64] = []
        let chain = Self.chain(at: start)
        let book = MarketFoldTests.book(1, start + Self.second, bid: 18_000)
        for bytes in [try MarketFoldTests.mark(.replaying, at: 0)] + chain + [book] {
            bytes.withUnsafeBytes { raw in
                if let base = raw.baseAddress { fold.take(RecordView(base), sequence: 0, sink: &told) }
            }
            clocks.append(fold.clock)
        }
        #expect(clocks == [0, start + 1_000, start + 1_000, start + Self.second + 1_000])
    }
}
