/// One text line of a client: fields `key=value` between bars, in any order; a field may be a bare word.
///
///     schema=mbp-10|stype_in=raw_symbol|symbols=ESZ6,NQZ6|id=0|is_last=1
struct ControlLine: Equatable {
    /// In the order of the line; the value of a bare word is empty.
    let fields: [(key: String, value: String)]

    init(_ text: String) {
        fields = text.split(separator: "|", omittingEmptySubsequences: true).map { field in
            // Values may hold further equals signs.
            guard let sign = field.firstIndex(of: "=") else { return (String(field), "") }
            return (String(field[..<sign]), String(field[field.index(after: sign)...]))
        }
    }

    /// Of a key that comes twice, the first value.
    subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

    var firstKey: String? { fields.first?.key }

    static func == (a: ControlLine, b: ControlLine) -> Bool {
        a.fields.elementsEqual(b.fields) { $0.key == $1.key && $0.value == $1.value }
    }
}

/// Cuts a client's bytes into lines, however they arrive.
struct LineSplitter {
    /// 500 symbols of 70 characters are 35,000 bytes.
    static let lineBytesMax = 64 << 10

    private var bytes: [UInt8] = []
    private var searched = 0

    mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// Whether the client sent more than a line may hold.
    private(set) var isOverfull = false

    /// The next whole line without its end; nil when there is none, or what comes next is too long for one.
    mutating func next() -> String? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            isOverfull = bytes.count > Self.lineBytesMax
            return nil
        }
        guard end <= Self.lineBytesMax else {
            isOverfull = true
            return nil
        }
        var line = bytes[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        bytes.removeFirst(end + 1)
        searched = 0
        return text
    }
}
