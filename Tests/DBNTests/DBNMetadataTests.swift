import DBN
import Testing
import Units

@Suite struct DBNMetadataTests {
    static let full = DBNMetadata(
        dataset: "GLBX.MDP3", schema: .mbp10, start: Timestamp(nanoseconds: 5), end: Timestamp(nanoseconds: 9),
        limit: 7, stypeIn: .rawSymbol, stypeOut: .instrumentID, hasSendTime: true, symbols: ["ESZ6", "MESZ6"],
        partial: ["NQZ6"], notFound: ["XX"],
        mappings: [
            SymbolMapping(
                rawSymbol: "ESZ6",
                intervals: [
                    MappingInterval(startDate: 20_261_120, endDate: 20_261_121, symbol: "123"),
                    MappingInterval(startDate: 20_261_121, endDate: 20_261_122, symbol: "124"),
                ]),
            SymbolMapping(rawSymbol: "MESZ6", intervals: []),
        ])

    /// Offset of the symbol list, fixed part, and size with one symbol "A", as Databento's encoder writes it.
    @Test(arguments: [(UInt8(1), 150, 142), (2, 199, 191), (3, 200, 192)])
    func `the fixed part is Databento's, byte for byte`(version: UInt8, byteCount: Int, length: UInt32) throws {
        let metadata = DBNMetadata(
            version: version, dataset: "GLBX.MDP3", schema: nil, start: Timestamp(nanoseconds: 1), stypeIn: .rawSymbol,
            hasSendTime: true, symbols: ["A"])
        var bytes: [UInt8] = []
        try metadata.encode(into: &bytes)
        var expected = Array("DBN".utf8) + [version] + RecordBytes.u32(length)
        expected += Array("GLBX.MDP3".utf8) + [UInt8](repeating: 0, count: 7)
        expected += [0xFF, 0xFF] + RecordBytes.u64(1) + RecordBytes.u64(.max) + RecordBytes.u64(0)
        if version == 1 { expected += RecordBytes.u64(.max) }
        expected += [1, 0, 1]
        if version > 1 { expected += [71, 0] }
        expected += [UInt8](repeating: 0, count: 112 - expected.count)
        expected += RecordBytes.u32(1) + [UInt8(ascii: "A")] + [UInt8](repeating: 0, count: version == 1 ? 21 : 70)
        expected += [UInt8](repeating: 0, count: byteCount - expected.count)
        #expect(firstDifference(bytes, expected) == nil)
        #expect(bytes.count == byteCount)
    }

    @Test(arguments: [UInt8(1), 2, 3])
    func `metadata decodes to what was encoded`(version: UInt8) throws {
        var metadata = Self.full
        metadata.version = version
        var bytes: [UInt8] = []
        try metadata.encode(into: &bytes)
        #expect(DecodedStream(bytes, with: DBNDecoder(upgrade: .asIs)).metadata == metadata)
        #expect(version < 3 || bytes.count % 8 == 0)
        metadata.version = 3
        #expect(DecodedStream(bytes).metadata == metadata)
        let minimal = DBNMetadata(
            version: version, dataset: "", schema: nil, start: .undefined, stypeIn: nil, stypeOut: nil)
        var few: [UInt8] = []
        try minimal.encode(into: &few)
        #expect(few.count == 128)
        #expect(DecodedStream(few, with: DBNDecoder(upgrade: .asIs)).metadata == minimal)
    }

    @Test func `a decoder says which version the stream and its records have`() throws {
        var metadata = Self.full
        metadata.version = 2
        var bytes: [UInt8] = []
        try metadata.encode(into: &bytes)
        for (policy, version) in [(UpgradePolicy.asIs, UInt8(2)), (.toVersion3, 3)] {
            var decoder = DBNDecoder(upgrade: policy)
            #expect(decoder.recordVersion == nil)
            _ = try bytes.withUnsafeBytes { input throws(DBNError) in try decoder.decode(input) }
            #expect(decoder.sourceVersion == 2)
            #expect(decoder.recordVersion == version)
            #expect(decoder.metadata?.version == version)
            #expect(decoder.hasSendTime)
        }
    }

    @Test func `texts that DBN cannot hold are refused and nothing is appended`() {
        var metadata = Self.full
        var output: [UInt8] = [1, 2, 3]
        metadata.dataset = "SIXTEEN.LETTERS."
        #expect(throws: DBNError.textNotEncodable("SIXTEEN.LETTERS.", byteCountMax: 15)) {
            try metadata.encode(into: &output)
        }
        metadata.dataset = "GLBX.MDP3"
        metadata.version = 1
        metadata.notFound = [String(repeating: "A", count: 22)]
        #expect(throws: DBNError.textNotEncodable(metadata.notFound[0], byteCountMax: 21)) {
            try metadata.encode(into: &output)
        }
        metadata.notFound = ["É"]
        #expect(throws: DBNError.textNotEncodable("É", byteCountMax: 21)) { try metadata.encode(into: &output) }
        #expect(output == [1, 2, 3])
    }

    /// What is written over the encoded metadata, and what the decoder must say.
    static let corruptions: [(offset: Int, bytes: [UInt8], error: DBNError)] = [
        (4, RecordBytes.u32(103), .metadataLength(103)),
        (4, RecordBytes.u32(.max), .metadataLength(Int(UInt32.max))),
        (8, [0xFF], .invalidText(offset: 8)),
        (53, [0, 0], .symbolLength(0)),
        (108, RecordBytes.u32(9), .schemaDefinition(byteCount: 9)),
        (112, RecordBytes.u32(1_000_000), .metadataList(offset: 112, count: 1_000_000, remaining: 604)),
        (116, [0x80], .invalidText(offset: 116)),
    ]

    @Test(arguments: corruptions.indices)
    func `corrupt metadata is an error that says where`(index: Int) throws {
        let corruption = Self.corruptions[index]
        var bytes: [UInt8] = []
        try Self.full.encode(into: &bytes)
        bytes.replaceSubrange(corruption.offset..<corruption.offset + corruption.bytes.count, with: corruption.bytes)
        let stream = DecodedStream(bytes)
        #expect(stream.error == corruption.error)
        #expect(stream.events.isEmpty)
    }

    @Test func `every error is one line`() {
        let errors = Self.corruptions.map(\.error) + [
            .notDBN(firstBytes: [1, 2]), .compressed, .legacyDBZ, .empty, .unsupportedVersion(9),
            .recordTooShort(offset: 1, rtype: 2, length: 3, expected: 4), .truncated(offset: 1, missing: 2),
            .textNotEncodable("x", byteCountMax: 1), .notRepresentable(field: "leg_count", rtype: 0x13, version: 1),
        ]
        for error in errors {
            #expect(!error.description.isEmpty)
            #expect(!error.description.contains("\n"))
        }
        #expect(
            DBNError.recordTooShort(offset: 128, rtype: 0x0A, length: 80, expected: 368).description
                == "byte 128: a record of type 0x0a of 80 bytes, expected at least 368")
    }

    @Test func `schemas and symbol types have Databento's names`() {
        #expect(Schema.known.count == 20)
        for schema in Schema.known { #expect(Schema(name: schema.name) == schema) }
        #expect(Schema.mbp10.name == "mbp-10")
        #expect(Schema.bbo1m.name == "bbo-1m")
        #expect(Schema(rawValue: 99).name == "schema-99")
        #expect(Schema(name: "mbp-5") == nil)
        #expect(SymbolType.parent.name == "parent")
        #expect(SymbolType(name: "security_id")?.rawValue == 15)
        #expect(SymbolType(rawValue: 77).name == "stype-77")
    }
}
