import DBN
import Foundation
import Platform
import Tape
import TestSupport
import Testing
import Units

@Suite struct TapeFileTests {
    static let records: [[UInt8]] = (0..<40).map { index in
        let time = UInt64(1_000 + index)
        return index % 3 == 0
            ? TestRecord.status(instrument: 7, received: time)
            : TestRecord.book(.mbp10, instrument: 7, received: time, sequence: UInt32(index))
    }

    @Test(arguments: ["a.dbn", "a.dbn.zst"])
    func `what was written is read`(name: String) throws {
        let scratch = try Scratch()
        let metadata = TestTape.metadata(nil)
        let path = try TestTape.write(scratch.file(name), metadata, Self.records)
        var file = try TapeFile.open(path)
        #expect(file.metadata == metadata)
        #expect(file.version == 3)
        #expect(file.isCompressed == name.hasSuffix(".zst"))
        var count = 0
        while let record = try file.next() {
            #expect(TestTape.bytes(record) == Self.records[count])
            count += 1
        }
        #expect(count == Self.records.count)
        #expect(file.recordCount == UInt64(count))
        #expect(file.position.bytesRead == file.position.byteCount)
        #expect(try file.next() == nil)
        #expect(try scratch.names == [name])
    }

    @Test func `a tape is recognised by its content and not by its name`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn.zst"), TestTape.metadata(nil), Self.records)
        try FileManager.default.moveItem(atPath: path, toPath: scratch.file("a.dbn"))
        #expect(try TestTape.records(scratch.file("a.dbn")) == Self.records)
    }

    @Test func `records longer than the streaming buffer come whole across its ends`() throws {
        let scratch = try Scratch()
        let many = (0..<6_000).map { TestRecord.book(.mbp10, instrument: 1, received: UInt64($0)) }
        for name in ["a.dbn", "a.dbn.zst"] {
            let path = try TestTape.write(scratch.file(name), TestTape.metadata(.mbp10), many)
            #expect(try TestTape.records(path) == many)
        }
    }

    @Test func `metadata larger than the streaming buffer is read`() throws {
        let scratch = try Scratch()
        var metadata = TestTape.metadata(.mbp10)
        metadata.symbols = (0..<20_000).map { "S\($0)" }
        for name in ["a.dbn", "a.dbn.zst"] {
            let path = try TestTape.write(scratch.file(name), metadata, Self.records)
            #expect(try TapeFile.open(path).metadata?.symbols.count == 20_000)
            #expect(try TestTape.records(path) == Self.records)
        }
    }

    @Test func `a plain tape cut at any byte is an error or ends at a record`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), Array(Self.records[..<6]))
        let bytes = try PosixFile.contents(of: path)
        var ends: Set<Int> = [bytes.count]
        var end = bytes.count
        for record in Self.records[..<6].reversed() {
            end -= record.count
            ends.insert(end)
        }
        for length in 0..<bytes.count {
            let cut = try scratch.write(Array(bytes[..<length]), "cut")
            let result = Result { try TestTape.records(cut) }
            if ends.contains(length) {
                #expect(throws: Never.self) { try result.get() }
            } else {
                let error = #expect(throws: TapeError.self) { try result.get() }
                #expect(error?.description.hasPrefix("\(cut): byte ") == true, "\(length)")
            }
        }
    }

    private static func failure(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }

    @Test(arguments: [nil, Schema.mbp10])
    func `the end of a plain tape is checked without its reader`(schema: Schema?) throws {
        let scratch = try Scratch()
        let records = schema == nil ? Array(Self.records[..<6]) : Self.records.filter { $0.count == 368 }
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(schema), records)
        let bytes = try PosixFile.contents(of: path)
        let first = bytes.count - records.reduce(0) { $0 + $1.count }
        // 23 divides the length of a book record: some cuts are between two.
        for length in stride(from: first, through: bytes.count, by: 23) {
            let cut = try scratch.write(Array(bytes[..<length]), "cut")
            let found = Self.failure { for source in try MergedTape.open([cut]).sources { try source.checkEnd() } }
            #expect(found == Self.failure { _ = try TestTape.records(cut) }, "\(length)")
        }
    }

    @Test func `a compressed tape cut at any byte is an error, never a shorter tape`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn.zst"), TestTape.metadata(nil), Array(Self.records[..<6]))
        let bytes = try PosixFile.contents(of: path)
        for length in 0..<bytes.count {
            let cut = try scratch.write(Array(bytes[..<length]), "cut")
            let error = #expect(throws: TapeError.self, "\(length)") { try TestTape.records(cut) }
            #expect(error?.description.hasPrefix("\(cut): byte ") == true)
        }
    }

    @Test func `any flipped byte of a compressed tape is an error or changes no record`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn.zst"), TestTape.metadata(nil), Array(Self.records[..<6]))
        let bytes = try PosixFile.contents(of: path)
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 0x10
            let damaged = try scratch.write(flipped, "flipped")
            if let read = try? TestTape.records(damaged) { #expect(read == Array(Self.records[..<6]), "byte \(index)") }
        }
    }

    @Test func `several zstd frames are one tape`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), Self.records)
        let bytes = try PosixFile.contents(of: path)
        let frames = try [bytes[..<50], bytes[50..<999], bytes[999...]].flatMap { try Zstd.compressed(Array($0)) }
        #expect(try TestTape.records(scratch.write(frames, "frames")) == Self.records)
    }

    @Test func `two joined tapes are refused where the second begins`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn"), TestTape.metadata(nil), Self.records)
        let bytes = try PosixFile.contents(of: path)
        let joined = try scratch.write(bytes + bytes, "joined.dbn")
        #expect(throws: TapeError.joined(path: joined, offset: bytes.count)) { try TestTape.records(joined) }
    }

    @Test func `records of unknown types are skipped and counted`() throws {
        let scratch = try Scratch()
        let path = try TestTape.write(
            scratch.file("a.dbn"), TestTape.metadata(nil),
            [Self.records[0], TestRecord.unknown(received: 1), Self.records[1]])
        var file = try TapeFile.open(path)
        var count = 0
        while try file.next() != nil { count += 1 }
        #expect(count == 2)
        #expect(file.recordCount == 2)
        #expect(file.skippedCount == 1)
    }

    @Test func `foreign, empty and missing files and directories are named`() throws {
        let scratch = try Scratch()
        let text = try scratch.write(Array("time,price\n".utf8), "a.csv")
        let legacy = try scratch.write([0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0], "a.dbz")
        let empty = try scratch.write([], "empty.dbn")
        func message(_ path: String) -> String {
            do {
                _ = try TapeFile.open(path)
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message(text) == "\(text): byte 0: not DBN: begins with 74 69 6d 65, expected 44 42 4e (\"DBN\")")
        #expect(message(legacy) == "\(legacy): byte 0: a legacy DBZ file, expected DBN, plain or zstd")
        #expect(message(empty) == "\(empty): byte 0: empty: expected DBN metadata")
        #expect(message(scratch.file("none")) == "\(scratch.file("none")): No such file or directory (open)")
        #expect(message(scratch.path) == "\(scratch.path): Is a directory (read)")
    }

    @Test(.enabled(if: getuid() != 0, "root reads every file"))
    func `a file that may not be read is named`() throws {
        let scratch = try Scratch()
        let path = try scratch.write([1], "secret.dbn")
        chmod(path, 0)
        #expect(throws: TapeError.system(SystemCallError(call: "open", path: path, code: EACCES))) {
            _ = try TapeFile.open(path)
        }
    }

    @Test func `a pipe is read like a file`() async throws {
        let scratch = try Scratch()
        let path = try TestTape.write(scratch.file("a.dbn.zst"), TestTape.metadata(nil), Self.records)
        let bytes = try PosixFile.contents(of: path)
        let pipe = scratch.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = Thread { try? Data(bytes).write(to: URL(fileURLWithPath: pipe)) }
        writer.start()
        #expect(try TestTape.records(pipe) == Self.records)
    }

    @Test func `a writer that is not closed leaves nothing`() throws {
        let scratch = try Scratch()
        do {
            var writer = try TapeWriter.create(scratch.file("a.dbn.zst"), metadata: TestTape.metadata(nil))
            let result = Self.records[0].withUnsafeBytes { raw in
                Result { () throws(TapeError) in try writer.write(RecordView(raw.baseAddress!)) }
            }
            try result.get()
        }
        #expect(try scratch.names.isEmpty)
    }

    @Test func `a directory stands for its tapes in the order of their names`() throws {
        let scratch = try Scratch()
        for name in ["b.dbn", "a.dbn.zst", "c.txt", ".hidden.dbn"] { try scratch.write([], name) }
        #expect(try TapePaths.expand([scratch.path]) == [scratch.file("a.dbn.zst"), scratch.file("b.dbn")])
        try Directory.make(scratch.file("none"))
        #expect(throws: TapeError.noTapes(directory: scratch.file("none"))) {
            try TapePaths.expand([scratch.file("none")])
        }
        #expect(throws: TapeError.noPaths) { try TapePaths.expand([]) }
    }

    @Test(.enabled(if: RealData.isPresent, "needs shared/data"))
    func `every fixture of Databento's reads to its end, fragments by their version`() throws {
        let root = RealData.root + "/dbn-fixtures/dbn"
        var tapes = 0
        var fragments = 0
        for name in try Directory.names(in: root) {
            let path = root + "/" + name
            if name.hasSuffix(".dbz") {
                #expect(throws: TapeError.self) { _ = try TapeFile.open(path) }
            } else if name.contains(".frag") {
                guard let mark = name.firstRange(of: ".v") else { continue }
                guard let version = UInt8(String(name[mark.upperBound])) else { continue }
                #expect(try !TestTape.records(path, fragment: FragmentFormat(version: version)).isEmpty, "\(name)")
                fragments += 1
            } else if name.contains(".dbn") {
                // Databento's ohlcv-1d fixtures hold metadata alone.
                let isEmpty = name.contains("ohlcv-1d")
                #expect(try TestTape.records(path).isEmpty == isEmpty, "\(name)")
                tapes += 1
            }
        }
        #expect(tapes > 50 && fragments > 4)
    }
}

