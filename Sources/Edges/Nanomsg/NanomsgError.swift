@preconcurrency import CNanomsg
import Glibc

/// A call of nanomsg that failed.
public struct NanomsgError: Error, Equatable, Sendable {
    /// The C name of the call.
    public let call: String
    /// The endpoint it was about; empty when the socket had none yet.
    public let endpoint: String
    public let code: Int32
    /// The library's words for `code`.
    public let reason: String

    /// The failure of the call just made: read before any other call.
    static func last(_ call: StaticString, _ endpoint: String) -> NanomsgError {
        let code = nn_errno()
        let reason = nn_strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return NanomsgError(call: "\(call)", endpoint: endpoint, code: code, reason: reason)
    }

    static func readOnly(_ call: StaticString, _ endpoint: String) -> NanomsgError {
        NanomsgError(call: "\(call)", endpoint: endpoint, code: EROFS, reason: "Read-only file system")
    }

    /// A living process has the endpoint.
    public var isAddressInUse: Bool { code == EADDRINUSE }
}

extension NanomsgError: CustomStringConvertible {
    public var description: String {
        endpoint.isEmpty ? "\(reason) (\(call))" : "\(endpoint): \(reason) (\(call))"
    }
}
