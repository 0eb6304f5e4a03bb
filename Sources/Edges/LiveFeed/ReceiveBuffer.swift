@preconcurrency import Glibc

/// Bytes that have come and are not read yet, in one piece. Room is made once and grows only for what does not fit.
struct ReceiveBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init(byteCount: Int) { memory = .allocate(byteCount: byteCount, alignment: 16) }

    deinit { memory.deallocate() }

    var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

    mutating func consume(_ count: Int) { start += count }

    mutating func added(_ count: Int) {
        precondition(count >= 0 && count <= memory.count - end, "no more was added than there was room for")
        end += count
    }

    /// Moves what is unread to the front, so that at least `byteCount` bytes fit in total, and lends what is free: at
    /// least one byte. What lay in the buffer before has moved.
    mutating func makeRoom(for byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let count = end - start
        let wanted = max(byteCount, count + 1)
        let old = memory
        if wanted > old.count { memory = .allocate(byteCount: max(wanted, 2 * old.count), alignment: 16) }
        if count > 0, let from = old.baseAddress, let to = memory.baseAddress { memmove(to, from + start, count) }
        if wanted > old.count { old.deallocate() }
        (start, end) = (0, count)
        return UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    }
}
