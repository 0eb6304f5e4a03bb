@preconcurrency import Glibc
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
    var failure: SystemCallError? { syncFailure ?? writeFailure }
    private var writeFailure: SystemCallError?
    /// Why the disk may lack something that it took: only a sync of all that was written again ends it. The system
    /// says such a thing once, and forgets what it could not write.
    private var syncFailure: SystemCallError?
    /// A sync failed when some of what it was for was not here any more: nothing ends that.
    private(set) var hasLost = false
    private var goesOn = false
    /// Nothing is handed to the system: it lacks what this follows from.
    var isHeld = false
    /// Bytes kept for a disk that takes nothing; then its owner ends.
    static let keptByteCountMax = 1 << 26
    /// What was collected; in a file that is synced, before it what was written since the last sync, as far as there
    /// is room.
    private var batch: UnsafeMutableRawBufferPointer
    private var used = 0
    /// So many of those bytes the system has.
    private var written = 0
    /// Some of what was written since the last sync is not here any more.
    private var hasLeft = false
    /// Its owner syncs it, and not at its end alone.
    private var isSynced = false

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
    var isHalfFull: Bool { used - written > Self.batchByteCount / 2 }

    /// Whether the next record is one the file has already.
    var isComparing: Bool { offset < existingEnd }

    /// Adds one record of `count` bytes that `fill` writes. Returns the bytes of the file in its place when they are
    /// others, at most `count` of them; then the file and the offset are as before.
    mutating func append(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(SystemCallError) -> [UInt8]? {
        if used + count > batch.count {
            if used - written + count > batch.count { try flush() }
            // What a failed sync was for is written again.
            if syncFailure == nil || hasLost { forgetWritten() }
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
        guard used > written, !isHeld else { return }
        do throws(SystemCallError) { try write() } catch {
            writeFailure = error
            return try keep(error)
        }
        if !isSynced { forgetWritten() }
        if failure == nil { extendReserve() }
    }

    /// Flushes, then waits for the disk. After one that failed, what it was for is written again first.
    mutating func sync() throws(SystemCallError) {
        isSynced = true
        if isHeld { return }
        if syncFailure != nil { written = 0 }
        do throws(SystemCallError) { try write() } catch {
            writeFailure = error
            return try keep(error)
        }
        if hasLost, let syncFailure { return try keep(syncFailure) }
        do throws(SystemCallError) { try file.sync() } catch {
            syncFailure = error
            hasLost = hasLeft
            return try keep(error)
        }
        syncFailure = nil
        hasLeft = false
        (used, written) = (0, 0)
        extendReserve()
    }

    /// Writes what the system does not have.
    private mutating func write() throws(SystemCallError) {
        let rest = UnsafeRawBufferPointer(rebasing: batch[written..<used])
        try file.write(rest, at: offset - rest.count)
        written = used
        writeFailure = nil
    }

    /// What is held is not on the disk.
    var heldError: SystemCallError { SystemCallError(call: "pwrite", path: file.path, code: ENOSPC) }

    private mutating func keep(_ error: SystemCallError) throws(SystemCallError) {
        isLow = goesOn
        guard goesOn else { throw error }
    }

    /// Gives the room of what the system has to what follows.
    private mutating func forgetWritten() {
        guard written > 0 else { return }
        batch.copyMemory(from: UnsafeRawBufferPointer(rebasing: batch[written..<used]))
        used -= written
        written = 0
        hasLeft = true
    }

    private mutating func makeRoom(for count: Int) throws(SystemCallError) {
        guard used + count > batch.count else { return }
        if failure != nil || isHeld, used + count > Self.keptByteCountMax { throw failure ?? heldError }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(used + count, used > 0 ? 2 * batch.count : 0), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: batch[..<used]))
        batch.deallocate()
        batch = larger
    }
}
