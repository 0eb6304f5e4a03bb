import DBN
import Determinism
import Foundation
import Platform
import Tape
import TestSupport
import Testing
import Units

@Suite struct MergedTapeTests {
    /// A small tape of several instruments and schemas with many equal receive times, in no order of schema or
    /// instrument.
    static func mixedTape(seed: UInt64, count: Int) -> [[UInt8]] {
        var random = SeededGenerator(seed: seed)
        var time: UInt64 = 1_000
        return (0..<count).map { index in
            if Int.random(in: 0..<3, using: &random) == 0 { time += UInt64.random(in: 1...3, using: &random) }
            let instrument = UInt32.random(in: 1...3, using: &random)
            let sequence = UInt32(index + 1)
            return switch Int.random(in: 0..<4, using: &random) {
            case 0: TestRecord.book(.mbp1, instrument: instrument, received: time, event: time - 5, sequence: sequence)
            case 1: TestRecord.order(instrument: instrument, received: time, sequence: sequence)
            case 2: TestRecord.book(.mbp10, instrument: instrument, received: time, event: time - 9, sequence: sequence)
            default: TestRecord.book(.bbo1s, instrument: instrument, received: time, sequence: sequence)
            }
        }
    }

    static func write(_ parts: [ArraySlice<[UInt8]>], in scratch: Scratch, _ metadata: DBNMetadata) throws -> [String] {
        try parts.enumerated().map { index, records in
            // Names in the wrong order on purpose.
            let name = "\(9 - index)\(index % 2 == 0 ? ".dbn" : ".dbn.zst")"
            return try TestTape.write(scratch.file(name), metadata, Array(records))
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `a tape cut in two at any record replays as the whole`(seed: UInt64) throws {
        let whole = Self.mixedTape(seed: seed, count: 24)
        for cut in 0...whole.count {
            let scratch = try Scratch()
            let paths = try Self.write([whole[..<cut], whole[cut...]], in: scratch, TestTape.metadata(nil))
            #expect(try TestTape.merged(paths) == whole, "seed \(seed), cut \(cut)")
            #expect(try TestTape.merged(paths.reversed()) == whole, "seed \(seed), cut \(cut), reversed")
        }
    }

    /// Every event time equals the receive time: only sequences tell segments of one receive time apart.
    @Test func `a tape cut in three at any two records replays as the whole in any order of arguments`() throws {
        var random = SeededGenerator(seed: 99)
        let whole: [[UInt8]] = (0..<14).map { (index: Int) -> [UInt8] in
            let type: RecordType = index % 2 == 0 ? .mbp10 : .mbp1
            let received = UInt64(100 + index / 5)
            return TestRecord.book(
                type, instrument: UInt32(3 - index % 3), received: received, sequence: UInt32(index))
        }
        for first in 0...whole.count {
            for second in first...whole.count {
                let scratch = try Scratch()
                let parts = [whole[..<first], whole[first..<second], whole[second...]]
                let paths = try Self.write(parts, in: scratch, TestTape.metadata(nil)).shuffled(using: &random)
                #expect(try TestTape.merged(paths) == whole, "cuts \(first), \(second): \(paths)")
            }
        }
    }

    @Test func `a cut tape merges with another tape as the whole does`() throws {
        let whole = Self.mixedTape(seed: 5, count: 30)
        let other = Self.mixedTape(seed: 6, count: 30)
        let scratch = try Scratch()
        let second = try TestTape.write(scratch.file("other.dbn"), TestTape.metadata(nil, dataset: "A.B"), other)
        let single = try TestTape.write(scratch.file("whole.dbn"), TestTape.metadata(nil), whole)
        let expected = try TestTape.merged([single, second])
        for cut in 0...whole.count {
            let parts = try Scratch()
            let paths = try Self.write([whole[..<cut], whole[cut...]], in: parts, TestTape.metadata(nil))
            #expect(try TestTape.merged([paths[1], second, paths[0]]) == expected, "cut \(cut)")
        }
    }

    @Test func `one event cut inside goes on from the part that leaves it open`() throws {
        let open = TestRecord.book(.mbp10, instrument: 1, received: 5, sequence: 3, flags: 0, action: "T")
        let closed = TestRecord.book(.mbp10, instrument: 1, received: 5, sequence: 3, flags: 0x80, action: "C")
        let scratch = try Scratch()
        let paths = try Self.write([[open], [closed]], in: scratch, TestTape.metadata(.mbp10))
        #expect(try TestTape.merged(paths) == [open, closed])
        #expect(try TestTape.merged(paths.reversed()) == [open, closed])
    }

    @Test func `parallel tapes interleave by time even with the same metadata`() throws {
        let whole = (0..<20).map { TestRecord.book(.mbp10, instrument: 1, received: UInt64($0), sequence: UInt32($0)) }
        let even = whole.indices.filter { $0 % 2 == 0 }.map { whole[$0] }
        let odd = whole.indices.filter { $0 % 2 == 1 }.map { whole[$0] }
        let scratch = try Scratch()
        let paths = try Self.write([even[...], odd[...]], in: scratch, TestTape.metadata(.mbp10))
        #expect(try TestTape.merged(paths) == whole)
    }

    @Test func `ties go by dataset, then schema, then instrument, whatever the order of arguments`() throws {
        let types: [(Schema, [UInt8])] = [
            (.definition, TestRecord.header(.instrumentDefinition, 520, 9, 5)),
            (.status, TestRecord.status(instrument: 9, received: 5)),
            (.statistics, TestRecord.header(.statistics, 80, 9, 5)),
            (.mbo, TestRecord.order(instrument: 9, received: 5, sequence: 1)),
            (.mbp10, TestRecord.book(.mbp10, instrument: 8, received: 5)),
            (.mbp1, TestRecord.book(.mbp1, instrument: 9, received: 5)),
            (.trades, TestRecord.book(.trade, instrument: 9, received: 5)),
            (.ohlcv1s, TestRecord.header(.ohlcv1s, 56, 9, 5)),
        ]
        var expected = types.map { $0.1 }
        for index in [0, 2] { TestRecord.put(UInt64(5), &expected[index], 16) }
        let scratch = try Scratch()
        var paths: [String] = []
        for (index, (schema, _)) in types.enumerated() {
            let name = scratch.file("\(20 - index).dbn")
            paths.append(try TestTape.write(name, TestTape.metadata(schema), [expected[index]]))
        }
        for instrument: UInt32 in [4, 3] {
            let record = TestRecord.book(.mbp10, instrument: instrument, received: 5)
            let metadata = TestTape.metadata(.mbp10, symbols: ["I\(instrument)"])
            paths.append(try TestTape.write(scratch.file("i\(instrument).dbn"), metadata, [record]))
            expected.insert(record, at: 4)
        }
        let early = TestRecord.book(.mbp1, instrument: 9, received: 5)
        paths.append(try TestTape.write(scratch.file("z.dbn"), TestTape.metadata(.mbp1, dataset: "A.B"), [early]))
        expected.insert(early, at: 0)
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20 { #expect(try TestTape.merged(paths.shuffled(using: &random)) == expected) }
    }

    @Test func `within a file the order of the file holds though times run backwards`() throws {
        let times: [UInt64] = [10, 30, 20, 40]
        let records = times.map { TestRecord.book(.mbp10, instrument: 1, received: $0, sequence: UInt32($0)) }
        let other = [15, 25].map { TestRecord.book(.mbp1, instrument: 1, received: $0, sequence: UInt32($0)) }
        let scratch = try Scratch()
        let a = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(.mbp10), records)
        let b = try TestTape.write(scratch.file("b.dbn"), TestTape.metadata(.mbp1), other)
        #expect(try TestTape.merged([a]) == records)
        #expect(try TestTape.merged([a, b]) == [records[0], other[0], other[1], records[1], records[2], records[3]])
    }

    @Test func `a record that was received at no defined time comes at that of its event`() throws {
        var records = [10, 20, 30].map {
            TestRecord.book(.mbp10, instrument: 1, received: $0, event: $0, sequence: UInt32($0))
        }
        TestRecord.put(UInt64.max, &records[1], 32)
        let other = [15, 25, 35].map { TestRecord.book(.mbp10, instrument: 2, received: $0, sequence: UInt32($0)) }
        let scratch = try Scratch()
        let a = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(.mbp10), records)
        let b = try TestTape.write(scratch.file("b.dbn"), TestTape.metadata(.mbp10, symbols: ["other"]), other)
        #expect(
            try TestTape.merged([b, a]) == [records[0], other[0], records[1], other[1], records[2], other[2]])
    }

