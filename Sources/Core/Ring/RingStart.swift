import Synchronization

/// Where a reader begins.
public enum RingStart: Hashable, Sendable {
    /// The oldest record that is still there.
    case oldest
    /// The record that is published next.
    case newest
    /// This record. If it is there no more, the first thing that the reader is told is what it lost.
    case sequence(UInt64)
}

/// Position, number and epoch with which a reader begins.
struct RingOrigin {
    var position: UInt64
    var expected: UInt64
    var epoch: UInt32
}

extension RingReaderRole {
    var identity: UInt64? {
        switch self {
        case .anonymous: nil
        case .observed(let identity): identity
        case .pacing(let identity, inPlace: _): identity
        }
    }
    var isPacing: Bool { if case .pacing = self { true } else { false } }
    var readsInPlace: Bool { if case .pacing(_, inPlace: true) = self { true } else { false } }
}

extension ReaderSlot {
    /// A slot for a role that needs one. A pacing reader holds the writer from here on: it has claimed at most once
    /// since.
    static func register(_ role: RingReaderRole, in memory: RingMemory) throws(RingError) -> ReaderSlot? {
        guard let identity = role.identity else { return nil }
        precondition(identity != 0, "0 marks a free slot")
        if role.isPacing, memory.pacing != .paced { throw .notPaced }
        for index in 0..<RingLayout.readerSlotCount {
            let slot = ReaderSlot(index, in: memory.words)
            guard slot.take(identity) else { continue }
            slot.report(position: 0, nextSequence: 0)
            if role.isPacing {
                slot.setCursor(0)
                atomicMemoryFence(ordering: .sequentiallyConsistent)
            }
            return slot
        }
        throw .noFreeReaderSlot(count: RingLayout.readerSlotCount)
    }
}

extension RingWords {
    private static var attemptsMax: Int { 100 }

    /// Where `start` is. Tries again when the writer overwrites what is being looked at.
    func find(_ start: RingStart, for role: RingReaderRole, firstSequence: UInt64) throws(RingError) -> RingOrigin {
        for _ in 0..<Self.attemptsMax {
            let end = published.pointee.load(ordering: .acquiring)
            if end == 0 { return try beforeFirst(start, firstSequence) }
            if let origin = try attempt(start, before: end, margin: role.isPacing ? claimStepMax : 0) { return origin }
        }
        throw .overrunWhileAttaching(attempts: Self.attemptsMax)
    }

    private func beforeFirst(_ start: RingStart, _ firstSequence: UInt64) throws(RingError) -> RingOrigin {
        if case .sequence(let requested) = start {
            guard requested <= firstSequence else { throw .sequenceAhead(requested: requested, next: firstSequence) }
            return RingOrigin(position: 0, expected: requested, epoch: 0)
        }
        return RingOrigin(position: 0, expected: firstSequence, epoch: 0)
    }

    private func attempt(_ start: RingStart, before end: UInt64, margin: UInt64) throws(RingError) -> RingOrigin? {
        let claimed = self.claimed.pointee.load(ordering: .acquiring)
        // A pacing reader stays a claim away from what is being overwritten: the writer may have missed its cursor
        // once.
        let low = oldestIntact(claimed: claimed &+ margin)
        switch start {
        case .newest:
            guard let (next, epoch) = try endOf(end) else { return nil }
            return RingOrigin(position: end, expected: next, epoch: epoch)
        case .oldest:
            guard let mark = oldestMark(from: low, before: end) else { return nil }
            return try origin(at: mark, before: end, expected: nil)
        case .sequence(let requested):
            guard let (next, epoch) = try endOf(end) else { return nil }
            guard requested <= next else { throw .sequenceAhead(requested: requested, next: next) }
            if requested == next { return RingOrigin(position: end, expected: next, epoch: epoch) }
            guard let mark = mark(reaching: requested, from: low, before: end) else { return nil }
            return try origin(at: mark, before: end, expected: requested)
        }
    }

    private func endOf(_ end: UInt64) throws(RingError) -> (UInt64, UInt32)? {
        switch walk(to: end) {
        case .sequence(let next, let epoch): return (next, epoch)
        case .overrun: return nil
        case .corrupt(let position): throw .corrupt(position: position)
        }
    }

    private func origin(at mark: UInt64, before end: UInt64, expected: UInt64?) throws(RingError) -> RingOrigin? {
        switch readHeader(at: mark, before: end) {
        case .header(let header):
            return RingOrigin(position: mark, expected: expected ?? header.sequence, epoch: header.epoch)
        case .overrun: return nil
        case .corrupt: throw .corrupt(position: mark)
        }
    }
}
