import Platform

/// A file that only grows, written in batches. Continued at an offset before its end, it compares every record that is
/// produced again with the bytes that are there, until those are used up; then it grows again.
struct AppendFile: ~Copyable {
    /// Bytes collected before one `pwrite`.
    static let batchByteCount = 1 << 16

    let file: PosixFile
    /// Where the next record goes: the bytes produced so far.
    private(set) var offset: Int
    /// End of the bytes that were in the file when it was opened.
    let existingEnd: Int
    /// Space that is set aside beyond what was produced; 0 for none.
    private var reserve = 0
    /// Up to here space was set aside.
    private var reservedEnd = 0
    /// The disk has no more space to set aside: what is left of the reserve is for what must not wait.
    private(set) var isLow = false
    /// What a disk that takes nothing said last. What was to be written stays here, and is tried again with every
    /// flush: a file with a reserve is one whose owner has to go on.
    private(set) var failure: SystemCallError?
    private var goesOn = false
    /// Bytes kept for a disk that takes nothing; then its owner ends.
    static let keptByteCountMax = 1 << 26
    private var batch: UnsafeMutableRawBufferPointer
    private var used = 0

    /// Continues `file` at `offset`; what lies between it and `existingEnd` is compared, not overwritten.
    init(_ file: consuming PosixFile, at offset: Int, existingEnd: Int) {
        precondition(0 <= offset && offset <= existingEnd, "an append file continues inside the file or at its end")
        self.file = file
        self.offset = offset
        self.existingEnd = existingEnd
        batch = .allocate(byteCount: Self.batchByteCount, alignment: 16)
    }

    deinit { batch.deallocate() }

    /// More than half of what is collected before one `pwrite` is there.
    var isHalfFull: Bool { used > Self.batchByteCount / 2 }

    /// Whether the next record is one the file has already.
    var isComparing: Bool { offset < existingEnd }

    /// Adds one record of `count` bytes that `fill` writes. Returns the bytes of the file in its place when they are
    /// others, at most `count` of them; then the file and the offset are as before.
    mutating func append(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(SystemCallError) -> [UInt8]? {
        if used + count > batch.count {
            try flush()
            try makeRoom(for: count)
        }
        let record = UnsafeMutableRawBufferPointer(rebasing: batch[used..<(used + count)])
        fill(record)
        if isComparing {
            let existing = try file.read(at: offset, count: min(count, existingEnd - offset))
            guard existing.elementsEqual(record) else { return existing }
        } else {
            used += count
        }
        offset += count
        return nil
    }

    /// Lets `fill` write a record where the next one will be collected, and does not take it.
    func rehearse(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if used + count <= batch.count { fill(UnsafeMutableRawBufferPointer(rebasing: batch[used..<(used + count)])) }
    }

    /// From here on there is always space for `count` more bytes, as long as the disk has any.
    mutating func keepReserve(_ count: Int) {
        reserve = count
        goesOn = true
        extendReserve()
    }

    /// Sets space aside in steps of a quarter of the reserve.
    private mutating func extendReserve() {
        guard reserve > 0, isLow || reservedEnd - offset < reserve else { return }
        let from = max(reservedEnd, offset)
        let end = offset + reserve + reserve / 4
        do throws(SystemCallError) {
            try file.reserve(from: from, count: end - from)
            reservedEnd = end
            isLow = false
        } catch { isLow = true }
    }

    /// Gives what was set aside back.
    mutating func releaseReserve() throws(SystemCallError) {
        guard reserve > 0 else { return }
        reserve = 0
        try file.truncate(to: max(offset, existingEnd))
    }

    /// Hands the collected records to the system: from then on a killed process does not lose them, unless there is a
    /// `failure`.
    mutating func flush() throws(SystemCallError) {
        guard used > 0 else { return }
        do throws(SystemCallError) {
            try file.write(UnsafeRawBufferPointer(rebasing: batch[..<used]), at: offset - used)
        } catch { return try keep(error) }
        used = 0
        failure = nil
        extendReserve()
    }

    /// Flushes, then waits for the disk.
    mutating func sync() throws(SystemCallError) {
        try flush()
        do throws(SystemCallError) { try file.sync() } catch { try keep(error) }
    }

    private mutating func keep(_ error: SystemCallError) throws(SystemCallError) {
        guard goesOn else { throw error }
        failure = error
        isLow = true
    }

    private mutating func makeRoom(for count: Int) throws(SystemCallError) {
        guard used + count > batch.count else { return }
        if let failure, used + count > Self.keptByteCountMax { throw failure }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(used + count, used > 0 ? 2 * batch.count : 0), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: batch[..<used]))
        batch.deallocate()
        batch = larger
    }
}
