import Synchronization

/// Finding one's way by the marks: for a reader that attaches or was overtaken, and for a writer's successor.
extension RingWords {
    enum HeaderRead {
        case header(FrameHeader)
        case overrun
        case corrupt
    }

    /// The header at `position`, believed only after it is known that nobody was writing there.
    func readHeader(at position: UInt64, before end: UInt64) -> HeaderRead {
        let header = FrameHeader(at: place(position))
        guard wasIntact(position) else { return .overrun }
        return header.fits(at: position, before: end, in: self) ? .header(header) : .corrupt
    }

    /// Marks within `low ..< end` that lie in the segment of their index, in no particular order.
    private func forEachMark(from low: UInt64, before end: UInt64, _ body: (UInt64) -> Void) {
        for index in 0..<RingLayout.segmentCount {
            let position = mark(index).pointee.load(ordering: .acquiring)
            guard position >= low, position < end else { continue }
            guard position & UInt64(RingLayout.lineBytes - 1) == 0 else { continue }
            guard Int((position & (capacity &- 1)) / segmentBytes) == index else { continue }
            body(position)
        }
    }

    func oldestMark(from low: UInt64, before end: UInt64) -> UInt64? {
        var oldest: UInt64?
        forEachMark(from: low, before: end) { oldest = min(oldest ?? .max, $0) }
        return oldest
    }

    func newestMark(from low: UInt64, before end: UInt64) -> UInt64? {
        var newest: UInt64?
        forEachMark(from: low, before: end) { newest = max(newest ?? 0, $0) }
        return newest
    }

    /// The newest mark from `low` on whose frame is numbered `sequence` or less; else the oldest.
    func mark(reaching sequence: UInt64, from low: UInt64, before end: UInt64) -> UInt64? {
        var best: UInt64?
        forEachMark(from: low, before: end) { position in
            guard case .header(let header) = readHeader(at: position, before: end) else { return }
            if header.sequence <= sequence, position > best ?? 0 || best == nil { best = position }
        }
        return best ?? oldestMark(from: low, before: end)
    }

    enum End {
        case sequence(UInt64, epoch: UInt32)
        case overrun
        case corrupt(UInt64)
    }

    /// The number and epoch that follow the last frame before `end`: from the newest mark, frame by frame.
    func walk(to end: UInt64) -> End {
        let low = oldestIntact(claimed: claimed.pointee.load(ordering: .acquiring))
        guard var position = newestMark(from: low, before: end) else {
            // A mark may be missing only because the writer has moved on since `end` was read.
            return published.pointee.load(ordering: .acquiring) == end ? .corrupt(end) : .overrun
        }
        var last: FrameHeader?
        while position < end {
            switch readHeader(at: position, before: end) {
            case .overrun: return .overrun
            case .corrupt: return .corrupt(position)
            case .header(let header):
                position &+= UInt64(header.frameBytes)
                last = header
            }
        }
        guard let last else { return .corrupt(position) }
        return .sequence(last.sequenceAfter, epoch: last.epoch)
    }
}
