import DBN
import Foundation
@testable import Network
import Platform
import Synchronization
import Testing
import Units

@testable import LiveFeed

/// A gateway on this machine that plays one script for each connection that comes, in order, and then ends. Every wait
/// is bounded.
final class ScriptedGateway: Sendable {
    typealias Script = @Sendable (GatewaySide) throws -> Void

    let port: UInt16
    private let listener: TCPListener
    private let done = DispatchSemaphore(value: 0)
    private let problems = Mutex<[String]>([])
    /// The lines of each connection, without their ends.
    private let lines = Mutex<[[String]]>([])

    init(_ scripts: [Script]) throws {
        let listener = try TCPListener(port: 0)
        self.listener = listener
        port = listener.port
        Thread.detachNewThread { [self] in
            for (index, script) in scripts.enumerated() {
                do {
                    guard let connection = try listener.accept(timeout: .seconds(5)) else {
                        note("connection \(index) did not come")
                        break
                    }
                    let side = GatewaySide(connection)
                    lines.withLock { $0.append([]) }
                    defer { lines.withLock { $0[index] = side.lines } }
                    try script(side)
                } catch {
                    note("connection \(index): \(error)")
                }
            }
            done.signal()
        }
    }

    private func note(_ problem: String) { problems.withLock { $0.append(problem) } }

    /// The lines that came, by connection, when all scripts have been played.
    func finish() throws -> [[String]] {
        #expect(done.wait(timeout: .now() + 10) == .success, "the gateway has not ended")
        #expect(problems.withLock { $0 } == [])
        return lines.withLock { $0 }
    }
}

/// The gateway's end of one connection. Used by its thread alone.
final class GatewaySide {
    private var connection: TCPConnection?
    private var pending: [UInt8] = []
    private(set) var lines: [String] = []

    struct Problem: Error, CustomStringConvertible { let description: String }

    init(_ connection: TCPConnection) { self.connection = connection }

    /// The client's next line; nil when it has closed.
    func line() throws -> String? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                lines.append(line)
                return line
            }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let room = { (buffer: UnsafeMutableRawBufferPointer) in
                try self.connection?.read(into: buffer, timeout: .seconds(5))
            }
            guard let arrival = try bytes.withUnsafeMutableBytes(room) else { return nil }
            switch arrival {
            case .bytes(let count): pending += bytes.prefix(count)
            case .end: return nil
            case .nothing: throw Problem(description: "the client said nothing for 5 s")
            }
        }
    }

    func send(_ text: String) throws { try connection?.write(text, timeout: .seconds(5)) }

    func send(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try connection?.write($0, timeout: .seconds(5)) }
    }

    /// Byte by byte, each in a segment of its own as far as the system allows.
    func trickle(_ bytes: [UInt8]) throws {
        for byte in bytes { try send([byte]) }
    }

    /// Greets, takes the answer and says yes.
    func accept(session: Int = 1) throws {
        try challenge()
        try send("success=1|session_id=\(session)\n")
    }

    func challenge() throws {
        try send("lsg_version=0.9.4\n")
        try send("cram=t7kNhwj4xqR0QYjzFKtBEG2ec2pXJ4FK\n")
        guard let line = try line(), line.hasPrefix("auth=") else {
            throw Problem(description: "no answer to the challenge")
        }
    }

    /// Reads to the start of the session.
    @discardableResult
    func subscriptions() throws -> [GatewayLine] {
        var found: [GatewayLine] = []
        while let text = try line() {
            if text.hasPrefix("start_session") { return found }
            found.append(GatewayLine(Array(text.utf8)))
        }
        throw Problem(description: "the client closed before it started")
    }

    /// Accepts, reads the subscriptions and begins a stream.
    @discardableResult
    func begin(_ stream: LiveStream = LiveStream(), _ records: [[UInt8]] = []) throws -> [GatewayLine] {
        try accept()
        let lines = try subscriptions()
        try send(try stream.bytes(records))
        return lines
    }

    func send(_ records: [[UInt8]], _ stream: LiveStream = LiveStream()) throws {
        try send(try stream.records(records))
    }

    /// Closes with FIN, nothing lost.
    func close() { connection = nil }

    /// Closes with RST.
    func reset() {
        connection?.resetWhenClosed()
        connection = nil
    }

    /// Waits until the client has closed.
    func waitForEnd() throws {
        do { while try line() != nil {} } catch let error as SystemCallError where error.code == ECONNRESET {}
    }
}