@Suite struct SymbolTableTests {
    @Test func `mappings work in both directions and by day`() {
        var table = SymbolTable()
        var forward = TestTape.metadata(.mbp10)
        forward.mappings = [
            SymbolMapping(rawSymbol: "ESZ6", intervals: [
                MappingInterval(startDate: 20_261_119, endDate: 20_261_120, symbol: "5"),
                MappingInterval(startDate: 20_261_120, endDate: 20_261_121, symbol: "6"),
            ])
        ]
        var backward = TestTape.metadata(.trades, dataset: "X")
        backward.stypeOut = .rawSymbol
        backward.mappings = [
            SymbolMapping(rawSymbol: "5", intervals: [
                MappingInterval(startDate: 20_261_120, endDate: 20_261_121, symbol: "ABC")
            ])
        ]
        table.add(forward)
        table.add(backward)
        let noon = Timestamp(nanoseconds: 1_795_176_000_000_000_000)  // 2026-11-20T12:00Z
        #expect(UTCDay.yyyymmdd(of: noon) == 20_261_120)
        #expect(table.symbol(of: InstrumentID(5), in: "GLBX.MDP3", at: noon) == nil)
        #expect(table.symbol(of: InstrumentID(6), in: "GLBX.MDP3", at: noon) == "ESZ6")
        #expect(table.symbol(of: InstrumentID(5), in: "GLBX.MDP3", at: noon - .hours(24)) == "ESZ6")
        #expect(table.symbol(of: InstrumentID(5), in: "X", at: noon) == "ABC")
        #expect(table.entries(named: "ESZ6").map(\.instrument) == [InstrumentID(5), InstrumentID(6)])
        #expect(table.symbols == ["ABC", "ESZ6"])
    }

    @Test func `a day begins where its instants do, and there is none beyond the end of time`() {
        for day in stride(from: 0 as UInt64, to: 60_000, by: 17) {
            let begin = Timestamp(nanoseconds: day * Timestamp.nanosecondsPerDay)
            #expect(UTCDay.begin(of: UTCDay.yyyymmdd(of: begin + .hours(23))) == begin)
            #expect(UTCDay.after(begin) == UTCDay.yyyymmdd(of: begin))
            #expect(UTCDay.after(begin + Nanoseconds(1)) == UTCDay.yyyymmdd(of: begin + .hours(24)))
        }
        #expect(UTCDay.begin(of: 20_240_229) == Timestamp(nanoseconds: 19_782 * Timestamp.nanosecondsPerDay))
        #expect(UTCDay.begin(of: 19_000_101) == Timestamp(nanoseconds: 0))
        for date in [0, 20_260_229, 21_000_229, 99_991_231] as [UInt32] { #expect(UTCDay.begin(of: date) == nil) }
    }
}
