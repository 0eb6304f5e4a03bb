import Units

/// Records as text: JSON lines and CSV, with Databento's field names and order. Numbers, prices (in 1e-9) and times (in
/// nanoseconds) are the integers of the record, undefined ones included; characters and texts are strings, none is
/// empty.
extension RecordFields {
    /// Appends one JSON object and a newline. A byte above 0x7F, which no record should have, becomes U+0080 … U+00FF.
    public func appendJSONLine(to output: inout [UInt8]) {
        var separator = UInt8(ascii: "{")
        forEach { name, value in
            output.append(separator)
            separator = UInt8(ascii: ",")
            output.append(UInt8(ascii: "\""))
            output.append(contentsOf: name.utf8)
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
            Self.appendJSON(value, to: &output)
        }
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends the names of the fields and a newline.
    public func appendCSVHeader(to output: inout [UInt8]) {
        appendCSV(to: &output) { name, _, output in output.append(contentsOf: name.utf8) }
    }

    /// Appends the values and a newline. Texts with a comma, quote or line break are quoted.
    public func appendCSVRow(to output: inout [UInt8]) {
        appendCSV(to: &output) { _, value, output in
            switch value {
            case .character(let byte): withUnsafeBytes(of: byte) { Self.appendCSV($0.prefix { $0 != 0 }, to: &output) }
            case .text(let bytes): Self.appendCSV(bytes[...], to: &output)
            default: Self.appendInteger(value, to: &output)
            }
        }
    }

    private func appendCSV(
        to output: inout [UInt8], _ body: (String, RecordFieldValue, inout [UInt8]) -> Void
    ) {
        var isFirst = true
        forEach { name, value in
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            body(name, value, &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func appendCSV(_ text: Slice<UnsafeRawBufferPointer>, to output: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard text.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 10 || $0 == 13 }) else {
            output.append(contentsOf: text)
            return
        }
        output.append(quote)
        for byte in text {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }

    private static func appendJSON(_ value: RecordFieldValue, to output: inout [UInt8]) {
        switch value {
        case .character(let byte): withUnsafeBytes(of: byte) { appendJSON($0.prefix { $0 != 0 }, to: &output) }
        case .text(let bytes): appendJSON(bytes[...], to: &output)
        default: appendInteger(value, to: &output)
        }
    }

    private static func appendJSON(_ text: Slice<UnsafeRawBufferPointer>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x20..<0x7F: output.append(byte)
            default:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexDigit(byte >> 4))
                output.append(hexDigit(byte & 15))
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func appendInteger(_ value: RecordFieldValue, to output: inout [UInt8]) {
        switch value {
        case .unsigned(let number): appendDecimal(number, isNegative: false, to: &output)
        case .timestamp(let time): appendDecimal(time.nanoseconds, isNegative: false, to: &output)
        case .signed(let number): appendDecimal(number.magnitude, isNegative: number < 0, to: &output)
        case .price(let price): appendDecimal(price.nanos.magnitude, isNegative: price.nanos < 0, to: &output)
        case .character, .text: preconditionFailure("not a number")
        }
    }

    /// Digits from the last to the first, without a `String` in between.
    private static func appendDecimal(_ magnitude: UInt64, isNegative: Bool, to output: inout [UInt8]) {
        if isNegative { output.append(UInt8(ascii: "-")) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<20 { output.append(digits[index]) }
    }
}