    @Test func `a record whose receive time Databento calls wrong comes at that of its event`() throws {
        let minute: UInt64 = 60_000_000_000
        var records = [10, 20, 30].map {
            TestRecord.book(.mbp10, instrument: 1, received: $0, event: $0, sequence: UInt32($0))
        }
        TestRecord.put(20 + 10 * minute, &records[1], 32)
        let late = records[1]
        records[1][30] |= RecordFlags.badReceiveTime.rawValue
        let other = [15, 25, 35].map { TestRecord.book(.mbp10, instrument: 2, received: $0, sequence: UInt32($0)) }
        let scratch = try Scratch()
        let b = try TestTape.write(scratch.file("b.dbn"), TestTape.metadata(.mbp10, symbols: ["other"]), other)
        let a = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(.mbp10), records)
        #expect(
            try TestTape.merged([b, a]) == [records[0], other[0], records[1], other[1], records[2], other[2]])
        // One that nobody calls wrong is believed.
        records[1] = late
        let c = try TestTape.write(scratch.file("c.dbn"), TestTape.metadata(.mbp10), records)
        #expect(
            try TestTape.merged([b, c]) == [records[0], other[0], other[1], other[2], records[1], records[2]])
    }

    @Test func `the same tape twice is refused, under one name, a link, a copy or compressed`() throws {
        let scratch = try Scratch()
        let records = Self.mixedTape(seed: 1, count: 9)
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), records)
        let copy = try TestTape.write(scratch.file("b.dbn.zst"), TestTape.metadata(nil), records)
        try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: path)
        #expect(throws: TapeError.repeated(path: path, other: path)) { _ = try MergedTape.open([path, path]) }
        #expect(throws: TapeError.self) { _ = try MergedTape.open([path, scratch.file("link")]) }
        #expect(throws: TapeError.self) { _ = try MergedTape.open([path, copy]) }
    }

    @Test func `tapes that share records of a book are refused at the first of these`() throws {
        let scratch = try Scratch()
        let whole = (0..<20).map {
            TestRecord.book(.mbp10, instrument: 1, received: UInt64($0 / 2), sequence: UInt32($0))
        }
        for begin in [0, 1, 7, 19] {
            let metadata = (TestTape.metadata(.mbp10), TestTape.metadata(.mbp10, symbols: ["other"]))
            let a = try TestTape.write(scratch.file("a.dbn"), metadata.0, Array(whole[..<(begin + 1)]))
            let b = try TestTape.write(scratch.file("b.dbn"), metadata.1, Array(whole[begin...]))
            let error = TapeError.overlapping(path: a, other: b, time: Timestamp(nanoseconds: UInt64(begin / 2)))
            #expect(throws: error, "\(begin)") { _ = try TestTape.merged([b, a]) }
        }
        #expect(
            TapeError.overlapping(path: "a", other: "b", time: Timestamp(nanoseconds: 1)).description
                == "a: has records of b, the first of them received 1970-01-01T00:00:00.000000001Z; "
                + "expected each record once")
        // One of them with the times of sending behind its records.
        var sent = TestTape.metadata(.mbp10, symbols: ["other"])
        sent.hasSendTime = true
        let stamped = whole[7...9].map { record in
            var record = record + [1, 2, 3, 4, 5, 6, 7, 8]
            record[0] += 2
            return record
        }
        let plain = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(.mbp10), whole)
        let behind = try TestTape.write(scratch.file("b.dbn"), sent, stamped)
        #expect(throws: TapeError.overlapping(path: plain, other: behind, time: Timestamp(nanoseconds: 3))) {
            _ = try TestTape.merged([behind, plain])
        }
        // What is said again counts once, however often it is said.
        let status = TestRecord.status(instrument: 9, received: 5)
        let c = try TestTape.write(scratch.file("c.dbn"), TestTape.metadata(.status), [status])
        let d = try TestTape.write(scratch.file("d.dbn"), TestTape.metadata(.status, symbols: ["other"]), [status])
        #expect(try TestTape.merged([c, d]) == [status, status])
    }

    @Test func `trades are dropped and counted for instruments that have mbp-10`() throws {
        let scratch = try Scratch()
        var booked = TestTape.metadata(.mbp10)
        booked.mappings = [
            SymbolMapping(rawSymbol: "ESZ6", intervals: [
                MappingInterval(startDate: 20_261_120, endDate: 20_261_121, symbol: "1")
            ])
        ]
        let book = TestRecord.book(.mbp10, instrument: 1, received: 50)
        // The first trade comes before any book record: only the metadata know.
        let dropped = [10, 60].map { TestRecord.book(.trade, instrument: 1, received: $0) }
        let kept = TestRecord.book(.trade, instrument: 2, received: 20)
        let paths = [
            try TestTape.write(scratch.file("a.dbn"), booked, [book]),
            try TestTape.write(scratch.file("b.dbn"), TestTape.metadata(.trades), [dropped[0], kept, dropped[1]]),
        ]
        var tape = try MergedTape.open(paths)
        var seen: [[UInt8]] = []
        while let record = try tape.next() { seen.append(TestTape.bytes(record)) }
        #expect(seen == [kept, book])
        #expect(tape.inputRecords == 4)
        #expect(tape.ignoredTrades == 2)
    }

    @Test func `in a mixed tape trades are dropped once the instrument's mbp-10 was seen`() throws {
        let scratch = try Scratch()
        let records = [
            TestRecord.book(.trade, instrument: 1, received: 1), TestRecord.book(.mbp10, instrument: 1, received: 2),
            TestRecord.book(.trade, instrument: 1, received: 3), TestRecord.book(.trade, instrument: 2, received: 4),
        ]
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), records)
        #expect(try TestTape.merged([path]) == [records[0], records[1], records[3]])
    }

    @Test func `an error in the metadata of any file comes before the first record`() throws {
        let scratch = try Scratch()
        let good = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), Self.mixedTape(seed: 1, count: 3))
        let bad = try scratch.write(Array("DBN\u{9}".utf8) + [0, 0, 0, 0], "b.dbn")
        #expect(throws: TapeError.self) { _ = try MergedTape.open([good, bad]) }
    }

    @Test func `two hundred daily tapes need few open files and come in order`() throws {
        let scratch = try Scratch()
        let whole = (0..<200).map { TestRecord.book(.mbp10, instrument: 1, received: UInt64($0), sequence: 1) }
        var paths = try whole.enumerated().map { index, record in
            try TestTape.write(scratch.file("\(997 * (index + 1) % 1_009).dbn"), TestTape.metadata(.mbp10), [record])
        }
        paths.reverse()
        var tape = try MergedTape.open(paths)
        var count = 0
        var most = 0
        while let record = try tape.next() {
            #expect(TestTape.bytes(record) == whole[count])
            count += 1
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
            }
            most = max(most, open.filter { $0.hasPrefix(scratch.path) }.count)
        }
        #expect(count == 200)
        #expect(most <= 2)
    }
}
