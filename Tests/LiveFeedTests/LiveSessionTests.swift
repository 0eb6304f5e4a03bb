import Compression
import DBN
import Testing
import Units

@testable import LiveFeed

/// What a session made of its bytes.
enum SessionStep: Equatable {
    case challenged(String)
    case accepted(String)
    case refused(String)
    case started(DBNMetadata)
    case record([UInt8], sendTime: UInt64)
    case message(LiveMessage, sendTime: UInt64)
    case skipped(UInt8)
    case failed(LiveSessionError)
}

struct SessionRun {
    var steps: [SessionStep] = []
    var isCompressed = false
    var finish: LiveSessionError?

    /// - Parameter pieces: how many bytes come at once, over and over.
    init(_ bytes: [UInt8], pieces: [Int] = [.max], bufferByteCount: Int = 4_096) {
        var session = LiveSession(bufferByteCount: bufferByteCount)
        var position = 0
        var turn = 0
        while position < bytes.count {
            let room = session.room()
            let count = min(bytes.count - position, pieces[turn % pieces.count], room.count)
            turn += 1
            room.copyBytes(from: bytes[position..<position + count])
            session.added(count)
            position += count
            guard drain(&session) else { return }
        }
        isCompressed = session.isCompressed
        do throws(LiveSessionError) { try session.finish() } catch { finish = error }
    }

    private mutating func drain(_ session: inout LiveSession) -> Bool {
        do throws(LiveSessionError) {
            while true {
                switch try session.next() {
                case .needMore: return true
                case .challenged: steps.append(.challenged(session.challenge))
                case .accepted: steps.append(.accepted(session.sessionID))
                case .refused: steps.append(.refused(session.refusal))
                case .started:
                    if let metadata = session.metadata { steps.append(.started(metadata)) }
                case .record(let record, let time):
                    steps.append(.record(LiveRecord.bytes(record), sendTime: time.nanoseconds))
                case .message(let record, let time):
                    steps.append(.message(LiveMessage(record), sendTime: time.nanoseconds))
                case .skipped(let type): steps.append(.skipped(type))
                }
            }
        } catch {
            steps.append(.failed(error))
            return false
        }
    }
}

@Suite struct LiveSessionTests {
    private static let greeting = Array(
        "lsg_version=0.9.4\ncram=abc123\nsuccess=1|session_id=17\n".utf8)
    private static let greeted: [SessionStep] = [.challenged("abc123"), .accepted("17")]

    struct Shape: CustomTestStringConvertible, Sendable {
        let version: UInt8
        let hasSendTime: Bool
        let compression: String
        var testDescription: String { "version \(version), ts_out \(hasSendTime), \(compression)" }
    }

    private static let shapes = (UInt8(1)...3).flatMap { version in
        [false, true].flatMap { hasSendTime in
            ["plain", "one frame", "a frame each", "skippable frames"].map {
                Shape(version: version, hasSendTime: hasSendTime, compression: $0)
            }
        }
    }

    private static func records() throws -> [[UInt8]] {
        [
            try LiveRecord.system(.subscriptionAcknowledged, "Subscription request 5 for mbp-10 data succeeded"),
            try LiveRecord.mapping(instrument: 7, "ES.c.0", "ESZ6"),
            try LiveRecord.definition(instrument: 7, event: 10, symbol: "ESZ6"),
            LiveRecord.statistic(instrument: 7, event: 20),
            LiveRecord.book(instrument: 7, event: 30),
            LiveRecord.unknown(),
            LiveRecord.book(.trade, instrument: 7, event: 31),
            try LiveRecord.error(.symbolResolutionFailed, "Failed to resolve symbol XX"),
            try LiveRecord.system(.replayCompleted, "Finished mbp-10 replay"),
            LiveRecord.book(instrument: 7, event: 32),
        ]
    }

