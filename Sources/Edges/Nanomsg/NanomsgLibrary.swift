import CNanomsg

/// The nanomsg library in use. Apart from ZeroMQ's module: `zmq.h` and `nn.h` both define `EFSM` and `ETERM`, and one
/// Swift module cannot import both.
public enum NanomsgLibrary {
    /// Version of the binary interface that this program was built for. nanomsg tells its release number nowhere.
    public static var interfaceVersion: String {
        "\(NN_VERSION_CURRENT).\(NN_VERSION_REVISION).\(NN_VERSION_AGE)"
    }

    /// Whether a survey socket, the one that control commands use, can be made.
    public static func canSurvey() -> Bool {
        let socket = nn_socket(AF_SP, LH_NN_SURVEYOR)
        guard socket >= 0 else { return false }
        return nn_close(socket) == 0
    }
}
