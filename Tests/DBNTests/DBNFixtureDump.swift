import DBN
import Glibc
import Testing

/// The other half of scripts/oracles/dbn_fixtures.py: decodes and encodes the streams that the script has laid out in a
/// directory and writes what it got beside them, for the script to compare with Databento's own package.
@Suite struct DBNFixtureDump {
    static let directory = getenv("TEST_DBN_DUMP_DIR").map { String(cString: $0) }

    /// The directory's `manifest` has a line for each stream: name, version if it is a fragment or 0, 1 if it has send
    /// times.
    @Test(.enabled(if: directory != nil, "TEST_DBN_DUMP_DIR is not set"))
    func `streams are dumped for comparison`() throws {
        let directory = try #require(Self.directory)
        let manifest = String(decoding: Fixtures.bytes(absolute: directory + "/manifest"), as: UTF8.self)
        let lines = manifest.split(separator: "\n")
        #expect(!lines.isEmpty)
        for line in lines {
            let parts = line.split(separator: "\t").map(String.init)
            let version = try #require(UInt8(parts[1]))
            try dump(directory + "/" + parts[0], fragmentVersion: version == 0 ? nil : version, parts[2] == "1")
        }
    }

    private func dump(_ path: String, fragmentVersion: UInt8?, _ hasSendTime: Bool) throws {
        let stream = Fixtures.bytes(absolute: path)
        for (policy, name) in [(UpgradePolicy.asIs, "raw"), (.toVersion3, "v3")] {
            var decoder = DBNDecoder(
                upgrade: policy, fragmentVersion: fragmentVersion, fragmentHasSendTime: hasSendTime)
            var json: [UInt8] = []
            var csv: [UInt8] = []
            let consumed = try stream.withUnsafeBytes { bytes in
                // The version is only known once the metadata has been read.
                var position = 0
                while true {
                    switch try decoder.decode(UnsafeRawBufferPointer(rebasing: bytes[position...])) {
                    case .record(let record, let count):
                        let version = try #require(decoder.recordVersion)
                        let fields = try #require(
                            RecordFields(record, version: version, hasSendTime: decoder.hasSendTime))
                        fields.appendJSONLine(to: &json)
                        if csv.isEmpty { fields.appendCSVHeader(to: &csv) }
                        fields.appendCSVRow(to: &csv)
                        position += count
                    case .metadata(let count), .skipped(_, let count): position += count
                    case .needMore: return position
                    }
                }
            }
            try decoder.finish(remaining: stream.count - consumed)
            write(json, to: path + ".\(name).jsonl")
            write(csv, to: path + ".\(name).csv")
        }
        for version in UInt8(1)...3 { try encode(stream, path, version, fragmentVersion, hasSendTime) }
    }

    /// Writes the stream in another version, or the reason why a record of it has no place there.
    private func encode(
        _ stream: [UInt8], _ path: String, _ version: UInt8, _ fragmentVersion: UInt8?, _ hasSendTime: Bool
    ) throws {
        let source = DecodedStream(
            stream,
            with: DBNDecoder(upgrade: .asIs, fragmentVersion: fragmentVersion, fragmentHasSendTime: hasSendTime))
        let inputVersion = try #require(source.metadata?.version ?? fragmentVersion)
        let encoder = DBNEncoder(
            version: version, inputVersion: inputVersion, hasSendTime: source.metadata?.hasSendTime ?? hasSendTime)
        var output: [UInt8] = []
        do {
            if let metadata = source.metadata { try encoder.encode(metadata, into: &output) }
            for record in source.records {
                try record.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    try encoder.encode(RecordView(start), into: &output)
                }
            }
        } catch let error as DBNError {
            write(Array(error.description.utf8), to: path + ".v\(version).refused")
            return
        }
        write(output, to: path + ".v\(version).dbn")
    }

    private func write(_ bytes: [UInt8], to path: String) {
        guard let file = fopen(path, "wb") else {
            Issue.record("cannot write \(path)")
            return
        }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
    }
}
