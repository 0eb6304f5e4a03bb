import Foundation

/// Payloads to values and back. Only what was authenticated is parsed.
enum Payload {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let bytes = (try? encoder.encode(value)).map(Array.init) ?? Array("{}".utf8)
        return bytes.count <= ControlMessage.largestPayloadBytes
            ? bytes : Array(#"{"message":"the answer is too long"}"#.utf8)
    }

    /// An empty payload is an empty object.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        try? read(type, from: bytes)
    }

    /// An empty payload is an empty object.
    static func read<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(PayloadFault) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.isEmpty ? Array("{}".utf8) : bytes))
        } catch {
            throw PayloadFault(error)
        }
    }
}

/// What is wrong with a payload, and where.
struct PayloadFault: Error, Equatable {
    let text: String

    init(_ text: String) { self.text = text }

    init(_ error: any Error) {
        guard let error = error as? DecodingError else {
            text = "the payload is no JSON object"
            return
        }
        switch error {
        case .keyNotFound(let key, let context):
            text = Self.text(context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context):
            text = Self.text(context.codingPath, "is null")
        case .typeMismatch(let type, let context):
            text = Self.text(context.codingPath, "is not what it has to be: \(Self.name(of: type))")
        case .dataCorrupted(let context):
            text = Self.text(context.codingPath, context.debugDescription)
        @unknown default:
            text = "the payload is no JSON object"
        }
    }

    private static func text(_ path: [any CodingKey], _ fault: String) -> String {
        path.isEmpty ? "the payload: \(fault)" : "'\(path.map(\.stringValue).joined(separator: "."))' \(fault)"
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any Collection.Type: "an object or a list"
        default: "an object"
        }
    }
}

/// Any key of an object.
private struct AnyCodingKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// Throws for the first key in the order of the alphabet that is none of these.
    func refuseKeys(besides known: [some CodingKey]) throws {
        let names = known.map(\.stringValue)
        let container = try container(keyedBy: AnyCodingKey.self)
        guard let unknown = container.allKeys.filter({ !names.contains($0.stringValue) })
            .min(by: { $0.stringValue < $1.stringValue })
        else { return }
        throw DecodingError.dataCorruptedError(
            forKey: unknown, in: container,
            debugDescription: "is unknown; expected are \(names.sorted().joined(separator: ", "))")
    }
}
