import DBN
import Foundation
import Platform
import Ring
import Tape
import Units

/// The run's records for one process: from the ring, and from the run's tape where the ring has them no more.
struct RingRecords: ~Copyable {
    enum Step {
        case record(RecordView, sequence: UInt64)
        /// Nothing more has been published yet.
        case drained
        /// The run's input is over and everything has been read.
        case ended
    }

    private var reader: RingReader
    private let tape: RunTape
    /// What the ring had lost, being read from the tape.
    private var recovery: Recovery?
    /// When the last record was received, by our wall clock, ns; 0 when it came from the tape.
    private(set) var receivedAt: UInt64 = 0
    /// Records that came from the tape because the ring had overwritten them.
    private(set) var recovered: UInt64 = 0

    private struct Recovery: ~Copyable {
        var reader: RunTapeReader
        let end: UInt64
    }

    /// Attaches to the run's ring, to read from record `first` on.
    ///
    /// - Parameter isPacing: the writer waits for this reader, if the ring is one that waits.
    init(_ site: RunSite, from first: UInt64, isPacing: Bool) throws {
        reader = try Self.attach(site.ringPath, from: first, isPacing: isPacing)
        tape = site.tape
    }

    /// Waits for ingest to make the ring, and to free the places of readers that died.
    private static func attach(_ path: String, from first: UInt64, isPacing: Bool) throws -> RingReader {
        while true {
            do {
                let file = try SharedMemoryFile.open(path: path, writableBytes: RingLayout.headerBytes)
                let memory = try RingMemory(attaching: file.bytes, owner: file)
                let identity = SharedMemoryProcess.current
                let role: RingReaderRole =
                    isPacing && memory.pacing == .paced
                    ? .pacing(identity: identity, inPlace: false) : .observed(identity: identity)
                return try RingReader(memory, from: .sequence(first), as: role)
            } catch SharedMemoryError.absent {
            } catch RingError.noFreeReaderSlot {
            }
            if StopSignal.isRaised { throw RunOver() }
            usleep(1_000)
        }
    }

    /// How long ago the last record was received; zero when unknown.
    var age: Nanoseconds {
        receivedAt == 0 ? .zero : max(.zero, WallClock.now() - Timestamp(nanoseconds: receivedAt))
    }

    /// The next record, valid until the next call.
    mutating func next() throws -> Step {
        if recovery != nil {
            if let (record, sequence) = try nextRecovered() { return .record(record, sequence: sequence) }
        }
        while true {
            switch reader.next() {
            case .frame(let frame):
                receivedAt = frame.receiveTime.nanoseconds
                return .record(RecordView(frame.record), sequence: frame.sequence)
            case .drained: return .drained
            case .newEpoch: continue
            case .retired: return .ended
            case .lost(let first, let count):
                // The tape had them before the ring did.
                recovery = Recovery(reader: try tape.reader(at: first), end: first &+ count)
                if let (record, sequence) = try nextRecovered() { return .record(record, sequence: sequence) }
            case .corrupt(let position): throw RingBroken(event: "no frame at byte \(position)")
            }
        }
    }

    private mutating func nextRecovered() throws -> (RecordView, UInt64)? {
        guard let next = recovery?.reader.nextSequence, let end = recovery?.end, next < end else {
            recovery = nil
            return nil
        }
        guard let (record, sequence) = try recovery?.reader.next() else {
            throw RingBroken(event: "record \(next) is neither in the ring nor on the tape")
        }
        recovered += 1
        receivedAt = 0
        return (record, sequence)
    }

    /// Something is published that was not read.
    var hasNews: Bool { reader.hasNews }

    /// Waits until something is published, as long as `policy` says. Returns whether something is.
    @discardableResult func wait(_ policy: WaitPolicy) -> Bool { reader.wait(policy) }
    func wait(_ policy: WaitPolicy, or isCalled: () -> Bool) { _ = reader.wait(policy, or: isCalled) }
}
