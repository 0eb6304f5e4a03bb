import Platform
import Units

/// The body of a response that has no end of its own.
public final class HTTPStream: Sendable {
    private let connection: TCPConnection
    private let patience: Nanoseconds

    init(_ connection: TCPConnection, patience: Nanoseconds) {
        self.connection = connection
        self.patience = patience
        connection.keepLittleUnsent()
    }

    /// Waits until the system has taken every byte, and throws `ETIMEDOUT` when the client reads too little for that.
    /// What the client has not read yet is little, so that one who reads again after a pause soon has what is new.
    public func write(_ bytes: [UInt8]) throws(SystemCallError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemCallError) in
            try connection.write(raw, timeout: patience)
        }
    }
}
