import Security

/// What a session asks of the gateway, besides its subscriptions.
public struct LiveSessionRequest: Equatable, Sendable {
    /// Such as `GLBX.MDP3`: a session has one.
    public var dataset: String
    public var compression: LiveCompression
    /// Seconds after which the gateway says that it has nothing to say, 5 to 1800.
    public var heartbeatInterval: Int
    /// Who we are: letters, digits, blanks and `/.-`.
    public var client: String

    public init(
        dataset: String, compression: LiveCompression = .none, heartbeatInterval: Int = 10,
        client: String = "Levelhead"
    ) {
        self.dataset = dataset
        self.compression = compression
        self.heartbeatInterval = heartbeatInterval
        self.client = client
    }

    /// The line that answers a challenge.
    ///
    /// Records come with their send time (`ts_out=1`). A reader that is slow is warned and loses nothing
    /// (`slow_reader_behavior=warn`): the gateway's default would drop book updates.
    func line(challenge: String, key: LiveKey) -> String {
        "auth=\(Self.response(challenge: challenge, key: key))|dataset=\(dataset)|encoding=dbn|ts_out=1"
            + "|compression=\(compression.rawValue)|heartbeat_interval_s=\(heartbeatInterval)"
            + "|slow_reader_behavior=warn|client=\(client)\n"
    }

    /// SHA-256 of `challenge|key` in hexadecimal, and the key's last five characters, by which the gateway finds it.
    static func response(challenge: String, key: LiveKey) -> String {
        let digest = SHA256Digest(of: Array("\(challenge)|\(key.text)".utf8))
        return digest.hexadecimal + "-" + key.text.suffix(5)
    }
}

public enum LiveCompression: String, Sendable {
    case none
    case zstd
}
