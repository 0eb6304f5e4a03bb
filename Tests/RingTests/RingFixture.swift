import Determinism
import Units

@testable import Ring

/// A record whose every byte follows from its number, its size and its writer, so that a torn or foreign one shows.
enum TestRecord {
    static func bytes(sequence: UInt64, count: Int, salt: UInt64) -> [UInt8] {
        var x = (sequence &+ 1) &* 0x9e37_79b9_7f4a_7c15 ^ (salt &+ 1) &* 0xff51_afd7_ed55_8ccd
        return (0..<count).map { _ in
            x ^= x << 13
            x ^= x >> 7
            x ^= x << 17
            return UInt8(truncatingIfNeeded: x)
        }
    }
}

/// What was published, by number: the truth that readings are compared with.
struct Published {
    struct Record {
        var count: Int
        var salt: UInt64
        var endsBatch: Bool
    }
    var first: UInt64 = 0
    var records: [Record] = []
    /// Appended, not published.
    var pending: [Record] = []

    var next: UInt64 { first + UInt64(records.count) }

    mutating func publish() {
        guard !pending.isEmpty else { return }
        pending[pending.count - 1].endsBatch = true
        records += pending
        pending = []
    }

    /// Whether every record of the reading is the one that was published under its number.
    func agrees(with reading: Reading) -> Bool {
        reading.records.allSatisfy { record in
            guard record.sequence >= first, record.sequence < next else { return false }
            let truth = records[Int(record.sequence - first)]
            return record.receiveTime == record.sequence &* 10 && record.endsBatch == truth.endsBatch
                && record.bytes == TestRecord.bytes(sequence: record.sequence, count: truth.count, salt: truth.salt)
        }
    }
}

extension RingWriter {
    /// Appends a test record and notes it. The receive time is the number times ten.
    mutating func add(
        count: Int, salt: UInt64 = 0, to truth: inout Published, observedBy observer: inout some RingWriterObserver
    ) -> RingAppend {
        let bytes = TestRecord.bytes(sequence: nextSequence, count: count, salt: salt)
        let time = Timestamp(nanoseconds: nextSequence &* 10)
        let outcome = bytes.withUnsafeBytes { append($0, receiveTime: time, observedBy: &observer) }
        if case .appended = outcome {
            truth.pending.append(Published.Record(count: count, salt: salt, endsBatch: false))
        }
        return outcome
    }

    mutating func add(count: Int, salt: UInt64 = 0, to truth: inout Published) -> RingAppend {
        var observer = NoObservation()
        return add(count: count, salt: salt, to: &truth, observedBy: &observer)
    }

    mutating func publish(_ truth: inout Published) {
        publish()
        truth.publish()
    }

    /// Publishes batches of random sizes until at least `bytes` bytes of records are out.
    mutating func fill(bytes: Int, salt: UInt64 = 0, _ random: inout SeededGenerator, _ truth: inout Published) {
        var left = bytes
        while left > 0 {
            for _ in 0...random.below(6) {
                let count = 16 + Int(random.below(513))
                if add(count: count, salt: salt, to: &truth) == .batchFull { break }
                left -= count
            }
            publish(&truth)
        }
    }
}

extension RingMemory {
    /// A ring in plain memory with exactly these bytes.
    static func copy(of image: [UInt8], capacity: Int, pacing: RingPacing = .live) throws -> RingMemory {
        let memory = try RingMemory.plain(capacity: capacity, pacing: pacing)
        let bytes = UnsafeMutableRawBufferPointer(start: memory.words.base, count: image.count)
        bytes.copyBytes(from: image)
        return memory
    }

    var image: [UInt8] {
        Array(UnsafeRawBufferPointer(start: words.base, count: RingLayout.byteCount(capacity: capacity)))
    }

    /// Overwrites the data of these positions: what a writer may have left that died while it wrote there.
    func scribble(_ positions: Range<UInt64>, _ random: inout SeededGenerator) {
        for position in stride(from: positions.lowerBound, to: positions.upperBound, by: 8) {
            words.place(position).storeBytes(of: random.next(), as: UInt64.self)
        }
    }
}

/// What one reader was told, in order.
struct Reading {
    struct Record {
        var sequence: UInt64
        var receiveTime: UInt64
        var bytes: [UInt8]
        var endsBatch: Bool
    }
    var records: [Record] = []
    var lost: [Range<UInt64>] = []
    var epochs: [UInt32] = []
    var last: RingEvent = .drained
    /// Every number that was received or reported lost, in the order told.
    var told: [UInt64] = []

    var sequences: [UInt64] { records.map(\.sequence) }
    /// Nothing missing, nothing twice, nothing out of order.
    var isDense: Bool { zip(told, told.dropFirst()).allSatisfy { $0 + 1 == $1 } }

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
