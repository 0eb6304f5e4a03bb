/// One control line of the gateway, `key=value|key=value`, without its line end. The order of keys is free, unknown
/// ones are passed over, a value begins behind the first `=`.
struct GatewayLine {
    private let fields: [(key: String, value: String)]
    let text: String

    /// Invalid UTF-8 is repaired, a carriage return at the end dropped.
    init(_ bytes: some BidirectionalCollection<UInt8>) {
        let isReturn = bytes.last == UInt8(ascii: "\r")
        text = String(decoding: isReturn ? Array(bytes.dropLast()) : Array(bytes), as: UTF8.self)
        fields = text.split(separator: "|").map { field in
            let key = field.prefix { $0 != "=" }
            return (String(key), String(field.dropFirst(key.count + 1)))
        }
    }

    /// The first value of a key; nil when the key is not there.
    subscript(_ key: String) -> String? { fields.first { $0.key == key }?.value }

    /// The text, cut to what fits into an error message, without control characters.
    var excerpt: String { String(text.unicodeScalars.prefix(200)).printable }
}

extension String {
    /// Without control characters: what a gateway says may end on a terminal.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}

/// What the gateway's line in answer to a challenge says.
enum HandshakeAnswer: Equatable {
    case accepted(sessionID: String)
    case refused(String)
    /// Not an answer.
    case unknown

    init(_ line: GatewayLine) {
        if line["success"] == "1" {
            self = .accepted(sessionID: line["session_id"] ?? "")
        } else if let text = line["error"] {
            self = .refused(text.printable)
        } else {
            self = line["success"] == nil ? .unknown : .refused("no reason given")
        }
    }
}
