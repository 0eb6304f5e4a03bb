import DBN
import Units

/// One file of a merge while it is read: closed before its first record is due and after its last.
struct MergeHead: ~Copyable {
    /// Behind a pointer, where it stays: what is read from it is asked for at every record.
    private var file: UnsafeMutablePointer<TapeFile>?
    private var ahead = RecordQueue()
    /// The latest receive time in `ahead`.
    private var aheadTime: UInt64 = 0
    /// The record whose turn it is; nil before opening and after the end.
    private(set) var current: RecordView?
    private(set) var skippedCount: UInt64 = 0
    /// Whether the file was read to its end; records may still be in `ahead`.
    private(set) var isFinished = false

    init() {}

    deinit {
        file?.deinitialize(count: 1)
        file?.deallocate()
    }

    /// Nil when the file is not open.
    var bytesRead: Int? { file?.pointee.position.bytesRead }

    mutating func open(_ source: TapeSource, fragment: FragmentFormat?) throws(TapeError) {
        let place = UnsafeMutablePointer<TapeFile>.allocate(capacity: 1)
        do throws(TapeError) {
            place.initialize(to: try TapeFile.open(source.path, fragment: fragment))
        } catch {
            place.deallocate()
            throw error
        }
        close()
        file = place
        try advance()
    }

    /// Goes to the next record if it lies whole in what has been read of the file; nil, and nothing has happened, if
    /// `advance` has to.
    @inline(__always)
    mutating func advancePassing() -> RecordView? {
        guard ahead.isEmpty, let file, let record = file.pointee.nextPassing() else { return nil }
        current = record
        return record
    }

    /// Goes to the next record.
    mutating func advance() throws(TapeError) {
        if ahead.isEmpty { current = try read() } else { try advanceAhead() }
    }

    private mutating func advanceAhead() throws(TapeError) {
        ahead.removeFront()
        if let next = ahead.front { current = next } else { current = try read() }
    }

    /// Whether no record of this file is later than `time`. Reads ahead to the first one that is.
    mutating func ends(by time: UInt64) throws(TapeError) -> Bool {
        if ahead.isEmpty, let record = current {
            ahead.append(record)
            aheadTime = record.mergeTime.nanoseconds
        }
        while aheadTime <= time {
            guard let record = try read() else { break }
            ahead.append(record)
            aheadTime = record.mergeTime.nanoseconds
        }
        current = ahead.front
        return aheadTime <= time
    }

    private mutating func read() throws(TapeError) -> RecordView? {
        if let record = try file?.pointee.next() ?? nil { return record }
        close()
        isFinished = true
        return nil
    }

    private mutating func close() {
        guard let file else { return }
        skippedCount += file.pointee.skippedCount
        file.deinitialize(count: 1)
        file.deallocate()
        self.file = nil
    }
}
