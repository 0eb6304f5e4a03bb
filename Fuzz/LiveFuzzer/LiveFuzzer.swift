import DBN
import LiveFeed
import Units

/// libFuzzer's entry. Bit 0 of the first byte puts a good greeting before the rest, bits 1 and 2 choose the buffer's
/// size; the next four bytes say how the rest is split.
///
/// Checked of every input: no trap and no wild read (by the sanitizer); the same steps and the same error however the
/// bytes are split; every record has its type's length, is counted by a ledger without a trap, and proves itself when
/// it is replayed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLive(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 5 else { return 0 }
    let seed = UnsafeRawPointer(data).loadUnaligned(fromByteOffset: 1, as: UInt32.self)
    var bytes = Array(UnsafeBufferPointer(start: data + 5, count: count - 5))
    if data[0] & 1 == 1 { bytes = Array("lsg_version=1\ncram=abc\nsuccess=1|session_id=1\n".utf8) + bytes }
    let size = [64, 512, 4_096, 65_536][Int(data[0] >> 1 & 3)]
    let whole = FuzzedSession(bytes, bufferByteCount: size) { .max }
    var state = UInt64(seed)
    let split = FuzzedSession(bytes, bufferByteCount: size) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int(state >> 33) % (seed % 3 == 0 ? 7 : 300)
    }
    // Text in place of a stream is quoted as far as it came, and damage in compressed data is found where it is read.
    if case .text = whole.error { return 0 }
    precondition(split.steps.starts(with: whole.steps) || whole.steps.starts(with: split.steps), "steps differ")
    if whole.error == nil || split.error == nil {
        precondition(whole.steps == split.steps, "a split changed the steps")
    }
    checkLedger(whole.records)
    return 0
}

/// All that a session makes of bytes that arrive in pieces.
struct FuzzedSession {
    /// Kind and bytes of each step, one after the other.
    var steps: [UInt8] = []
    var records: [[UInt8]] = []
    var error: LiveSessionError?

    init(_ bytes: [UInt8], bufferByteCount: Int, nextPiece: () -> Int) {
        var session = LiveSession(bufferByteCount: bufferByteCount)
        var position = 0
        while position < bytes.count, error == nil {
            let room = session.room()
            precondition(!room.isEmpty, "there is always room")
            let count = min(bytes.count - position, nextPiece(), room.count)
            room.copyBytes(from: bytes[position..<position + count])
            session.added(count)
            position += count
            do throws(LiveSessionError) {
                while try step(&session) {}
            } catch {
                self.error = error
                precondition(!"\(error)".isEmpty)
            }
        }
    }

    private mutating func step(_ session: inout LiveSession) throws(LiveSessionError) -> Bool {
        switch try session.next() {
        case .needMore: return false
        case .challenged: steps += [1] + session.challenge.utf8
        case .accepted: steps += [2] + session.sessionID.utf8
        case .refused: steps += [3] + session.refusal.utf8
        case .started: steps.append(4)
        case .record(let record, let sendTime):
            steps += [5] + take(record, sendTime)
        case .message(let record, let sendTime):
            _ = LiveMessage(record)
            _ = FeedMark(record)
            steps += [6] + take(record, sendTime)
        case .skipped(let type): steps += [7, type]
        }
        return true
    }

    private mutating func take(_ record: RecordView, _ sendTime: Timestamp) -> [UInt8] {
        guard let layout = DBNRecordLayout.of(record.type) else { preconditionFailure("a known type") }
        precondition(record.byteCount >= layout.byteCount(version: 3), "a whole record")
        let bytes = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
        records.append(bytes)
        return bytes + withUnsafeBytes(of: sendTime.nanoseconds) { Array($0) }
    }
}

/// What was taken once is known when it comes again.
func checkLedger(_ records: [[UInt8]]) {
    var ledger = ReplayLedger()
    // Two schemas have one record type: of these one will do.
    let schemas = Schema.known.filter { $0 != .tbbo }
    for schema in schemas { _ = ledger.beginReplay(schema, from: Timestamp(nanoseconds: 0)) }
    let news = records.count { take(&ledger, $0) }
    precondition(news == records.count, "all is new at first")
    for schema in schemas { precondition(ledger.endReplay(schema).isEmpty, "nothing to prove at first") }
    for schema in schemas { _ = ledger.beginReplay(schema, from: Timestamp(nanoseconds: 0)) }
    for record in records { _ = take(&ledger, record) }
    for schema in schemas { precondition(ledger.endReplay(schema).isEmpty, "the same again proves itself") }
}

func take(_ ledger: inout ReplayLedger, _ record: [UInt8]) -> Bool {
    record.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { preconditionFailure("a record has bytes") }
        return ledger.take(RecordView(base))
    }
}
