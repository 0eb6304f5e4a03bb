import CHeapCount
import Determinism
import Features
import Foundation
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Streams

/// Tables of strikes: as frames, in a ring, and over real sockets.
@Suite struct StrikeTableTests {
    private static let stamp = FrameStamp(ringSequence: 7, eventTime: 8, receiveTime: 8, publishTime: 9, quality: 3)
    private static let topic = StreamTopic.strikes("ES")

    private static func writer() -> FrameWriter { FrameWriter(topic: topic, kind: .strikes, run: 5) }

    /// A strike of which everything is known.
    private static func strike(_ points: Double, members: Int = 2, seed: UInt64 = 1) -> OptionStrike {
        var random = SeededGenerator(seed: seed)
        var strike = OptionStrike(strike: Int64(points * 1e9), points: points)
        strike.members = members
        (strike.callInterest, strike.putInterest) = (Int64(random.below(9_999)), Int64(random.below(9_999)))
        (strike.callGamma, strike.putGamma) = (random.unit(), random.unit())
        strike.gammaExposure = random.unit() * 1e9 - 5e8
        (strike.volume, strike.signedVolume) = (Int64(random.below(500)), Int64(random.below(500)) - 250)
        (strike.knownCalls, strike.knownPuts, strike.exposedCalls, strike.exposedPuts) = (1, 1, 1, 1)
        return strike
    }

