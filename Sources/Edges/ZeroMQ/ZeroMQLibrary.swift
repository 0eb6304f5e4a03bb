import CZeroMQ

/// The ZeroMQ library in use. Apart from nanomsg's module: `zmq.h` and `nn.h` both define `EFSM` and `ETERM`, and one
/// Swift module cannot import both.
public enum ZeroMQLibrary {
    /// `zmq_version`.
    public static var version: String {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}
