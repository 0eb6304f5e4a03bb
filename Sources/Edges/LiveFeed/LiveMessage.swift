import DBN
import Units

/// What a control record of the stream says.
public enum LiveMessage: Equatable, Sendable {
    case heartbeat
    /// A subscription was taken; its id, when the text has one.
    case acknowledged(subscription: UInt32?, schema: Schema?)
    /// We read too slowly; nothing is lost.
    case slowReader(schema: Schema?)
    /// The replay of a schema is complete: its records are of the present from here on.
    case replayCompleted(schema: Schema?)
    /// A bar or sampled quote that did not come by now does not exist.
    case endOfInterval(schema: Schema?, end: Timestamp)
    case unsubscribed
    /// A system message with a code that is new.
    case other(code: SystemCode, text: String)
    case error(ErrorCode, text: String, isLast: Bool)
    /// What the instrument's number stands for.
    case mapping(InstrumentID, input: String, output: String)

    /// - Precondition: a version 3 record that the session called a message.
    public init(_ record: RecordView) {
        switch record.type {
        case .symbolMapping:
            let mapping = record.symbolMapping
            self = .mapping(record.instrumentID, input: mapping.inputSymbol, output: mapping.outputSymbol)
        case .error:
            let error = record.errorMessage
            self = .error(error.code, text: error.message.printable, isLast: error.isLast != 0)
        default:
            self.init(system: record.systemMessage)
        }
    }

    private init(system: SystemMessageView) {
        let text = system.message
        switch system.code {
        case .heartbeat: self = .heartbeat
        case .subscriptionAcknowledged:
            let words = text.split(separator: " ")
            let number = words.firstIndex(of: "request").flatMap { words[($0 + 1)...].first }
            self = .acknowledged(subscription: number.flatMap { UInt32($0) }, schema: Self.schema(in: text))
        case .slowReaderWarning: self = .slowReader(schema: Self.schema(in: text))
        case .replayCompleted: self = .replayCompleted(schema: Self.schema(in: text))
        case .endOfInterval: self = .endOfInterval(schema: Self.schema(in: text), end: system.record.eventTime)
        case .unsubscribeAcknowledged: self = .unsubscribed
        default: self = .other(code: system.code, text: text.printable)
        }
    }

    /// The first word that is a schema's name.
    static func schema(in text: String) -> Schema? {
        for word in text.split(whereSeparator: { " .,:;'\"()".contains($0) }) {
            if let schema = Schema(name: String(word)) { return schema }
        }
        return nil
    }
}