/// Everything that a feed gave, in order.
struct FeedRecorder: LiveFeedSink {
    enum Entry: Equatable {
        case record([UInt8])
        case event(FeedEvent)
    }

    var entries: [Entry] = []
    /// What a tape would hold.
    var tape: [LedgerRun.TapeEntry] = []
    var marks: [FeedMark] = []
    var sendTimes: [Timestamp] = []
    var receiveTimes: [Timestamp] = []

    mutating func record(_ record: RecordView, sendTime: Timestamp, receiveTime: Timestamp) {
        entries.append(.record(LiveRecord.bytes(record)))
        tape.append(.record(LiveRecord.bytes(record)))
        sendTimes.append(sendTime)
        receiveTimes.append(receiveTime)
    }

    mutating func event(_ event: FeedEvent, mark: FeedMark?) {
        entries.append(.event(event))
        guard let mark else { return }
        marks.append(mark)
        tape.append(.mark(mark))
    }

    /// The ledger that the tape makes.
    var ledger: ReplayLedger { ReplayLedger(tape: tape[...]) }

    var records: [[UInt8]] {
        entries.compactMap { entry in
            guard case .record(let bytes) = entry else { return nil }
            return bytes
        }
    }

    var events: [FeedEvent] {
        entries.compactMap { entry in
            guard case .event(let event) = entry else { return nil }
            return event
        }
    }

    var holes: [FeedHole] {
        events.compactMap { event in
            guard case .hole(let hole) = event else { return nil }
            return hole
        }
    }

    var failures: [FeedFailure] {
        events.compactMap { event in
            guard case .disconnected(let failure) = event else { return nil }
            return failure
        }
    }

    var delays: [Nanoseconds] {
        events.compactMap { event in
            guard case .reconnecting(_, let delay) = event else { return nil }
            return delay
        }
    }

    var lives: Int {
        events.count { event in
            guard case .live = event else { return false }
            return true
        }
    }
}

enum TestFeed {
    static let start = Timestamp(nanoseconds: MarketLog.start)

    static var timing: LiveTiming {
        var timing = LiveTiming()
        timing.connect = .seconds(2)
        timing.authentication = .seconds(2)
        timing.backOffMin = .milliseconds(2)
        timing.backOffMax = .milliseconds(8)
        timing.silence = .seconds(3)
        return timing
    }

    static func make(
        port: UInt16, _ subscriptions: [LiveSubscription]? = nil, ledger: ReplayLedger = ReplayLedger(),
        timing: LiveTiming = timing, clock: LiveClock = .system,
        sessionStart: (@Sendable (Timestamp) -> Timestamp)? = nil
    ) throws -> LiveFeed {
        let address = GatewayAddress(host: "127.0.0.1", port: port)
        var configuration = LiveFeedConfiguration(
            address: address, request: LiveSessionRequest(dataset: "GLBX.MDP3"), seed: 7)
        configuration.timing = timing
        configuration.sessionStart = sessionStart
        let wanted =
            try subscriptions
            ?? [LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6"]), start: start)]
        return try LiveFeed(
            configuration, key: try LiveKey(TestKey.text, for: address), subscriptions: wanted, ledger: ledger,
            clock: clock)
    }

    /// Runs the feed until `isDone`, at most ten seconds.
    static func run(
        _ feed: inout LiveFeed, _ recorder: inout FeedRecorder, upTo limit: Timestamp = .undefined,
        until isDone: (borrowing LiveFeed, FeedRecorder) -> Bool
    ) {
        let end = MonotonicClock.now() + .seconds(10)
        while !isDone(feed, recorder) {
            guard MonotonicClock.now() < end else {
                Issue.record("the feed did not come so far: \(recorder.events)")
                return
            }
            feed.receive(timeout: .milliseconds(20), upTo: limit, into: &recorder)
        }
    }
}
