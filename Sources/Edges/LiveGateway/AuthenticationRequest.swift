import Units

/// What a client says of itself in its first line.
struct AuthenticationRequest: Equatable {
    let dataset: String
    /// Every record ends with the time it was sent.
    let hasSendTime: Bool
    let isCompressed: Bool
    /// How long the stream may be silent.
    let heartbeatInterval: Nanoseconds
    /// What the client calls itself; for the log.
    let client: String

    /// For the log.
    var summary: String {
        "\(dataset), \(isCompressed ? "zstd" : "plain"), ts_out \(hasSendTime ? 1 : 0), client \(Refusal(client).text)"
    }

    static let defaultHeartbeat = Nanoseconds.seconds(30)
    private static let heartbeatSeconds: ClosedRange<Int64> = 5...1_800

    /// Checks the answer to the challenge before anything else, so that strangers learn nothing.
    /// - Throws: what to answer with.
    init(_ line: ControlLine, key: GatewayKey, challenge: String, datasets: [String]) throws(Refusal) {
        guard let answer = line["auth"], key.verifies(answer, to: challenge) else {
            throw Refusal("Authentication failed.")
        }
        guard let dataset = line["dataset"] else { throw Refusal("No dataset was given.") }
        guard datasets.contains(dataset) else {
            throw Refusal("Dataset \(dataset) is not on this tape, which holds \(datasets.joined(separator: ", ")).")
        }
        guard line["encoding"] ?? "dbn" == "dbn" else { throw Refusal("Only encoding=dbn is served.") }
        let compression = line["compression"] ?? "none"
        guard ["none", "zstd"].contains(compression) else { throw Refusal("compression is none or zstd.") }
        let sendTime = line["ts_out"] ?? "0"
        guard ["0", "1"].contains(sendTime) else { throw Refusal("ts_out is 0 or 1.") }
        self.dataset = dataset
        hasSendTime = sendTime == "1"
        isCompressed = compression == "zstd"
        client = line["client"] ?? "-"
        heartbeatInterval = try Self.heartbeat(line["heartbeat_interval_s"])
    }

    private static func heartbeat(_ text: String?) throws(Refusal) -> Nanoseconds {
        guard let text else { return defaultHeartbeat }
        guard let seconds = Int64(text), heartbeatSeconds.contains(seconds) else {
            let (least, most) = (heartbeatSeconds.lowerBound, heartbeatSeconds.upperBound)
            throw Refusal("heartbeat_interval_s is a whole number from \(least) to \(most).")
        }
        return .seconds(seconds)
    }
}

/// Why a client is turned away, as it is told.
struct Refusal: Error, Equatable {
    let text: String

    /// Keeps to what a value of a control line can hold: what the client sent may be in the text.
    init(_ text: String) {
        let scalars = text.unicodeScalars.map { scalar in
            scalar.value >= 0x20 && scalar.value < 0x7F && scalar != "|" ? Character(scalar) : "?"
        }
        self.text = String(scalars.prefix(200))
    }
}
