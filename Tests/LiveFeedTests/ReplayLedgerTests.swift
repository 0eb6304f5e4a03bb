import DBN
import Determinism
import Testing
import Units

@testable import LiveFeed

@Suite struct ReplayLedgerTests {
    private static let second = MarketLog.second
    private static let t0 = MarketLog.start

    private static func take(_ ledger: inout ReplayLedger, _ records: [[UInt8]]) -> [Bool] {
        records.map { MarketLog.view($0) { ledger.take($0) } }
    }

    /// Breaks anywhere, in replays too; after each, either the ledger itself goes on, or one made from the tape, or one
    /// that was saved and loaded, or one that was saved in the present and has taken the tape since.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `over any breaks every record is handed on once, and nothing is doubted`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1_000)
        let log = MarketLog(seed: seed, count: 1_500)
        var run = LedgerRun(log)
        var known = 0
        while run.sent < log.records.count {
            known = min(log.records.count, max(known, run.sent) + Int(generator.next() % 200))
            let breakAfter = generator.next() % 3 == 0 ? Int(generator.next() % 100) : .max
            if run.resume(at: known, breakAfter: breakAfter) {
                run.live(Int(generator.next() % 150))
                if generator.next() % 2 == 0 { run.save() }
                run.live(Int(generator.next() % 150))
            }
            switch generator.next() % 4 {
            case 0: run.ledger = run.rebuilt()
            case 1: run.ledger = try Self.reloaded(run.ledger)
            case 2: run.ledger = try run.regained(Self.reloaded)
            default: break
            }
        }
        #expect(run.holes == [], "seed \(seed)")
        let handed = MarketLog.streams(run.handed)
        let expected = MarketLog.streams(log.records)
        #expect(handed.keys.sorted() == expected.keys.sorted(), "seed \(seed)")
        for (key, records) in expected where handed[key] != records {
            Issue.record("stream \(key): \(handed[key]?.count ?? 0) of \(records.count), seed \(seed)")
        }
    }

    private static func reloaded(_ ledger: ReplayLedger) throws -> ReplayLedger {
        var ledger = ledger
        var archive = StateArchive()
        try ledger.persist(&archive)
        var loaded = ReplayLedger()
        var reading = StateArchive(loading: archive.bytes)
        try loaded.persist(&reading)
        try reading.checkEnd()
        return loaded
    }

    /// One record of those that had come is left out of the replay, or changed.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a replay that is not what we had is a hole of that instrument, or of all`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 2_000)
        let log = MarketLog(seed: seed, count: 900)
        var run = LedgerRun(log)
        let isWarm = run.resume(at: 300)
        #expect(isWarm)
        run.live(300)
        let starts = Dictionary(
            uniqueKeysWithValues: MarketLog.schemas.map { ($0, run.ledger.resumeStart($0)) })
        let repeated = log.records.prefix(600).indices.filter { index in
            let record = log.records[index]
            guard let start = starts[MarketLog.schema(record)] ?? nil else { return false }
            return MarketLog.view(record) { ReplayLedger.time(of: $0) >= start }
        }
        let place = repeated[Int(generator.next() % UInt64(repeated.count))]
        let victim = log.records[place]
        let isChanged = generator.next() % 2 == 0
        let finished = run.resume(at: 700) { records in
            guard let place = records.firstIndex(of: victim) else { return }
            if isChanged { records[place][30] ^= 0x80 } else { records.remove(at: place) }
        }
        #expect(finished)
        #expect(run.holes.count == 1, "seed \(seed)")
        let hole = run.holes.first
        #expect(hole?.reason == .unproven && hole?.schema == MarketLog.schema(victim), "seed \(seed)")
        // What lacks the beginning may be shorter than was asked for, and so of instruments that cannot be compared.
        let isFirst = repeated.first { MarketLog.key(log.records[$0]) == MarketLog.key(victim) } == place
        let instrument = isFirst ? InstrumentID(0) : MarketLog.view(victim) { $0.instrumentID }
        #expect(hole?.instrument == instrument, "seed \(seed)")
        // The others are whole.
        let handed = MarketLog.streams(run.handed)
        for (key, records) in MarketLog.streams(log.records.prefix(700)) where key != MarketLog.key(victim) {
            #expect(handed[key] == records, "stream \(key), seed \(seed)")
        }
    }

    @Test func `equal stamps are told apart by their number`() {
        var ledger = ReplayLedger()
        let records = (0..<5).map { LiveRecord.book(event: Self.t0, sequence: $0) }
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        #expect(Self.take(&ledger, Array(records.prefix(3))) == [true, true, true])
        var holes = ledger.endReplay(.mbp10)
        let start = ledger.beginReplay(.mbp10, from: .undefined)
        #expect(start.nanoseconds == Self.t0)
        #expect(Self.take(&ledger, records) == [false, false, false, true, true])
        holes += ledger.endReplay(.mbp10)
        #expect(holes.isEmpty)
        #expect(ledger.duplicates(.mbp10) == 3)
    }

    @Test func `a record that differs only in what the capture adds is the same`() {
        let record = LiveRecord.book(event: Self.t0, received: Self.t0 + 5)
        var other = LiveRecord.book(event: Self.t0, received: Self.t0 + 77)
        LiveRecord.put(Int32(9), &other, 40)
        other[30] |= RecordFlags.badReceiveTime.rawValue
        func digest(_ record: [UInt8]) -> UInt64 { MarketLog.view(record) { RecordFingerprint.of($0) } }
        #expect(digest(record) == digest(other))
        // Any other byte counts.
        for index in record.indices.dropFirst() where !(32..<44).contains(index) {
            var changed = record
            changed[index] ^= 0x80
            #expect(digest(record) != digest(changed), "byte \(index)")
        }
        let sample = LiveRecord.quote(instrument: 1, event: 7, interval: 100)
        #expect(digest(sample) != digest(LiveRecord.quote(instrument: 1, event: 7, interval: 101)))
    }

    @Test func `the boundary follows a window behind, and stays where it is in a replay`() {
        var ledger = ReplayLedger()
        #expect(ledger.resumeStart(.mbp10) == nil && !ledger.isKnown(.mbp10))
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        _ = ledger.endReplay(.mbp10)
        for step in 1...100 {
            _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + UInt64(step) * Self.second)])
            let boundary = ledger.resumeStart(.mbp10)?.nanoseconds ?? 0
            let behind = Self.t0 + UInt64(step) * Self.second - boundary
            #expect(step < 10 || (5 * Self.second..<10 * Self.second).contains(behind), "step \(step)")
        }
        let boundary = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: 5))
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 3_600 * Self.second)])
        #expect(ledger.resumeStart(.mbp10) == boundary)
        _ = ledger.endReplay(.mbp10)
        #expect(ledger.resumeStart(.mbp10) == boundary)
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 3_610 * Self.second)])
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.t0 + 3_605 * Self.second)
    }

    @Test func `a start that is no multiple of the window loses nothing`() {
        var ledger = ReplayLedger()
        let start = Self.t0 + 1_234_567_891
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: start))
        _ = ledger.endReplay(.mbp10)
        let records = (0..<40).map { LiveRecord.book(event: start + $0 * 700_000_000, sequence: UInt32($0)) }
        for count in 1...records.count {
            var live = ledger
            _ = Self.take(&live, Array(records.prefix(count)))
            let resume = live.beginReplay(.mbp10, from: .undefined).nanoseconds
            let again = records.filter { record in
                MarketLog.view(record) { ReplayLedger.time(of: $0).nanoseconds >= resume }
            }
            let news = Self.take(&live, again).count { $0 }
            let holes = live.endReplay(.mbp10)
            #expect(news == records.count - count && holes == [], "after \(count)")
        }
    }

    @Test func `a stamp from nowhere does not move the boundary, and never counts`() {
        var ledger = ReplayLedger()
        let wild = LiveRecord.book(event: Self.t0 + 99 * Self.second, received: Self.t0 + 1)
        let undefined = LiveRecord.book(event: .max, received: Self.t0 + 1)
        let records = [
            LiveRecord.book(event: Self.t0), wild, undefined, LiveRecord.book(event: Self.t0 + 100 * Self.second),
        ]
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        #expect(Self.take(&ledger, Array(records.prefix(3))) == [true, true, true])
        #expect(ledger.latest(.mbp10).nanoseconds == Self.t0)
        #expect(Self.take(&ledger, Array(records.suffix(1))) == [true])
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        #expect(Self.take(&ledger, records) == [false, true, true, false])
        let holes = ledger.endReplay(.mbp10)
        #expect(holes == [])
    }

    @Test(arguments: [true, false])
    func `what does not begin as it did is a hole of every instrument`(hasSome: Bool) {
        var ledger = ReplayLedger()
        let records = (0..<6).map { LiveRecord.book(event: Self.t0 + $0 * Self.second, sequence: UInt32($0)) }
        let other = LiveRecord.book(instrument: 2, event: Self.t0 + 7 * Self.second)
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        _ = Self.take(&ledger, Array(records.prefix(4)))
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        #expect(Self.take(&ledger, (hasSome ? Array(records.suffix(4)) : []) + [other]).last == true)
        let holes = ledger.endReplay(.mbp10)
        #expect(holes.map(\.instrument) == [InstrumentID(0)])
        #expect(holes.map(\.from.nanoseconds) == [Self.t0 + 3 * Self.second])
        #expect(holes.map(\.to) == [.undefined])
    }

    @Test func `a replay that broke off says nothing of where the next one begins`() {
        var ledger = ReplayLedger()
        let records = (0..<4).map { LiveRecord.book(event: Self.t0 + $0 * Self.second, sequence: UInt32($0)) }
        let other = (0..<2).map { LiveRecord.book(instrument: 2, event: Self.t0 + $0 * Self.second) }
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        _ = Self.take(&ledger, records + other)
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        _ = Self.take(&ledger, [records[1]])
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        _ = Self.take(&ledger, records + [other[0]])
        let holes = ledger.endReplay(.mbp10)
        #expect(holes.map(\.instrument) == [InstrumentID(2)])
    }

    @Test func `many holes of a schema are one`() {
        var ledger = ReplayLedger()
        let records = (0..<100).map { LiveRecord.book(instrument: UInt32($0 + 1), event: Self.t0 + UInt64($0)) }
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        _ = Self.take(&ledger, records)
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        let holes = ledger.endReplay(.mbp10)
        #expect(holes.map(\.instrument) == [InstrumentID(0)])
        #expect(holes.first?.from.nanoseconds == Self.t0)
        #expect(holes.first?.to == .undefined)
    }

    /// Which record a subscription of the present began with, nobody knows.
    @Test func `the present proves nothing before a whole window of it has passed`() {
        var ledger = ReplayLedger()
        let begin = Timestamp(nanoseconds: Self.t0 + Self.second)
        ledger.beginPresent(.mbp10, at: begin)
        // As long as nothing came, everything is still to come.
        #expect(ledger.resumeStart(.mbp10) == begin)
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 2 * Self.second)])
        #expect(ledger.resumeStart(.mbp10) == nil && ledger.isKnown(.mbp10))
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 6 * Self.second)])
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.t0 + 5 * Self.second)
        // More instruments: from anew.
        ledger.widen(.mbp10, at: Timestamp(nanoseconds: Self.t0 + 7 * Self.second))
        #expect(ledger.resumeStart(.mbp10) == nil)
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 11 * Self.second)])
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.t0 + 10 * Self.second)
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        #expect(Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 11 * Self.second)]) == [false])
        let holes = ledger.endReplay(.mbp10)
        #expect(holes == [])
    }

    @Test func `of a replay that differs nothing old is handed on`() {
        var ledger = ReplayLedger()
        func book(_ index: UInt32) -> [UInt8] { LiveRecord.book(event: Self.t0 + UInt64(index), sequence: index) }
        _ = ledger.beginReplay(.mbp10, from: Timestamp(nanoseconds: Self.t0))
        _ = Self.take(&ledger, (2..<6).map(book))
        _ = ledger.beginReplay(.mbp10, from: .undefined)
        #expect(Self.take(&ledger, (0..<8).map(book)) == [false, false, false, false, false, false, true, true])
        let holes = ledger.endReplay(.mbp10)
        #expect(holes.map(\.from.nanoseconds) == [Self.t0 + 5])
    }

    @Test func `what was forgotten begins anew`() {
        var ledger = ReplayLedger()
        _ = Self.take(&ledger, [LiveRecord.book(event: Self.t0 + 1), LiveRecord.statistic(event: Self.t0 + 1)])
        ledger.forget(.mbp10)
        #expect(!ledger.isKnown(.mbp10) && ledger.isKnown(.statistics))
        ledger.beginPresent(.mbp10, at: Timestamp(nanoseconds: Self.t0 + 12 * Self.second))
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.t0 + 12 * Self.second)
        // A tape that is served has older records than its server's clock.
        _ = Self.take(
            &ledger, [7, 1].map { LiveRecord.book(event: Self.t0 - $0 * Self.second) })
        #expect(ledger.resumeStart(.mbp10)?.nanoseconds == Self.t0 - 5 * Self.second)
    }

    @Test func `another window is another ledger`() throws {
        var ledger = ReplayLedger()
        var archive = StateArchive()
        try ledger.persist(&archive)
        var other = ReplayLedger(window: .seconds(6))
        var reading = StateArchive(loading: archive.bytes)
        #expect(throws: StateArchive.Failure.self) { try other.persist(&reading) }
    }
}
