import CZeroMQ
import Platform

/// What went wrong with a socket, naming the endpoint.
public enum ZeroMQError: Error, Equatable, Sendable {
    /// A call of the library failed with this `zmq_errno`.
    case call(String, endpoint: String, code: Int32)
    /// A text that is no endpoint of ours.
    case malformed(endpoint: String)
    /// A Unix socket's path is longer than the system allows.
    case pathTooLong(path: String, byteCount: Int)
    /// A TCP endpoint other than loopback without CURVE keys.
    case unprotected(endpoint: String)
    /// Another process, or another part of this one, has bound the path. The pid is nil while the holder is just
    /// writing it.
    case inUse(path: String, pid: Int?)
    case file(SystemCallError)
    /// Keys that are not 32 bytes in Z85, 40 characters.
    case malformedKey(String)
}

extension ZeroMQError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .call(let call, let endpoint, let code):
            "\(endpoint): \(String(cString: zmq_strerror(code))) (\(call))"
        case .malformed(let endpoint):
            "\(endpoint): expected ipc:///PATH, tcp://ADDRESS:PORT or inproc://NAME"
        case .pathTooLong(let path, let byteCount):
            "\(path): \(byteCount) bytes; the path of a socket has at most \(ZeroMQEndpoint.pathByteCountMax): "
                + "choose a shorter directory"
        case .unprotected(let endpoint):
            "\(endpoint): only loopback (127.0.0.1) without CURVE keys"
        case .inUse(let path, let pid):
            "\(path): bound by process \(pid.map(String.init) ?? "unknown")"
        case .file(let error): error.description
        case .malformedKey(let name): "\(name): expected a CURVE key of 40 characters (Z85)"
        }
    }
}
