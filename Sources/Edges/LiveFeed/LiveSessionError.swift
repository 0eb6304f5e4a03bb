import Compression
import DBN

/// Why a session's bytes cannot be read on.
public enum LiveSessionError: Error, Equatable {
    /// A line of the handshake has no end within 64 KiB.
    case lineTooLong
    /// A line of the handshake that says nothing of what was due.
    case unexpectedLine(String)
    /// The gateway wrote text where the stream was due: its own words.
    case text(String)
    case format(DBNError)
    case compression(ZstdError)
    case metadataTooLong(Int)
    /// The connection ended inside a line or a record.
    case truncated(bytes: Int)
    /// The stream is of another dataset than the session.
    case wrongDataset(expected: String, found: String)
}

extension LiveSessionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .lineTooLong: "a line of the handshake is longer than \(LiveSession.lineByteCountMax) bytes"
        case .unexpectedLine(let text): "unexpected line '\(text)'; expected cram=… and then success=…"
        case .text(let text): "the gateway said '\(text)' where DBN metadata was due"
        case .format(let error): "the stream is not DBN: \(error)"
        case .compression(let error): "the stream cannot be decompressed: \(error)"
        case .metadataTooLong(let bytes):
            "metadata of \(bytes) bytes; expected at most \(LiveSession.metadataByteCountMax)"
        case .truncated(let bytes): "the connection ended \(bytes) bytes into a line or a record"
        case .wrongDataset(let expected, let found): "the stream is of dataset '\(found)'; expected '\(expected)'"
        }
    }
}
