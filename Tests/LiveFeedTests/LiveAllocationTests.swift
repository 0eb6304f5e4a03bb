import CHeapCount
import DBN
import Testing
import Units

@testable import LiveFeed

@Suite struct LiveAllocationTests {
    /// Takes bytes as a socket would give them, and counts the records that are new.
    private static func take(
        _ bytes: [UInt8], _ session: inout LiveSession, _ ledger: inout ReplayLedger
    ) throws(LiveSessionError) -> Int {
        var position = 0
        var count = 0
        while position < bytes.count {
            let room = session.room()
            let step = min(room.count, bytes.count - position)
            bytes.withUnsafeBytes { raw in
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[position..<position + step]))
            }
            session.added(step)
            position += step
            while case .record(let record, _) = try session.next() { if ledger.take(record) { count += 1 } }
        }
        return count
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `records allocate nothing`() throws {
        let stream = LiveStream()
        func records(_ round: UInt64) -> [[UInt8]] {
            (0..<200).flatMap { index in
                let event = MarketLog.start + (round * 200 + UInt64(index)) * 10_000_000
                return [
                    LiveRecord.book(instrument: UInt32(index % 20), event: event),
                    LiveRecord.statistic(instrument: UInt32(index % 20), event: event),
                ]
            }
        }
        var session = LiveSession(bufferByteCount: 16_384)
        var ledger = ReplayLedger()
        let greeting = Array("cram=x\nsuccess=1|session_id=1\n".utf8)
        let first = try greeting + stream.bytes(records(0))
        let rounds = try (1...3).map { try stream.records(records($0)) }
        // The greeting's and the metadata's steps end the loop of records early: what is left comes with the rest.
        _ = try Self.take(first, &session, &ledger)
        _ = try Self.take([], &session, &ledger)
        var isReady = false
        while !isReady {
            switch try session.next() {
            case .record(let record, _): _ = ledger.take(record)
            case .needMore: isReady = true
            default: break
            }
        }
        var count = 0
        let before = lh_heap_calls()
        for round in rounds { count += try Self.take(round, &session, &ledger) }
        // Where a batch ends, a build without optimisation may take a little.
        let batches = UInt64(rounds.reduce(0) { $0 + $1.count / 8_192 })
        #expect(lh_heap_calls() - before <= batches)
        #expect(count == 3 * 400 && batches < 40)
    }
}
