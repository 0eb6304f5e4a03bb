import DBN
import Foundation
import Platform
import TestSupport
import Testing
import Units

@testable import Tape

/// A run's tape is gone on with, and read from any record on, by its end and its index, not from its beginning.
@Suite struct RunTapeTests {
    private static let date = 20_240_508
    private static let bookBytes = 368
    /// Twelve megabytes: two places in the index, or three.
    private static let count: UInt64 = 35_000

    private let scratch: Scratch
    private let tape: RunTape
    private var path: String { "\(tape.directory)/levelhead-\(Self.date).dbn" }
    private var index: String { "\(tape.directory)/levelhead-\(Self.date).index" }

    init() throws {
        scratch = try Scratch()
        tape = RunTape(directory: scratch.file("tape"))
    }

    private static func record(_ number: UInt64) -> [UInt8] {
        TestRecord.book(.mbp10, instrument: 7, received: 1_700_000_000_000_000_000 + number, sequence: UInt32(number))
    }

    private static func append(_ numbers: Range<UInt64>, to writer: inout RunTapeWriter) throws {
        for number in numbers {
            try append(record(number), to: &writer)
            if number % 64 == 63 { try writer.flush() }
        }
        try writer.flush()
    }

    private static func append(
        _ record: [UInt8], tradeDate date: Int = date, to writer: inout RunTapeWriter
    ) throws {
        let result = record.withUnsafeBytes { raw in
            Result { () throws(TapeError) in
                guard let base = raw.baseAddress else { preconditionFailure("a record has bytes") }
                try writer.append(RecordView(base), tradeDate: date)
            }
        }
        try result.get()
    }

    /// Goes on where a writer died.
    private func resumed() throws -> RunTapeWriter {
        guard let writer = try RunTapeWriter.resume(tape.directory) else { throw Absent() }
        return writer
    }

    private struct Absent: Error {}

    /// A tape whose writer died.
    private func leave(_ numbers: Range<UInt64>) throws {
        var writer = try RunTapeWriter.create(tape.directory, metadata: TestTape.metadata(nil))
        try Self.append(numbers, to: &writer)
    }

    /// The sequences of the venue, from record `first` on.
    private func read(from first: UInt64, most: Int = .max) throws -> [UInt64] {
        var reader = try tape.reader(at: first)
        var found: [UInt64] = []
        while found.count < most, let (record, number) = try reader.next() {
            #expect(number == first + UInt64(found.count))
            found.append(UInt64(record.load(44, as: UInt32.self)))
        }
        return found
    }

    /// Makes a record of length 0 of the third one: whoever reads the file from its beginning comes to no other.
    private func spoilTheBeginning() throws {
        let file = try PosixFile(path, .update)
        let metadataBytes = try file.size() - Int(Self.count) * Self.bookBytes
        try file.write([0], at: metadataBytes + 2 * Self.bookBytes)
    }

    /// One of the second record's day is stamped as of ten days later: by its time the rest of that day would come
    /// behind the next one.
    @Test(arguments: [false, true])
    func `the files of a run are read as it wrote them, and apart from it by their times`(isCopied: Bool) throws {
        let hour: UInt64 = 3_600_000_000_000
        func book(_ number: UInt64, late: UInt64 = 0) -> [UInt8] {
            let received = 1_700_000_000_000_000_000 + number * hour + late
            return TestRecord.book(.mbp10, instrument: 7, received: received, sequence: UInt32(number))
        }
        var writer = try RunTapeWriter.create(tape.directory, metadata: TestTape.metadata(nil))
        for number: UInt64 in 0..<40 {
            let record = book(number, late: number == 1 ? 240 * hour : 0)
            try Self.append(record, tradeDate: Self.date + Int(number / 20), to: &writer)
        }
        try writer.flush()
        if isCopied { try FileManager.default.removeItem(atPath: "\(tape.directory)/parts") }
        var merged = try MergedTape.open(try TapePaths.expand([tape.directory]).reversed())
        var found: [UInt32] = []
        while let record = try merged.next() { found.append(record.load(44, as: UInt32.self)) }
        #expect(merged.inputRecords == 40 && found.sorted() == Array(0..<40))
        #expect((found == Array(0..<40)) == !isCopied)
    }

    @Test func `a record near the end is found without the beginning`() throws {
        try leave(0..<Self.count)
        for first: UInt64 in [0, 1, 11_390, 11_391, 11_392, 20_000, 34_999, 35_000] {
            #expect(try read(from: first, most: 3) == Array(first..<min(first + 3, Self.count)))
        }
        try spoilTheBeginning()
        #expect(try read(from: 30_000) == Array(30_000..<Self.count))
        #expect(throws: TapeError.self) { try read(from: 9_000) }
        try FileManager.default.removeItem(atPath: index)
        #expect(throws: TapeError.self) { try read(from: 30_000) }
    }

    @Test func `a writer goes on without the beginning`() throws {
        try leave(0..<Self.count)
        try spoilTheBeginning()
        var writer = try resumed()
        #expect(writer.recordCount == Self.count)
        #expect(writer.cutByteCount == 0)
        try Self.append(Self.count..<Self.count + 20_000, to: &writer)
        #expect(try read(from: Self.count - 1, most: 3) == [Self.count - 1, Self.count, Self.count + 1])
        #expect(try read(from: Self.count + 19_990).count == 10)
    }

    @Test func `an index that knows more than the tape, as after a power cut, is not believed`() throws {
        try leave(0..<Self.count)
        let file = try PosixFile(path, .update)
        // In the midst of record 15,000.
        let end = try file.size() - Int(Self.count - 15_000) * Self.bookBytes + 5
        try file.truncate(to: end)
        var writer = try resumed()
        #expect(writer.recordCount == 15_000)
        #expect(writer.cutByteCount == 5)
        #expect(try PosixFile.contents(of: index).count == 32)
        // Other records come where the index has some of those that are lost: all lie elsewhere.
        try Self.append(TestRecord.status(instrument: 1, received: 1), to: &writer)
        try Self.append(15_001..<Self.count, to: &writer)
        for first: UInt64 in [14_999, 15_001, 22_783, 22_784, 30_000] {
            var reader = try tape.reader(at: first)
            let found = try reader.next()
            #expect(found?.record.load(44, as: UInt32.self) == UInt32(first))
        }
    }

    @Test(arguments: ["", "x", String(repeating: "\0", count: 64), String(repeating: "\u{7F}", count: 100)])
    func `a damaged index is none`(_ text: String) throws {
        try leave(0..<Self.count)
        try PosixFile.replace(index, with: Array(text.utf8))
        #expect(try read(from: 30_000, most: 2) == [30_000, 30_001])
        let writer = try resumed()
        #expect(writer.recordCount == Self.count)
    }
}
