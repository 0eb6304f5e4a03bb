@preconcurrency import Glibc
import DBN
import Network
import Platform
import Tape
import Units

/// One client's socket, and the walk over the tape that feeds it.
struct SessionThread: ~Copyable {
    private let gateway: LiveGateway
    private let connection: TCPConnection
    private let clock: TapeClock
    private let log: (String) -> Void
    private var session: GatewaySession
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// ns of the tape: the latest record that was walked past.
    private var walked: UInt64 = 0
    private var lastSent = Nanoseconds.zero
    private var sentBytes = 0
    /// The client has gone.
    private var isGone = false

    /// Bytes of records that leave together.
    private static let batchBytes = 64 << 10
    /// Records walked past before the socket and the clock are looked at.
    private static let batchRecords = 4_096
    /// A client may stop reading for as long as it likes.
    private static let writeTimeout = Nanoseconds.hours(24)
    private static let authenticationTimeout = Nanoseconds.seconds(60)
    /// µs between a client's start and the first that it gets, as if we were some way off: the official Python client
    /// begins to listen a moment after it has asked for the start, and drops what is there before.
    private static let distance: UInt32 = 50_000

    init(
        _ gateway: LiveGateway, _ number: UInt64, _ connection: TCPConnection, _ clock: TapeClock,
        log: @escaping (String) -> Void
    ) {
        self.gateway = gateway
        self.connection = connection
        self.clock = clock
        self.log = log
        session = GatewaySession(gateway.configuration, challenge: Self.newChallenge(), sessionID: number)
    }

    deinit { input.deallocate() }

    /// Serves the client until it goes, the tape ends or the gateway stops.
    mutating func run() {
        log("\(connection.peer) connected")
        do {
            try greet()
            if session.phase == .streaming { try stream() }
            try finish()
            log("closed after \(sentBytes) bytes")
        } catch let error as SystemCallError {
            log("gone: \(error.reason) (\(error.call)) after \(sentBytes) bytes")
        } catch {
            log("failed: \(error)")
            // The client is told that it was our fault; more cannot be done.
            try? session.fail(now: WallClock.now())
            try? finish()
        }
    }

    private mutating func greet() throws {
        try connection.write(GatewaySession.greeting, timeout: Self.writeTimeout)
        try connection.write(session.challengeLine, timeout: Self.writeTimeout)
        let deadline = MonotonicClock.now() + Self.authenticationTimeout
        while session.phase == .connecting || session.phase == .subscribing, !isOver {
            if session.phase == .connecting, MonotonicClock.now() > deadline { return }
            try listen(for: LiveGateway.patience)
            try send()
        }
    }

    private mutating func stream() throws {
        clock.start(at: MonotonicClock.now())
        try send()
        while session.subscriptions.isEmpty, !isOver { try idle() }
        if gateway.playback.isShared {
            try walk(for: .everyone, clock)
        } else {
            if session.hasReplay { try walk(for: .replay, TapeClock(begin: 0, speed: nil)) }
            while gateway.playback.stays, !session.hasLive, !isOver { try idle() }
            if session.hasLive { try walk(for: .live, liveClock()) }
        }
        while gateway.playback.stays, !isOver { try idle() }
    }

    /// The replay's time is no time of the live day: that begins now.
    private func liveClock() -> TapeClock {
        let own = TapeClock(begin: clock.begin, speed: clock.speed)
        own.start(at: MonotonicClock.now())
        return own
    }

