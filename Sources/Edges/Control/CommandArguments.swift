import Foundation

/// What a command says beside its verb: the payload, a JSON object with the keys it needs.
public struct CommandArguments: Codable, Equatable, Sendable {
    /// Why, in the operator's words.
    public var reason: String?
    /// Of `arm`: `account` or `strategy:NAME`.
    public var scope: String?
    /// Of `flatten`: close at the reopen if the market is closed.
    public var atOpen: Bool?

    enum CodingKeys: String, CodingKey {
        case reason, scope
        case atOpen = "at_open"
    }

    public init(reason: String? = nil, scope: String? = nil, atOpen: Bool? = nil) {
        self.reason = reason
        self.scope = scope
        self.atOpen = atOpen
    }
}

/// What an answer to a command other than `status` says: the payload, a JSON object with the keys it needs.
public struct AnswerDetails: Codable, Equatable, Sendable {
    /// For people: what was done, or why not.
    public var message: String?
    /// `TradingState.name` after the command.
    public var tradingState: String?
    /// Of `flatten`: proven flat.
    public var isFlat: Bool?
    /// Of `flatten`: rounds of cancelling and closing so far.
    public var rounds: Int?
    /// Of `flatten`: path of the certificate.
    public var certificate: String?

    enum CodingKeys: String, CodingKey {
        case message, rounds, certificate
        case tradingState = "trading_state"
        case isFlat = "flat"
    }

    public init(
        message: String? = nil, tradingState: String? = nil, isFlat: Bool? = nil, rounds: Int? = nil,
        certificate: String? = nil
    ) {
        self.message = message
        self.tradingState = tradingState
        self.isFlat = isFlat
        self.rounds = rounds
        self.certificate = certificate
    }
}

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
        try? JSONDecoder().decode(type, from: Data(bytes.isEmpty ? Array("{}".utf8) : bytes))
    }
}
