import DBN
import Units

/// One client of the gateway: a state machine from the bytes it sends to the bytes it gets. It reads no socket, no tape
/// and no clock; who drives it brings all three.
///
///     connecting ── auth line ──> subscribing ── start_session ──> streaming ──> closed
///          └──────── refusal ────────────────────────────────────────────────────┘
public struct GatewaySession: ~Copyable {
    public enum Phase: Equatable, Sendable {
        case connecting, subscribing, streaming
        /// Nothing more will be said; what is in `output` still goes out.
        case closed
    }

    /// What sessions of one gateway share.
    public struct Configuration: Sendable {
        public let key: GatewayKey
        public let tape: ServedTape
        /// Tell clients of symbols that stand for nothing (ErrorMsg 4).
        public let reportsUnresolved: Bool

        public init(key: GatewayKey, tape: ServedTape, reportsUnresolved: Bool = true) {
            self.key = key
            self.tape = tape
            self.reportsUnresolved = reportsUnresolved
        }
    }

    /// What is sent first. C++ wants it to arrive alone and whole.
    public static let greeting = "lsg_version=0.9.4\n"

    public internal(set) var phase = Phase.connecting
    /// What the client is to be sent next: take it, then clear it.
    public var output: [UInt8] = []
    /// Lines for the gateway's log.
    public var notes: [String] = []
    /// The dataset of an authenticated client.
    public private(set) var dataset: ServedTape.Dataset?
    /// How long the client may be sent nothing.
    public private(set) var heartbeatInterval = AuthenticationRequest.defaultHeartbeat
    /// What is being served; see `GatewaySession+Streaming`.
    var subscriptions: [Subscription] = []
    /// By schema number.
    var bySchema = [[Subscription]](repeating: [], count: Schema.known.count)
    var stream: LiveStream?
    /// Whether the subscriptions of before the start are served.
    private(set) var isStarted = false

    let configuration: Configuration
    private let challenge: String
    private let sessionID: UInt64
    private var lines = LineSplitter()
    private var assembly = SubscriptionAssembly()
    /// Whole subscriptions that wait for the start.
    private var pending: [SubscriptionRequest] = []
    /// What was wrong with one of them: the client can be told only in the stream.
    private var pendingRefusal: Refusal?
    private var authentication: AuthenticationRequest?

    /// - Parameters:
    ///   - challenge: 32 letters and digits that nobody can foresee.
    ///   - sessionID: goes to the client.
    public init(_ configuration: Configuration, challenge: String, sessionID: UInt64) {
        self.configuration = configuration
        self.challenge = challenge
        self.sessionID = sessionID
    }

    /// What is sent after the greeting.
    public var challengeLine: String { "cram=\(challenge)\n" }

    /// Takes what the client sent.
    /// - Parameters:
    ///   - now: the time of day, for messages.
    ///   - instant: where the tape is, for what begins now.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, now: Timestamp, at instant: TapeInstant) throws {
        lines.append(bytes)
        while phase != .closed, let line = lines.next() { try take(ControlLine(line), now, instant) }
        if phase != .closed, lines.isOverfull {
            try turnAway(Refusal("A line has more than \(LineSplitter.lineBytesMax) bytes."), now)
        }
    }

    private mutating func take(_ line: ControlLine, _ now: Timestamp, _ instant: TapeInstant) throws {
        switch phase {
        case .closed: break
        case .connecting: try authenticate(line, now)
        case .subscribing where line.firstKey == "start_session": try start(now, instant)
        case .subscribing, .streaming:
            if ["schema", "symbols", "stype_in"].contains(where: { line[$0] != nil }) {
                try subscribe(line, now, instant)
            } else {
                let keys = line.fields.map(\.key).joined(separator: " ")
                notes.append("ignored a line of: \(Refusal(keys).text)")
            }
        }
    }

    private mutating func authenticate(_ line: ControlLine, _ now: Timestamp) throws {
        do throws(Refusal) {
            let request = try AuthenticationRequest(
                line, key: configuration.key, challenge: challenge, datasets: configuration.tape.names)
            dataset = configuration.tape.dataset(request.dataset)
            heartbeatInterval = request.heartbeatInterval
            authentication = request
            phase = .subscribing
            output += Array("success=1|session_id=\(sessionID)\n".utf8)
            notes.append("authenticated, \(request.summary)")
        } catch {
            try turnAway(error, now)
        }
    }

    private mutating func subscribe(_ line: ControlLine, _ now: Timestamp, _ instant: TapeInstant) throws {
        do throws(Refusal) {
            let piece = try SubscriptionRequest(line)
            let isLast = line["is_last"] != "0"
            guard let whole = assembly.add(piece, isLast: isLast) else { return }
            pending.append(whole)
        } catch {
            if pendingRefusal == nil { pendingRefusal = error }
        }
        if phase == .streaming { try servePending(now, instant) }
    }

    private mutating func start(_ now: Timestamp, _ instant: TapeInstant) throws {
        guard let dataset, let authentication else { return }
        pending += assembly.takeUnfinished()
        let begin = pending.compactMap(\.start).min()
        let stream = try LiveStream(
            hasSendTime: authentication.hasSendTime, isCompressed: authentication.isCompressed)
        // As it was asked for: a later one would say that something is missing. All there is begins with the tape.
        let start = begin.map { $0.nanoseconds == 0 ? dataset.firstTime : $0 } ?? Timestamp(nanoseconds: instant.time)
        try stream.append(
            DBNMetadata(
                dataset: dataset.name, schema: nil, start: start, stypeIn: nil, stypeOut: .instrumentID,
                hasSendTime: authentication.hasSendTime))
        self.stream = stream
        phase = .streaming
        try servePending(now, instant)
        isStarted = true
    }

    /// Answers subscriptions in the stream, in the order they came.
    private mutating func servePending(_ now: Timestamp, _ instant: TapeInstant) throws {
        for request in pending { try serve(request, now, instant) }
        pending = []
        if let refusal = pendingRefusal { try turnAway(refusal, now) }
    }

    /// Tells the client why and says no more: in the stream, once there is one.
    private mutating func turnAway(_ refusal: Refusal, _ now: Timestamp) throws {
        notes.append("refused: \(refusal.text)")
        switch phase {
        case .connecting: output += Array("success=0|error=\(refusal.text)\n".utf8)
        case .streaming: try stream?.append(.invalidSubscription, refusal.text, at: now)
        case .subscribing, .closed: break
        }
        try close()
    }
}