    /// Goes over the tape from its beginning and sends what is due by `clock`; says when replays are over.
    private mutating func walk(for audience: GatewaySession.Audience, _ clock: TapeClock) throws {
        guard let dataset = session.dataset else { return }
        var tape = try MergedTape.open(dataset.paths, keepsTrades: true)
        let served = tape.sources.map { ServedSchema(file: $0.metadata?.schema) }
        var isReplaying = audience != .live && session.hasReplay
        var now = WallClock.now()
        var count = 0
        // What the clock showed last.
        var reached: UInt64 = 0
        while !isOver, let record = try tape.next() {
            guard let schema = served[tape.currentSource].of(record.type) else { continue }
            let time = record.receiveTime.nanoseconds
            if time > reached {
                if clock.wait(until: time, at: MonotonicClock.now()) > .zero {
                    if isReplaying { try session.finishReplay(now: WallClock.now()) }
                    isReplaying = false
                    try wait(until: time, clock)
                }
                reached = clock.position(at: MonotonicClock.now())
                now = WallClock.now()
            }
            if audience != .replay, time != .max { walked = max(walked, time) }
            try session.offer(record, as: schema, to: audience, now: now)
            count += 1
            if count == Self.batchRecords || session.waitingByteCount >= Self.batchBytes {
                try endBatch()
                count = 0
                now = WallClock.now()
            }
        }
        if isReplaying, !isOver { try session.finishReplay(now: WallClock.now()) }
        try send()
    }
}

extension SessionThread {
    /// Nothing more is to be sent.
    private var isOver: Bool { isGone || gateway.isStopping || session.phase == .closed }

    /// Sends what there is, hears the client, keeps it awake.
    private mutating func endBatch() throws {
        try send()
        try listen(for: .zero)
        try beatIfSilent()
    }

    /// Sends what there is and waits until a record of this time is due.
    private mutating func wait(until time: UInt64, _ clock: TapeClock) throws {
        try send()
        while !isOver {
            let left = clock.wait(until: time, at: MonotonicClock.now())
            if left <= .zero { return }
            try listen(for: min(left, LiveGateway.patience))
            try beatIfSilent()
        }
    }

    /// Waits for the client, while there is nothing to send.
    private mutating func idle() throws {
        try listen(for: LiveGateway.patience)
        try beatIfSilent()
    }

    private mutating func beatIfSilent() throws {
        guard MonotonicClock.now() - lastSent >= session.heartbeatInterval else { return }
        try session.heartbeat(now: WallClock.now())
        try send()
    }

    /// Takes what the client sends within `timeout`.
    private mutating func listen(for timeout: Nanoseconds) throws {
        switch try connection.read(into: input, timeout: timeout) {
        case .nothing: return
        case .end: isGone = true
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: input[..<count])
            let hadStarted = session.phase == .streaming
            try session.receive(bytes, now: WallClock.now(), at: instant)
            for note in session.notes { log(note) }
            session.notes = []
            guard session.phase == .streaming else { return }
            if !hadStarted { usleep(Self.distance) }
            try send()
        }
    }

    private mutating func send() throws {
        try session.flush()
        guard !session.output.isEmpty else { return }
        try session.output.withUnsafeBytes { try connection.write($0, timeout: Self.writeTimeout) }
        sentBytes += session.output.count
        session.output.removeAll(keepingCapacity: true)
        lastSent = MonotonicClock.now()
    }

    /// Where the tape is for what begins now.
    private var instant: TapeInstant {
        let from = gateway.playback.from ?? 0
        if gateway.playback.isShared, clock.isStarted {
            let position = clock.position(at: MonotonicClock.now())
            return TapeInstant(time: position, liveBegin: position)
        }
        return TapeInstant(time: max(clock.begin, walked), liveBegin: from)
    }

    /// Ends the stream and our side of the connection, and lets the client read to the end of both.
    private mutating func finish() throws {
        guard !isGone else { return }
        try session.close()
        try send()
        connection.finishWriting()
        // A socket that closes with unread input resets, and what the client has not read yet would be lost. Nobody
        // holds a thread for longer than a client takes to see the end.
        let end = MonotonicClock.now() + .seconds(30)
        while !isGone, !gateway.isStopping, MonotonicClock.now() < end {
            switch try connection.read(into: input, timeout: LiveGateway.patience) {
            case .end: isGone = true
            case .bytes, .nothing: break
            }
        }
    }

    private static func newChallenge() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<32).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}
