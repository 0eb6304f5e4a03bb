import DBN
import Determinism
import Testing
import Units

@Suite struct RecordLayoutTests {
    /// Record sizes of the specification: type, versions 1, 2, 3.
    static let sizes: [(RecordType, Int, Int, Int)] = [
        (.trade, 48, 48, 48), (.mbp1, 80, 80, 80), (.mbp10, 368, 368, 368), (.bbo1s, 80, 80, 80), (.bbo1m, 80, 80, 80),
        (.cmbp1, 80, 80, 80), (.tcbbo, 80, 80, 80), (.cbbo1s, 80, 80, 80), (.cbbo1m, 80, 80, 80), (.mbo, 56, 56, 56),
        (.ohlcvDeprecated, 56, 56, 56), (.ohlcv1s, 56, 56, 56), (.ohlcv1m, 56, 56, 56), (.ohlcv1h, 56, 56, 56),
        (.ohlcv1d, 56, 56, 56), (.ohlcvEndOfDay, 56, 56, 56), (.status, 40, 40, 40),
        (.instrumentDefinition, 360, 400, 520), (.imbalance, 112, 112, 112), (.error, 80, 320, 320),
        (.symbolMapping, 80, 176, 176), (.system, 80, 320, 320), (.statistics, 64, 64, 80),
    ]

    @Test func `sizes are those of the specification, for every known type`() throws {
        #expect(Self.sizes.count == RecordType.known.count)
        for (type, v1, v2, v3) in Self.sizes {
            let layout = try #require(DBNRecordLayout.of(type))
            #expect(layout.byteCount(version: 1) == v1, "\(type.name)")
            #expect(layout.byteCount(version: 2) == v2, "\(type.name)")
            #expect(layout.byteCount(version: 3) == v3, "\(type.name)")
        }
        #expect(DBNRecordLayout.of(RecordType(rawValue: 0xEE)) == nil)
    }

    @Test(arguments: RecordType.known)
    func `fields lie inside the record, do not overlap and have one name each`(type: RecordType) throws {
        let layout = try #require(DBNRecordLayout.of(type))
        #expect(Set(layout.fields.map(\.name)).count == layout.fields.count)
        for version in UInt8(1)...3 {
            var owner = [String?](repeating: nil, count: layout.byteCount(version: version))
            owner[0] = "length"
            for field in layout.fields {
                guard let slot = field.slot(version: version) else { continue }
                for offset in slot.offset..<slot.offset + slot.width {
                    let other = owner.indices.contains(offset) ? owner[offset] : "the end"
                    #expect(other == nil, "\(type.name) v\(version) \(field.name) against \(other ?? "")")
                    if owner.indices.contains(offset) { owner[offset] = field.name }
                }
            }
            #expect(!owner[..<16].contains(nil), "the header is whole")
        }
    }

    @Test func `only the five kinds of the specification differ between versions`() {
        let changed = RecordType.known.filter { DBNRecordLayout.of($0)?.isSame(in: 1, and: 3) == false }
        #expect(changed == [.instrumentDefinition, .error, .symbolMapping, .system, .statistics])
        let since2 = RecordType.known.filter { DBNRecordLayout.of($0)?.isSame(in: 2, and: 3) == false }
        #expect(since2 == [.instrumentDefinition, .statistics])
    }

    @Test func `strides and offsets that overlays rely on are pinned`() {
        #expect(MemoryLayout<BidAskPair>.stride == 32)
        #expect(MemoryLayout<BidAskPair>.alignment == 8)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.bidPrice) == 0)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.askPrice) == 8)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.bidSize) == 16)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.askSize) == 20)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.bidCount) == 24)
        #expect(MemoryLayout<BidAskPair>.offset(of: \.askCount) == 28)
        #expect(MemoryLayout<RecordView>.size == 8)
    }

    @Test func `names of types are Databento's`() {
        #expect(RecordType.mbp10.name == "mbp-10")
        #expect(RecordType.instrumentDefinition.name == "instrument-def")
        #expect(RecordType(rawValue: 0xEE).name == "rtype-238")
        #expect(Set(RecordType.known.map(\.name)).count == RecordType.known.count)
    }
}