    private static func bytes(_ strikes: [OptionStrike], room: Int = 4_096) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: room)
        let count = bytes.withUnsafeMutableBytes { slot in
            strikes.withUnsafeBufferPointer { writer().write($0, sequence: 4, stamp, into: slot) }
        }
        return Array(bytes[..<count])
    }

    /// The values of each row, by the layout that schemas are made from.
    private static func rows(_ frame: StreamFrame) -> [[String: Double]] {
        (0..<frame.recordCount).map { row in
            Dictionary(
                uniqueKeysWithValues: RecordLayout.strike.fields.map { field in
                    guard case .real(let value) = field.value(in: frame.record(row)) else { return (field.name, -1) }
                    return (field.name, value)
                })
        }
    }

    // MARK: Frames

    @Test func `a table has a row for each strike that has contracts in the chain`() throws {
        let strikes = [
            Self.strike(4_500, members: 0), Self.strike(4_505, members: 3, seed: 2), Self.strike(4_510, members: 0),
            Self.strike(4_515.25, members: 1, seed: 3),
        ]
        let bytes = Self.bytes(strikes)
        #expect(bytes.count == 112 + 2 * 72)
        try bytes.withUnsafeBytes { raw in
            let frame = try StreamFrame(raw)
            #expect(frame.kind == .strikes && frame.kind.rawValue == 9 && frame.columnCount == 2)
            #expect(frame.topic == Self.topic && frame.sequence == 4 && frame.run == 5 && frame.stamp == Self.stamp)
            for (row, strike) in zip(Self.rows(frame), [strikes[1], strikes[3]]) {
                #expect(
                    row == [
                        "strike_points": strike.points, "option_count": Double(strike.members),
                        "call_open_interest_contracts": Double(strike.callInterest),
                        "put_open_interest_contracts": Double(strike.putInterest),
                        "call_open_interest_gamma": strike.callGamma, "put_open_interest_gamma": strike.putGamma,
                        "gamma_exposure_usd_per_1pct": strike.gammaExposure,
                        "volume_session_contracts": Double(strike.volume),
                        "signed_volume_session_contracts": Double(strike.signedVolume),
                    ])
            }
        }
        // Where the documentation says.
        #expect(RecordLayout.strike.fields.map(\.offset) == Array(stride(from: 0, to: 72, by: 8)))
        #expect(RecordLayout.strike.byteCount == StrikeRow.byteCount)
        let empty = Self.bytes([Self.strike(4_500, members: 0)])
        #expect(empty.count == 112)
        let count = try empty.withUnsafeBytes { try StreamFrame($0).recordCount }
        #expect(count == 0)
    }

    @Test func `what is not known is NaN and not zero`() throws {
        var strike = Self.strike(4_500)
        (strike.knownCalls, strike.knownPuts, strike.exposedCalls, strike.exposedPuts) = (0, 1, 0, 0)
        (strike.callInterest, strike.putInterest) = (0, 0)
        (strike.callGamma, strike.putGamma, strike.gammaExposure) = (0, 0, 0)
        var other = strike
        (other.knownCalls, other.knownPuts, other.exposedCalls, other.exposedPuts) = (1, 0, 1, 0)
        let bytes = Self.bytes([strike, other])
        func bits(_ row: Int, _ field: Int) -> UInt64 {
            bytes.withUnsafeBytes { StreamFrame.load($0, 112 + 72 * row + 8 * field, UInt64.self) }
        }
        let unknown: UInt64 = 0x7ff8_0000_0000_0000
        #expect((2...6).map { bits(0, $0) } == [unknown, 0, unknown, unknown, unknown])
        #expect((2...6).map { bits(1, $0) } == [0, unknown, 0, unknown, 0])
        // Any NaN is written as the one.
        other.callGamma = -Double.nan
        #expect(
            Self.bytes([other]).withUnsafeBytes { StreamFrame.load($0, 112 + 32, UInt64.self) } == unknown)
    }

    @Test func `a table for which there is no room loses its highest strikes`() throws {
        let strikes = (0..<9).map { Self.strike(4_500 + Double($0)) }
        let bytes = Self.bytes(strikes, room: 112 + 72 * 4 + 71)
        let found = try bytes.withUnsafeBytes { Self.rows(try StreamFrame($0)).map { $0["strike_points"] } }
        #expect(found == [4_500, 4_501, 4_502, 4_503])
    }

    @Test func `tables whose rows do not fill them are refused`() throws {
        let good = Self.bytes([Self.strike(1), Self.strike(2)])
        func failure(_ change: (inout [UInt8]) -> Void) -> StreamFrame.Failure? {
            var bytes = good
            change(&bytes)
            let changed = bytes
            do throws(StreamFrame.Failure) {
                _ = try changed.span.bytes.withUnsafeBytes { (raw) throws(StreamFrame.Failure) in try StreamFrame(raw) }
                return nil
            } catch { return error }
        }
        #expect(failure { _ in } == nil)
        #expect(failure { $0[36] = 3 } == .length(byteCount: 256, expected: 328))
        #expect(failure { $0[36] = 1 } == .length(byteCount: 256, expected: 184))
        #expect(failure { $0[37] = 0xFF } == .length(byteCount: 256, expected: 112 + 72 * 0xFF02))
        #expect(failure { $0.removeLast() } == .length(byteCount: 255, expected: 256))
        // Its header and its length agree, and it is no multiple of a row.
        #expect(
            failure {
                $0.removeLast(8)
                $0[104] = UInt8($0.count - 112)
            } == .length(byteCount: 248, expected: 256))
    }

    @Test func `the schema of a table says how the header and how a row is read`() throws {
        let schema = StreamSchema.strikes("ES")
        #expect(schema.payloadByteCount == nil && schema.columns.count == 9)
        let json = try JSONSerialization.jsonObject(with: Data(schema.json(run: 1).utf8))
        let object = try #require(json as? [String: Any])
        #expect(object["kind"] as? String == "strikes" && object["kind_code"] as? Int == 9)
        #expect(object["frame_bytes"] is NSNull)
        let header = try #require(object["dtype"] as? [[Any]])
        #expect(header.count == FrameLayout.fields.count && header.last?[0] as? String == "reserved")
        let row = try #require(object["row_dtype"] as? [[String]])
        #expect(row == schema.columns.map { [$0.name, "<f8"] })
        #expect((object["columns"] as? [[String: String]])?.map { $0["unit"] } == schema.columns.map(\.unit))
        // Nothing else has rows.
        #expect(!StreamSchema.fills("MES").json(run: 1).contains("row_dtype"))
    }

    // MARK: Rings

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a ring of bytes keeps the newest messages as they were, as many as there is room for`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var ring = ByteRing(byteCount: 4_096, countMax: 40, next: 5)
        var written: [[UInt8]] = []
        for sequence in 5..<3_000 as Range<UInt64> {
            // Short ones for a while, so that their number ends it too.
            let longest: UInt64 = sequence % 500 < 100 ? 20 : 4_096
            let message = (0..<Int(1 + random.below(longest))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            message.withUnsafeBytes { ring.append($0) }
            written.append(message)
            #expect(ring.next == sequence + 1 && ring.count >= 1 && ring.count <= 40)
            var byteCount = 0
            for kept in ring.first..<ring.next {
                let wanted = written[Int(kept - 5)]
                byteCount += ByteRing.rounded(wanted.count)
                let isSame = ring.message(kept).elementsEqual(wanted)
                try #require(isSame, "seed \(seed), \(kept) at \(sequence)")
            }
            try #require(byteCount <= 4_096)
        }
    }

    @Test func `a ring of bytes that is as long as its longest message keeps that`() {
        var ring = ByteRing(byteCount: 128, countMax: 4, next: 0)
        for length in [128, 64, 64, 65, 1, 128, 1] {
            let message = [UInt8](repeating: UInt8(length), count: length)
            message.withUnsafeBytes { ring.append($0) }
            #expect(ring.message(ring.next - 1).elementsEqual(message))
        }
        #expect(ring.next == 7)
        // Of one length, as many as fit.
        var even = ByteRing(byteCount: 10 * 128, countMax: 40, next: 0)
        for _ in 0..<33 { [UInt8](repeating: 1, count: 100).withUnsafeBytes { even.append($0) } }
        #expect(even.first == 23 && even.next == 33)
    }

    // MARK: Sockets

    /// A publisher of strikes and of rows of two columns.
    private struct Publisher: ~Copyable {
        var publisher: StreamPublisher
        let strikes: StreamHandle
        let rows: StreamHandle

        init(
            _ directory: Scratch, first: UInt64 = 0, history: Int = 1 << 20, framesHeld: Int = 0,
            rows rowCountMax: Int = 50
        ) throws {
            var plan = StreamPlan(.strikes("ES"), firstSequence: first)
            plan.historyByteCount = history
            plan.rowCountMax = rowCountMax
            let columns = [StreamSchema.Column(name: "a", unit: ""), StreamSchema.Column(name: "b", unit: "")]
            var options = StreamPublisher.Options()
            options.beatInterval = .milliseconds(20)
            options.framesHeld = framesHeld
            let publisher = try StreamPublisher(
                try ZeroMQContext(), feed: directory.endpoint("feed"), snapshots: directory.endpoint("snapshot"),
                run: 1, [plan, StreamPlan(StreamSchema(vector: TestPublisher.topic, columns: columns))],
                options: options)
            guard let strikes = publisher.handle(StrikeTableTests.topic),
                let rows = publisher.handle(TestPublisher.topic)
            else { preconditionFailure("both were planned") }
            self.strikes = strikes
            self.rows = rows
            self.publisher = publisher
        }

        /// A table has as many rows as its sequence says, modulo 60, and no more than 50.
        mutating func publish(_ count: Int = 1) throws {
            for _ in 0..<count {
                let sequence = publisher.nextSequence(strikes)
                let table = (0..<Int(sequence % 60)).map { StrikeTableTests.strike(Double($0) + Double(sequence)) }
                try table.withUnsafeBufferPointer {
                    try publisher.publish($0, FrameStamp(ringSequence: sequence, publishTime: 0), to: strikes)
                }
            }
        }

        mutating func publishRow() throws {
            try [1.0, 2.0].withUnsafeBufferPointer {
                try publisher.publish($0, FrameStamp(ringSequence: 0, publishTime: 0), to: rows)
            }
        }

        mutating func serve() throws { try publisher.serveRequests(now: now, wallTime: Timestamp(nanoseconds: 1)) }

        var newest: UInt64? { publisher.newestFrame(strikes).flatMap { try? StreamFrame($0).sequence } }
    }

    private static func subscriber(_ directory: Scratch, start: StreamStart) throws -> StreamSubscriber {
        var options = StreamSubscriber.Options()
        options.start = start
        options.requestTimeout = .milliseconds(100)
        return try StreamSubscriber(
            try ZeroMQContext(), feed: directory.endpoint("feed"), snapshots: directory.endpoint("snapshot"),
            [TopicFilter(topic)], options: options)
    }

    /// Sequences of the tables that came, each of which has been looked at, and what is missed.
    private struct Received {
        var sequences: [UInt64] = []
        var missed: [ClosedRange<UInt64>] = []

        mutating func drain(_ subscriber: inout StreamSubscriber) throws {
            while let event = try subscriber.next(now: now) {
                switch event {
                case .frame(let frame):
                    let wanted = (0..<min(50, Int(frame.sequence % 60))).map { Double($0) + Double(frame.sequence) }
                    #expect(StrikeTableTests.rows(frame).map { $0["strike_points"] } == wanted)
                    sequences.append(frame.sequence)
                case .missed(_, let range): missed.append(range)
                case .garbage(let failure): Issue.record("\(failure)")
                default: break
                }
            }
        }
    }

    @Test func `a table waits for a flush or for the next one, and not for rows`() throws {
        let directory = try Scratch()
        var publisher = try Publisher(directory, framesHeld: 4)
        try publisher.publish()
        #expect(publisher.newest == nil && publisher.publisher.nextSequence(publisher.strikes) == 1)
        for _ in 0..<20 { try publisher.publishRow() }
        #expect(publisher.newest == nil)
        try publisher.publish()
        #expect(publisher.newest == 0)
        // What is urgent leaves it where it is.
        try publisher.publisher.flush { true }
        #expect(publisher.newest == 0)
        try publisher.publisher.flush()
        #expect(publisher.newest == 1)
        try publisher.publisher.flush()
        #expect(publisher.newest == 1 && publisher.publisher.nextSequence(publisher.strikes) == 2)
        var atOnce = try Publisher(try Scratch())
        try atOnce.publish()
        #expect(atOnce.newest == 0)
    }

    @Test func `who comes late gets the tables that are kept, in order, and is told what is gone`() throws {
        let directory = try Scratch()
        var publisher = try Publisher(directory, history: 40_000)
        try publisher.publish(200)
        var subscriber = try Self.subscriber(directory, start: .sequence(0))
        var received = Received()
        try eventually("what is kept") {
            try publisher.serve()
            try received.drain(&subscriber)
            return received.sequences.last == 199
        }
        let first = try #require(received.sequences.first)
        // Forty thousand bytes are some sixteen tables of these lengths.
        #expect(first > 170 && first < 195)
        #expect(received.sequences == Array(first..<200) && received.missed == [0...(first - 1)])
        try publisher.publish(3)
        try eventually("what follows") {
            try publisher.serve()
            try received.drain(&subscriber)
            return received.sequences.last == 202
        }
        #expect(received.sequences == Array(first..<203))
    }

    @Test func `of long tables fewer are sent in a turn of the publisher's loop`() throws {
        let directory = try Scratch()
        var publisher = try Publisher(directory, history: 8 << 20, rows: 500)
        let table = (0..<500).map { Self.strike(Double($0)) }
        for _ in 0..<100 {
            try table.withUnsafeBufferPointer {
                try publisher.publisher.publish($0, Self.stamp, to: publisher.strikes)
            }
        }
        var subscriber = try Self.subscriber(directory, start: .sequence(0))
        var (turns, tables) = (0, 0)
        try eventually("all of them") {
            turns += 1
            try publisher.serve()
            usleep(20_000)
            while let event = try subscriber.next(now: now) { if case .frame = event { tables += 1 } }
            // Each has 36 KB: nine replies of 32.
            #expect(tables <= 4 * turns, "\(turns) turns")
            return tables == 100
        }
    }

    @Test func `tables that are made again after a restart come once, with their numbers`() throws {
        let directory = try Scratch()
        var subscriber = try Self.subscriber(directory, start: .sequence(0))
        var received = Received()
        do {
            var publisher = try Publisher(directory, framesHeld: 4)
            try publisher.publish(70)
            try eventually("the first ones") {
                try publisher.publisher.flush()
                try publisher.serve()
                try received.drain(&subscriber)
                return received.sequences.count == 70
            }
        }
        var publisher = try Publisher(directory, first: 60, framesHeld: 4)
        try eventually("those of the second publisher") {
            if publisher.publisher.nextSequence(publisher.strikes) < 80 { try publisher.publish() }
            try publisher.publisher.flush()
            try publisher.serve()
            try received.drain(&subscriber)
            return received.sequences.count == 80
        }
        #expect(received.sequences == Array(0..<80) && received.missed.isEmpty)
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `publishing tables touches the heap only where the library copies the frame`() throws {
        var publisher = try Publisher(try Scratch(), history: 40_000, framesHeld: 4)
        let table = (0..<50).map { Self.strike(Double($0)) }
        var calls: UInt64 = 0
        try table.withUnsafeBufferPointer { table in
            var before: UInt64 = 0
            for index in 0..<1_010 {
                if index == 10 { before = lh_heap_calls() }
                try publisher.publisher.publish(table, Self.stamp, to: publisher.strikes)
            }
            calls = lh_heap_calls() - before
        }
        // A message and its bytes.
        #expect(calls <= 2_000)
    }
}