    /// What a version 3 reader must get: the records in which nothing depends on the version stay as they are.
    private static func expected(_ shape: Shape) throws -> [SessionStep] {
        let stream = LiveStream(version: shape.version, hasSendTime: shape.hasSendTime)
        var metadata = stream.metadata
        metadata.version = 3
        let steps = try records().enumerated().map { index, record -> SessionStep in
            let time = shape.hasSendTime ? 1_000 + UInt64(index) : .max
            switch RecordType(rawValue: record[1]) {
            case .system, .error, .symbolMapping:
                let message = try record.withUnsafeBytes { LiveMessage(RecordView(try #require($0.baseAddress))) }
                return .message(message, sendTime: time)
            case RecordType(rawValue: 0x77): return .skipped(0x77)
            default: return .record(record, sendTime: time)
            }
        }
        return greeted + [.started(metadata)] + lower(steps, shape.version)
    }

    /// Version 1 has no `is_last`.
    private static func lower(_ steps: [SessionStep], _ version: UInt8) -> [SessionStep] {
        version > 1
            ? steps
            : steps.map { step in
                guard case .message(.error(let code, let text, _), let time) = step else { return step }
                return .message(.error(code, text: text, isLast: true), sendTime: time)
            }
    }

    private static func bytes(_ shape: Shape) throws -> [UInt8] {
        let stream = LiveStream(version: shape.version, hasSendTime: shape.hasSendTime)
        let records = try records()
        if shape.compression == "plain" { return try greeting + stream.bytes(records) }
        var compressor = try ZstdCompressor()
        var output = greeting
        let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        if shape.compression == "skippable frames" { output += skippable }
        let parts =
            try [stream.bytes([])]
            + records.enumerated().map { try stream.records([$1], firstSendTime: 1_000 + UInt64($0)) }
        for part in parts {
            try part.withUnsafeBytes { try compressor.compress($0, into: &output) }
            if shape.compression == "one frame" {
                try compressor.flush(into: &output)
            } else {
                try compressor.finish(into: &output)
            }
            if shape.compression == "skippable frames" { output += skippable }
        }
        if shape.compression == "one frame" { try compressor.finish(into: &output) }
        return output
    }

    @Test(arguments: shapes)
    func `a session gives the same in every shape and split`(shape: Shape) throws {
        let bytes = try Self.bytes(shape)
        let expected = try Self.expected(shape)
        for pieces in [[Int.max], [1], [7], [1, 2, 3, 5, 64, 9], [100, 1]] {
            let run = SessionRun(bytes, pieces: pieces)
            #expect(run.steps == expected, "in pieces of \(pieces)")
            #expect(run.finish == nil, "in pieces of \(pieces)")
            #expect(run.isCompressed == (shape.compression != "plain"))
        }
    }

    @Test func `every split in two gives the same`() throws {
        let shape = Shape(version: 1, hasSendTime: true, compression: "plain")
        let bytes = try Self.bytes(shape)
        let expected = try Self.expected(shape)
        for split in 1..<bytes.count {
            let run = SessionRun(bytes, pieces: [split, .max], bufferByteCount: 256)
            #expect(run.steps == expected, "split at \(split)")
        }
    }

    @Test func `every split of a compressed session gives the same`() throws {
        let shape = Shape(version: 3, hasSendTime: true, compression: "skippable frames")
        let bytes = try Self.bytes(shape)
        let expected = try Self.expected(shape)
        for split in 1..<bytes.count {
            let run = SessionRun(bytes, pieces: [split, .max], bufferByteCount: 256)
            #expect(run.steps == expected, "split at \(split)")
        }
    }

    @Test func `a stream that ends anywhere ends inside of something, or between records`() throws {
        let bytes = try Self.bytes(Shape(version: 3, hasSendTime: true, compression: "plain"))
        let whole = SessionRun(bytes).steps
        var cleanEnds = 0
        for count in 1..<bytes.count {
            let run = SessionRun(Array(bytes.prefix(count)))
            #expect(whole.starts(with: run.steps), "cut at \(count)")
            if run.finish == nil { cleanEnds += 1 }
        }
        // Behind three lines, the metadata and each record but the last.
        #expect(cleanEnds == 3 + 1 + 9)
    }

    // MARK: Handshake

    @Test func `unknown lines before the challenge and unknown fields are passed over`() {
        let text = "lsg_version=1.0|new=x\nwelcome\n\nnew=1|cram=xyz|more=2\r\nnew=2|success=1|session_id=a-b\n"
        #expect(SessionRun(Array(text.utf8), pieces: [3]).steps == [.challenged("xyz"), .accepted("a-b")])
    }

    @Test func `a refusal is the end`() {
        let text = "lsg_version=1\ncram=x\nsuccess=0|error=Authentication failed.\nDBN"
        let run = SessionRun(Array(text.utf8))
        #expect(run.steps == [.challenged("x"), .refused("Authentication failed.")])
    }

    @Test(arguments: ["lsg_version=1\ncram=\n", "cram=x\nhello\n"])
    func `lines that say nothing are errors`(text: String) {
        let steps = SessionRun(Array(text.utf8)).steps
        guard case .failed(.unexpectedLine) = steps.last else {
            Issue.record("\(steps)")
            return
        }
    }

    @Test func `a line without an end is an error, a long one is not`() {
        let long = Array("lsg_version=\(String(repeating: "1", count: 60_000))\ncram=x\n".utf8)
        #expect(SessionRun(long, pieces: [1_000]).steps == [.challenged("x")])
        let endless = [UInt8](repeating: 0x61, count: 80 << 10)
        #expect(SessionRun(endless, pieces: [1_000]).steps == [.failed(.lineTooLong)])
        #expect(SessionRun(endless, bufferByteCount: 256 << 10).steps == [.failed(.lineTooLong)])
    }

    // MARK: Wrong streams

    private static func afterGreeting(_ bytes: [UInt8]) -> SessionStep? {
        SessionRun(greeting + bytes, pieces: [5]).steps.dropFirst(2).last
    }

    @Test func `text in place of the stream is quoted`() {
        let step = Self.afterGreeting(Array("error=Unknown subscription param 'x'\n".utf8))
        // Of a text that comes in pieces only the beginning is there.
        guard case .failed(.text(let text)) = step else {
            Issue.record("\(String(describing: step))")
            return
        }
        #expect("error=Unknown subscription param 'x'".hasPrefix(text) || text.hasPrefix("Unknown"))
        let whole = SessionRun(Self.greeting + Array("error=Invalid symbol\n".utf8)).steps.last
        #expect(whole == .failed(.text("Invalid symbol")))
    }

    @Test func `what is not DBN is an error`() throws {
        #expect(Self.afterGreeting([1, 2, 3, 4, 5, 6, 7, 8]) == .failed(.format(.notDBN(firstBytes: [1, 2, 3, 4]))))
        var bytes = try LiveStream().bytes([])
        bytes[3] = 4
        #expect(Self.afterGreeting(bytes) == .failed(.format(.unsupportedVersion(4))))
        bytes[3] = 3
        LiveRecord.put(UInt32(400 << 20), &bytes, 4)
        #expect(Self.afterGreeting(bytes) == .failed(.metadataTooLong(400 << 20 + 8)))
    }

    @Test(arguments: [0, 1, 3])
    func `a record shorter than its header is an error`(words: UInt8) throws {
        var record = LiveRecord.book(event: 1)
        record[0] = words
        let stream = LiveStream(hasSendTime: false)
        let bytes = try stream.bytes([LiveRecord.book(event: 1)]) + record
        guard case .failed(.format(.recordTooShort(_, 0x0A, Int(words) * 4, _))) = Self.afterGreeting(bytes) else {
            Issue.record("\(String(describing: Self.afterGreeting(bytes)))")
            return
        }
    }

    @Test func `a compressed stream that is damaged is an error`() throws {
        var bytes = try Self.bytes(Shape(version: 3, hasSendTime: true, compression: "one frame"))
        bytes[Self.greeting.count + 40] ^= 0xFF
        guard case .failed = SessionRun(bytes).steps.last else {
            Issue.record("\(SessionRun(bytes).steps)")
            return
        }
    }

    @Test func `metadata larger than the buffer is taken`() throws {
        var metadata = LiveStream().metadata
        metadata.symbols = (0..<100).map { "SYMBOL\($0)" }
        var bytes = Self.greeting
        try DBNEncoder(hasSendTime: true).encode(metadata, into: &bytes)
        #expect(bytes.count > 7_000)
        #expect(SessionRun(bytes, pieces: [99], bufferByteCount: 512).steps.last == .started(metadata))
    }

    // MARK: Messages

    @Test(
        arguments: [
            (0, "Heartbeat", LiveMessage.heartbeat),
            (
                1, "Subscription request 12 for ohlcv-1s data succeeded",
                .acknowledged(subscription: 12, schema: .ohlcv1s)
            ),
            (1, "fine", .acknowledged(subscription: nil, schema: nil)),
            (2, "Warning: slow reading, not keeping pace with cbbo-1s data", .slowReader(schema: .cbbo1s)),
            (3, "Finished mbp-10 replay", .replayCompleted(schema: .mbp10)),
            (
                4, "End of interval for bbo-1s",
                .endOfInterval(schema: .bbo1s, end: Timestamp(nanoseconds: 9))
            ),
            (5, "bye", .unsubscribed),
            (77, "new", .other(code: SystemCode(rawValue: 77), text: "new")),
        ] as [(UInt8, String, LiveMessage)])
    func `system messages are understood`(code: UInt8, text: String, message: LiveMessage) throws {
        let record = try LiveRecord.system(SystemCode(rawValue: code), text)
        let found = try record.withUnsafeBytes { LiveMessage(RecordView(try #require($0.baseAddress))) }
        #expect(found == message)
    }
}
