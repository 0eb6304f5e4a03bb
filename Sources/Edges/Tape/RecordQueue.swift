import DBN

/// Records read ahead of their turn, copied in order. Grows with the records that carry one receive time: a few.
struct RecordQueue: ~Copyable {
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
    private var start = 0
    private var end = 0

    deinit { bytes.deallocate() }

    var isEmpty: Bool { start == end }

    /// The oldest record, valid until the next change; nil when there is none.
    var front: RecordView? {
        guard !isEmpty, let base = bytes.baseAddress else { return nil }
        return RecordView(UnsafeRawPointer(base) + start)
    }

    mutating func append(_ record: RecordView) {
        let count = record.byteCount
        if end + count > bytes.count { grow(by: count) }
        UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
            .copyMemory(from: UnsafeRawBufferPointer(start: record.bytes, count: count))
        end += count
    }

    mutating func removeFront() {
        guard let front else { return }
        start += front.byteCount
        if isEmpty { (start, end) = (0, 0) }
    }

    private mutating func grow(by count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (end - start + count), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        bytes.deallocate()
        bytes = larger
        (start, end) = (0, end - start)
    }
}
