import TestSupport
import Testing

@testable import Storage

@Suite struct StorageJournalTests {
    private let directory: Scratch
    private let path: String

    init() throws {
        directory = try Scratch()
        path = directory.file("engine.journal")
    }

    private static func frame(_ number: UInt64) -> JournalFrame {
        JournalFrame(type: UInt16(number % 3), flags: 1, sequence: 10 * number, time: 1_000 + number)
    }

    private static func payload(_ number: UInt64) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(number * 7 % 40))
    }

    private func append(_ numbers: ClosedRange<UInt64>, to journal: inout JournalWriter) throws {
        for number in numbers { try journal.append(Self.frame(number), Self.payload(number)) }
    }

    /// Writes frames 1 to `count`, with a checkpoint behind frame `mark`.
    private func write(_ count: UInt64, mark: UInt64 = 0) throws -> JournalPosition {
        var journal = try JournalWriter.create(path)
        var position = JournalPosition.start
        for number in 1...count {
            try append(number...number, to: &journal)
            if number == mark { position = try journal.checkpoint() }
        }
        try journal.finish()
        return position
    }

    /// Sequences of the frames that are read, each compared with what was written.
    private func read(from position: JournalPosition = .start) throws -> (sequences: [UInt64], torn: Int) {
        var reader = try JournalReader(path, from: position)
        var sequences: [UInt64] = []
        while try reader.next({ frame, payload in
            sequences.append(frame.sequence)
            let number = frame.sequence / 10
            #expect(frame == Self.frame(number))
            #expect(payload.elementsEqual(Self.payload(number)))
        }) {}
        return (sequences, reader.tornByteCount)
    }

    @Test func `a frame that is rehearsed is not in the journal`() throws {
        var journal = try JournalWriter.create(path)
        for number in 1...40 as ClosedRange<UInt64> {
            journal.rehearse(Self.frame(99), [UInt8](repeating: 9, count: 300))
            try append(number...number, to: &journal)
            journal.rehearse(Self.frame(98), Self.payload(98))
            if number % 7 == 0 { try journal.flush() }
        }
        try journal.finish()
        let found = try read()
        #expect(found.sequences == (1...40).map { 10 * $0 } && found.torn == 0)
    }

    @Test func `tables and instruction give the same CRC-32C at every length and beginning`() {
        let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 5) }
        bytes.withUnsafeBytes { whole in
            for start in 0..<9 {
                for end in start...whole.count {
                    let part = UnsafeRawBufferPointer(rebasing: whole[start..<end])
                    let seed = UInt32(end)
                    #expect(CRC32C.checksum(part, continuing: seed) == CRC32C.byTables(part, continuing: seed))
                }
            }
        }
    }

    /// RFC 3720 B.4, and the check value that every CRC catalogue gives for "123456789".
    private static let publishedChecksums: [(bytes: [UInt8], checksum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
        ([UInt8](0..<32), 0x46dd_794e), ([UInt8]((0..<32).reversed()), 0x113f_db5c),
        ([UInt8]("123456789".utf8), 0xe306_9283), ([], 0),
    ]

    @Test(arguments: publishedChecksums)
    func `CRC-32C gives the values of RFC 3720`(bytes: [UInt8], checksum: UInt32) {
        bytes.withUnsafeBytes { whole in
            #expect(CRC32C.checksum(whole) == checksum)
            #expect(CRC32C.byTables(whole) == checksum)
            for split in 0...bytes.count {
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: whole[..<split]))
                let rest = UnsafeRawBufferPointer(rebasing: whole[split...])
                #expect(CRC32C.checksum(rest, continuing: first) == checksum)
            }
        }
    }

    @Test func `what was appended is read back, from the start and from a position`() throws {
        let position = try write(100, mark: 40)
        let all = try read()
        #expect(all.sequences == (1...100).map { 10 * $0 })
        #expect(all.torn == 0)
        #expect(try read(from: position).sequences == (41...100).map { 10 * $0 })
    }

    @Test func `a journal says that it is half full before it writes by itself`() throws {
        var journal = try JournalWriter.create(path)
        let payload = [UInt8](repeating: 7, count: 4_000)
        var count: UInt64 = 0
        while !journal.isHalfFull {
            count += 1
            try journal.append(Self.frame(count), payload)
        }
        #expect(count == 9)
        let written = { try directory.bytes("engine.journal").count }
        #expect(try written() == JournalFrame.magic.count, "nothing but its beginning")
        try journal.flush()
        #expect(try written() > 36_000 && !journal.isHalfFull)
    }

    @Test func `a payload longer than a batch is written and read`() throws {
        var journal = try JournalWriter.create(path)
        let large = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for sequence in 1...4 as ClosedRange<UInt64> {
            try journal.append(JournalFrame(type: 1, sequence: sequence, time: 0), large)
        }
        try journal.finish()
        var reader = try JournalReader(path)
        var count = 0
        while try reader.next({ #expect($1.elementsEqual(large)); count += Int($0.type) }) {}
        #expect(count == 4)
    }

    @Test func `a journal killed at any byte resumes into that of a run that was not`() throws {
        let position = try write(8, mark: 3)
        let whole = try directory.bytes("engine.journal")
        for size in Int(position.byteOffset)...whole.count {
            try directory.write(Array(whole[..<size]), "engine.journal")
            let (sequences, torn) = try read()
            var journal = try JournalWriter.resume(path, at: position)
            #expect(journal.cutByteCount == torn)
            #expect(try directory.bytes("engine.journal").count == size - torn)
            #expect(sequences.count >= 3)
            try append(4...8, to: &journal)
            try journal.finish()
            #expect(try directory.bytes("engine.journal") == whole, "cut at byte \(size)")
        }
    }

    @Test func `without a position a journal continues at its end`() throws {
        _ = try write(5)
        let whole = try directory.bytes("engine.journal")
        try directory.write(whole + [1, 2, 3], "engine.journal")
        var journal = try JournalWriter.resume(path)
        #expect(journal.cutByteCount == 3)
        #expect(journal.isComparing == false)
        try append(6...7, to: &journal)
        try journal.finish()
        #expect(try read().sequences == (1...7).map { 10 * $0 })
    }

    @Test func `a flipped bit is an error with its offset, but in the last frame a torn end`() throws {
        let last = try write(6, mark: 5)
        let whole = try directory.bytes("engine.journal")
        for index in 8..<whole.count {
            var bytes = whole
            bytes[index] ^= UInt8(1 << (index % 8))
            try directory.write(bytes, "engine.journal")
            if index >= Int(last.byteOffset) {
                #expect(try read().torn == whole.count - Int(last.byteOffset), "byte \(index)")
            } else {
                do {
                    let (sequences, torn) = try read()
                    Issue.record("byte \(index) was accepted: \(sequences), torn \(torn)")
                } catch let error as JournalError {
                    guard case .damaged(path, let offset, .some(let next)) = error else { throw error }
                    #expect(offset <= index && index < next)
                }
            }
        }
    }

    @Test func `a frame that is produced again and differs is an error with both`() throws {
        let position = try write(4, mark: 2)
        var journal = try JournalWriter.resume(path, at: position)
        try append(3...3, to: &journal)
        #expect(journal.isComparing == true)
        do {
            try journal.append(Self.frame(4), [0xab])
            Issue.record("another frame was accepted")
        } catch {
            guard case .differs(path, _, 4, let existing, let produced) = error else { throw error }
            #expect(existing != produced)
            #expect(produced.contains(0xab))
        }
    }

    @Test func `a resumed run that ends early is an error`() throws {
        let position = try write(4, mark: 2)
        var journal = try JournalWriter.resume(path, at: position)
        try append(3...3, to: &journal)
        do {
            try journal.finish()
            Issue.record("the missing frame was not missed")
        } catch {
            guard case .notProduced(path, _, _) = error else { throw error }
        }
    }

    @Test func `a journal whose maker was killed in its first bytes is empty`() throws {
        for count in 0..<JournalFrame.magic.count {
            try directory.write(Array(JournalFrame.magic.prefix(count)), "engine.journal")
            #expect(try read().sequences == [], "\(count) bytes")
            var journal = try JournalWriter.resume(path)
            try append(1...2, to: &journal)
            try journal.finish()
            #expect(try read().sequences == [10, 20], "\(count) bytes")
        }
    }

    @Test func `what is held stays in memory until it is let go`() throws {
        var journal = try JournalWriter.create(path)
        try append(1...1, to: &journal)
        try journal.flush()
        journal.isHeld = true
        // More than is collected before one call of the system.
        try append(2...4_000, to: &journal)
        try journal.flush()
        try journal.sync()
        #expect(throws: JournalError.self) { _ = try journal.checkpoint() }
        #expect(try read().sequences == [10])
        journal.isHeld = false
        try journal.finish()
        #expect(try read().sequences.count == 4_000)
    }

    @Test func `a file that is no journal, or a shorter one than the snapshot's, is refused`() throws {
        let position = try write(4, mark: 4)
        let whole = try directory.bytes("engine.journal")
        try directory.write(Array(whole.dropLast(1)), "engine.journal")
        let expected = JournalError.shorter(path: path, size: whole.count - 1, expected: whole.count)
        #expect(throws: expected) { _ = try JournalWriter.resume(path, at: position).cutByteCount }
        try directory.write(Array("no journal".utf8), "engine.journal")
        #expect(throws: JournalError.notAJournal(path: path, found: Array("no journ".utf8))) {
            _ = try JournalReader(path).tornByteCount
        }
    }
}
