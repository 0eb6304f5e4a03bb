import Units

@testable import Ring

/// A record whose every byte follows from its number and its size, so that a torn or foreign one shows.
enum TestRecord {
    static func bytes(sequence: UInt64, count: Int, salt: UInt64 = 0) -> [UInt8] {
        var x = (sequence &+ 1) &* 0x9e37_79b9_7f4a_7c15 ^ salt &* 0xff51_afd7_ed55_8ccd
        return (0..<count).map { _ in
            x ^= x << 13
            x ^= x >> 7
            x ^= x << 17
            return UInt8(truncatingIfNeeded: x)
        }
    }
}

extension RingWriter {
    /// Appends a test record. The receive time is the sequence times ten.
    mutating func add(count: Int, salt: UInt64 = 0) -> RingAppend {
        let bytes = TestRecord.bytes(sequence: nextSequence, count: count, salt: salt)
        let time = Timestamp(nanoseconds: nextSequence &* 10)
        return bytes.withUnsafeBytes { append($0, receiveTime: time) }
    }
}

/// What one reader was told, in order.
struct Reading: Equatable {
    struct Record: Equatable {
        var sequence: UInt64
        var receiveTime: UInt64
        var bytes: [UInt8]
        var endsBatch: Bool
    }
    var records: [Record] = []
    var lost: [Range<UInt64>] = []
    var epochs: [UInt32] = []
    var last: RingEvent = .drained

    var sequences: [UInt64] { records.map(\.sequence) }

    /// Every number that was received or reported lost, in the order told.
    private(set) var told: [UInt64] = []

    mutating func drain(_ reader: inout RingReader, atMost limit: Int = .max) {
        var left = limit
        while left > 0 {
            let poll = reader.poll(atMost: left) { frame in
                let bytes = Array(UnsafeRawBufferPointer(start: frame.record, count: frame.byteCount))
                records.append(
                    Record(
                        sequence: frame.sequence, receiveTime: frame.receiveTime.nanoseconds, bytes: bytes,
                        endsBatch: frame.endsBatch))
                told.append(frame.sequence)
            }
            left -= poll.delivered
            last = poll.event
            switch poll.event {
            case .lost(let first, let count):
                lost.append(first..<(first + count))
                told.append(contentsOf: first..<(first + count))
            case .newEpoch(let epoch): epochs.append(epoch)
            case .drained, .limit, .retired, .corrupt: return
            }
        }
    }
}
