import DBN
import Testing
import Units

@Suite struct FeedMarkTests {
    private static func record(_ mark: FeedMark) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: RecordByteCount.system)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map { _ = mark.write(to: $0) } }
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> FeedMark? {
        bytes.withUnsafeBytes { raw in raw.baseAddress.flatMap { FeedMark(RecordView($0)) } }
    }

    private static func mark(
        _ kind: FeedMark.Kind, _ reason: FeedMark.Reason = .none, schema: Schema? = nil, instrument: UInt32 = 0,
        from: UInt64 = .max, to: UInt64 = .max
    ) throws -> FeedMark {
        FeedMark(
            kind, dataset: try #require(DatasetName("GLBX.MDP3")), time: Timestamp(nanoseconds: 123),
            wallTime: Timestamp(nanoseconds: 456), reason: reason, schema: schema,
            instrument: InstrumentID(instrument), from: Timestamp(nanoseconds: from), to: Timestamp(nanoseconds: to))
    }

    @Test func `every mark comes back as it was written`() throws {
        for kind in FeedMark.Kind.allCases {
            for reason in FeedMark.Reason.allCases {
                for schema in Schema.known.map(Optional.some) + [nil] {
                    let mark = try Self.mark(
                        kind, reason, schema: schema, instrument: .max, from: .max - 1, to: UInt64(kind.rawValue))
                    #expect(Self.read(Self.record(mark)) == mark)
                }
            }
        }
        let bare = try Self.mark(.live)
        #expect(Self.read(Self.record(bare)) == bare)
    }

    @Test func `a mark is a system record with a text that people can read`() throws {
        let mark = try Self.mark(.gap, .silent, schema: .mbp10, instrument: 7, from: 10, to: 20)
        let bytes = Self.record(mark)
        #expect(bytes.count == 320 && bytes[0] == 80 && bytes[1] == RecordType.system.rawValue)
        try bytes.withUnsafeBytes { raw in
            let record = RecordView(try #require(raw.baseAddress))
            #expect(record.systemMessage.code == .unset)
            #expect(record.instrumentID == InstrumentID(7) && record.publisherID == 0)
            #expect(record.eventTime.nanoseconds == 123)
            #expect(
                record.systemMessage.message
                    == "levelhead=gap|dataset=GLBX.MDP3|schema=mbp-10|from=10|to=20|reason=silent|at=456")
        }
    }

    private static func system(_ text: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.system)
        try bytes.withUnsafeMutableBytes { raw in
            let base = try #require(raw.baseAddress)
            _ = try ControlRecord.writeSystem(.unset, text, at: Timestamp(nanoseconds: 1), to: base)
        }
        return bytes
    }

    @Test(
        arguments: [
            "Heartbeat", "", "levelhead=", "levelhead=gap", "levelhead=gap|schema=mbp-10", "levelhead=gap|dataset=",
            "levelhead=nonsense|dataset=X", "levelhead=gap|dataset=X|from=", "levelhead=gap|dataset=X|from=1x",
            "levelhead=gap|dataset=X|to=18446744073709551616", "levelhead=gap|dataset=X|reason=because",
            "levelhead=gap|dataset=X|schema=mbp-11", "levelhead=gap|dataset=SEVENTEEN.LETTERS",
            "Levelhead=gap|dataset=X", "|levelhead=gap|dataset=X",
        ])
    func `other system messages are no marks`(text: String) throws {
        #expect(Self.read(try Self.system(text)) == nil)
    }

    @Test func `fields that a later version adds are passed over`() throws {
        let mark = Self.read(try Self.system("levelhead=live|dataset=X|new=1||more|at=5"))
        #expect(mark?.kind == .live && mark?.wallTime.nanoseconds == 5)
    }

    @Test func `other records are no marks`() throws {
        var bytes = Self.record(try Self.mark(.live))
        bytes[1] = RecordType.error.rawValue
        #expect(Self.read(bytes) == nil)
        bytes[1] = RecordType.system.rawValue
        bytes[0] = 79
        #expect(Self.read(bytes) == nil)
    }

    @Test func `a dataset's name is at most sixteen plain characters`() {
        #expect(DatasetName("OPRA.PILLAR")?.description == "OPRA.PILLAR")
        #expect(DatasetName("SIXTEEN.LETTERS!")?.description == "SIXTEEN.LETTERS!")
        for text in ["", "SEVENTEEN.LETTERS", "A|B", "A=B", "A B", "Ä", "A\0"] { #expect(DatasetName(text) == nil) }
        #expect(DatasetName("A") != DatasetName("B"))
    }
}
