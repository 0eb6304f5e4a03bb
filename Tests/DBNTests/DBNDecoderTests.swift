import DBN
import Determinism
import Testing
import Units

@Suite struct DBNDecoderTests {
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
}
