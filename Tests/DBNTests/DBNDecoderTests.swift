import DBN
import Determinism
import Testing
import Units

@Suite struct DBNDecoderTests {
    static let metadata = DBNMetadata(
        dataset: "GLBX.MDP3", schema: nil, start: Timestamp(nanoseconds: 1), symbols: ["ESZ6"])

    /// Metadata in `version`, then one random record of every known type, an unknown one among them.
    static func mixedStream(version: UInt8, hasSendTime: Bool, seed: UInt64) throws -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var metadata = metadata
        metadata.version = version
        metadata.hasSendTime = hasSendTime
        var stream: [UInt8] = []
        try metadata.encode(into: &stream)
        for type in RecordType.known {
            stream += RecordBytes.random(
                type, version: version, sendTime: hasSendTime ? generator.next() : nil,
                extraWords: Int(generator.below(3)), &generator)
            if type == .mbp10 { stream += RecordBytes.unknown(rtype: 0xEE, words: hasSendTime ? 8 : 6) }
        }
        return stream
    }

    @Test(.enabled(if: Fixtures.isPresent, Comment(rawValue: Fixtures.absence)), arguments: Fixtures.plainPaths())
    func `a fixture decodes to its end and encodes back to the same bytes`(path: String) throws {
        var bytes = Fixtures.bytes(path)
        let fragment = Fixtures.fragmentVersion(path)
        let raw = DecodedStream(bytes, with: DBNDecoder(upgrade: .asIs, fragmentVersion: fragment))
        #expect(raw.error == nil)
        // Databento's own two empty files.
        #expect(raw.records.isEmpty == path.contains("/test_data.ohlcv-1d."), "\(raw.records.count) records")
        // The record count of version 1, which nobody knows when a stream begins.
        if raw.metadata?.version == 1 { bytes.replaceSubrange(50..<58, with: repeatElement(0xFF, count: 8)) }
        var encoded: [UInt8] = []
        try raw.metadata?.encode(into: &encoded)
        for record in raw.records { encoded += record }
        #expect(firstDifference(encoded, bytes) == nil)
        let upgraded = DecodedStream(bytes, with: DBNDecoder(fragmentVersion: fragment))
        #expect(upgraded.error == nil)
        #expect(upgraded.records.count == raw.records.count)
    }

    @Test(arguments: [UInt8(1), 2, 3], [false, true])
    func `any split of the bytes gives the same events`(version: UInt8, hasSendTime: Bool) throws {
        let stream = try Self.mixedStream(version: version, hasSendTime: hasSendTime, seed: 11)
        for policy in [UpgradePolicy.asIs, .toVersion3] {
            let whole = DecodedStream(stream, with: DBNDecoder(upgrade: policy))
            #expect(whole.error == nil)
            #expect(whole.records.count == RecordType.known.count)
            let bytewise = DecodedStream(stream, with: DBNDecoder(upgrade: policy)) { 1 }
            #expect(bytewise == whole)
            for seed in UInt64(0)..<8 {
                var generator = SeededGenerator(seed: seed)
                let split = DecodedStream(stream, with: DBNDecoder(upgrade: policy)) { 1 + Int(generator.below(700)) }
                #expect(split == whole, "seed \(seed)")
            }
        }
    }

    @Test func `unknown types are skipped and counted`() throws {
        let stream = try Self.mixedStream(version: 3, hasSendTime: false, seed: 3)
        var decoder = DBNDecoder()
        var records = 0
        let consumed = try stream.withUnsafeBytes { bytes throws(DBNError) in
            try decoder.forEach(in: bytes) { _ in records += 1 }
        }
        #expect(consumed == stream.count)
        #expect(decoder.streamOffset == UInt64(stream.count))
        #expect(decoder.skippedCount == 1)
        #expect(decoder.recordCount(RecordType(rawValue: 0xEE)) == 1)
        #expect(decoder.recordCount(.mbp10) == 1)
        #expect(records == RecordType.known.count)
        #expect(decoder.recordCount == UInt64(records + 1))
        try decoder.finish(remaining: 0)
    }

    @Test(arguments: [UInt8(1), 2, 3])
    func `the send time survives the upgrade, also of a record longer than its type`(version: UInt8) throws {
        var generator = SeededGenerator(seed: 5)
        for type in RecordType.known {
            let bytes = RecordBytes.random(type, version: version, sendTime: 0x1122_3344, extraWords: 2, &generator)
            let stream = DecodedStream(bytes, with: DBNDecoder(fragmentVersion: version, fragmentHasSendTime: true))
            let record = try #require(stream.records.first, "\(type.name)")
            let layout = try #require(DBNRecordLayout.of(type))
            withRecord(record) { record in
                #expect(record.sendTime == Timestamp(nanoseconds: 0x1122_3344), "\(type.name)")
                #expect(record.byteCount >= layout.byteCount(version: 3) + 8)
            }
        }
    }

    @Test(arguments: RecordType.known)
    func `a record one word too short is an error with its offset`(type: RecordType) throws {
        for (version, hasSendTime) in [(UInt8(1), false), (2, true), (3, false), (3, true)] {
            let layout = try #require(DBNRecordLayout.of(type))
            let expected = layout.byteCount(version: version) + (hasSendTime ? 8 : 0)
            let good = RecordBytes.unknown(rtype: type.rawValue, words: expected / 4)
            let short = RecordBytes.unknown(rtype: type.rawValue, words: expected / 4 - 1)
            for policy in [UpgradePolicy.asIs, .toVersion3] {
                let decoder = DBNDecoder(
                    upgrade: policy, fragmentVersion: version, fragmentHasSendTime: hasSendTime)
                let stream = DecodedStream(good + short, with: decoder)
                #expect(stream.records.count == 1)
                #expect(
                    stream.error
                        == .recordTooShort(
                            offset: UInt64(expected), rtype: type.rawValue, length: expected - 4, expected: expected))
            }
        }
    }

    @Test func `a record shorter than a header is an error, of unknown types too`() {
        for length in UInt8(0)..<4 {
            let bytes = [length, 0xEE] + [UInt8](repeating: 0, count: 14)
            let stream = DecodedStream(bytes, with: DBNDecoder(fragmentVersion: 3))
            #expect(
                stream.error == .recordTooShort(offset: 0, rtype: 0xEE, length: Int(length) * 4, expected: 16))
        }
    }

    @Test func `an input that ends early is an error with what is missing`() throws {
        let stream = try Self.mixedStream(version: 3, hasSendTime: false, seed: 1)
        let whole = DecodedStream(stream)
        let head = stream.count - whole.records.reduce(0) { $0 + $1.count } - 24
        let firstLength = try #require(whole.records.first).count
        #expect(DecodedStream([]).events.isEmpty)
        #expect(DecodedStream([]).error == .empty)
        #expect(DecodedStream(Array(stream[..<5])).error == .truncated(offset: 0, missing: 3))
        #expect(DecodedStream(Array(stream[..<100])).error == .truncated(offset: 0, missing: head - 100))
        #expect(DecodedStream(Array(stream[..<head])).error == nil)
        #expect(DecodedStream(Array(stream[..<(head + 3)])).error == .truncated(offset: UInt64(head), missing: 13))
        let cut = DecodedStream(Array(stream[..<(head + firstLength - 1)]))
        #expect(cut.error == .truncated(offset: UInt64(head), missing: 1))
    }

    @Test func `foreign bytes are named`() {
        let tail = [UInt8](repeating: 0, count: 20)
        #expect(DecodedStream(Array("Date,Open".utf8) + tail).error == .notDBN(firstBytes: Array("Date".utf8)))
        #expect(DecodedStream([0x28, 0xB5, 0x2F, 0xFD] + tail).error == .compressed)
        #expect(DecodedStream([0x51, 0x2A, 0x4D, 0x18] + tail).error == .legacyDBZ)
        for version in [UInt8(0), 4, 255] {
            #expect(
                DecodedStream(Array("DBN".utf8) + [version] + tail).error == .unsupportedVersion(version))
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func `a corrupted stream ends in an error or in records, never in a trap`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let version = UInt8(1 + generator.below(3))
        var stream = try Self.mixedStream(version: version, hasSendTime: seed % 2 == 0, seed: seed)
        for _ in 0..<(1 + generator.below(20)) {
            stream[Int(generator.below(UInt64(stream.count)))] = UInt8(truncatingIfNeeded: generator.next())
        }
        stream.removeLast(Int(generator.below(UInt64(stream.count))))
        let whole = DecodedStream(stream)
        let split = DecodedStream(stream) { 97 }
        #expect(split == whole, "seed \(seed)")
        for record in whole.records {
            withRecord(record) { record in
                guard let fields = RecordFields(record) else {
                    Issue.record("seed \(seed): a record without its fields")
                    return
                }
                var text: [UInt8] = []
                fields.appendJSONLine(to: &text)
                #expect(text.last == UInt8(ascii: "\n"))
            }
        }
    }
}
