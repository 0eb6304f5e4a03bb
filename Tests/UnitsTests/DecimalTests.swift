import Determinism
import Testing
import Units

/// Decimal text against a plain second reading of it.
@Suite struct DecimalTests {
    private static let table: [(text: String, nanos: Int64?)] = [
        ("0", 0), ("-0", 0), ("+0.000000000", 0), ("1", 1_000_000_000), ("+1", 1_000_000_000), ("-1", -1_000_000_000),
        ("12.5", 12_500_000_000), ("-0.37", -370_000_000), ("007.10", 7_100_000_000), ("0.000000001", 1),
        ("-0.000000001", -1), ("5000.25", 5_000_250_000_000),
        ("00000000000000000000000000000000000001.5", 1_500_000_000),
        // Both ends of the range, and one step beyond each.
        ("9223372036.854775807", .max), ("9223372036.854775808", nil), ("-9223372036.854775808", .min),
        ("-9223372036.854775809", nil), ("9223372037", nil), ("-9223372037", nil), ("92233720368547758070", nil),
        // Nothing is guessed, rounded or passed over.
        ("", nil), ("+", nil), ("-", nil), (".", nil), (".5", nil), ("1.", nil), ("1.2.3", nil), ("--1", nil),
        ("+-1", nil), ("1-", nil), (" 1", nil), ("1 ", nil), ("1,5", nil), ("1e3", nil), ("0x1", nil), ("1_000", nil),
        ("nan", nil), ("inf", nil), ("0.0000000001", nil), ("1.0000000000", nil), ("\u{661}", nil), ("1\u{0}", nil),
        ("−1", nil),
    ]

    @Test(arguments: table)
    func `text is read exactly or not at all`(text: String, nanos: Int64?) {
        #expect(Decimal9.parse(text) == nanos)
        #expect(Decimal9.parse("[\(text)]".dropFirst().dropLast()) == nanos, "as a part of another text")
        #expect(Money(text) == nanos.map { Money(nanos: $0) })
    }

    /// An optional sign, digits, and one to nine of them behind a point; in 128 bits.
    private static func slowly(_ text: String) -> Int64? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        func isNumber(_ part: Substring) -> Bool { !part.isEmpty && part.allSatisfy { ("0"..."9").contains($0) } }
        guard parts.count <= 2, parts.allSatisfy(isNumber) else { return nil }
        let decimals = parts.count == 2 ? parts[1] : ""
        guard decimals.count <= 9 else { return nil }
        let digits = parts[0].drop { $0 == "0" } + decimals + String(repeating: "0", count: 9 - decimals.count)
        guard digits.count <= 30 else { return nil }
        let magnitude = digits.reduce(Int128(0)) { $0 * 10 + Int128($1.wholeNumberValue ?? 0) }
        return Int64(exactly: isNegative ? -magnitude : magnitude)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `random text is read as a plain reading has it`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789012345678901234567890123456789..+- e")
        var good = 0
        for _ in 0..<5_000 {
            let count = Int(generator.below(24))
            var text = String((0..<count).map { _ in alphabet[Int(generator.below(UInt64(alphabet.count)))] })
            // Half of them of the right form, so that not all are refused.
            if generator.below(2) == 0 {
                text = String(text.filter(\.isNumber))
                if text.count > 3 { text.insert(".", at: text.index(text.endIndex, offsetBy: -3)) }
                if generator.below(2) == 0 { text = "-" + text }
            }
            let expected = Self.slowly(text)
            if expected != nil { good += 1 }
            #expect(Decimal9.parse(text) == expected, "\(text)")
        }
        #expect(good > 500)
    }
}
