import DBN
import Units

/// One file of a merge while it is read: closed before its first record is due and after its last.
struct MergeHead: ~Copyable {
    private var file: TapeFile?
    private var ahead = RecordQueue()
    /// The latest receive time in `ahead`.
    private var aheadTime: UInt64 = 0
    /// The record whose turn it is; nil before opening and after the end.
    private(set) var current: RecordView?
    private(set) var skippedCount: UInt64 = 0
    private(set) var isFinished = false

    init() {}

    /// Nil when the file is not open.
    var bytesRead: Int? {
        switch file {
        case .some(let file): file.position.bytesRead
        case .none: nil
        }
    }

    mutating func open(_ source: TapeSource, fragment: FragmentFormat?) throws(TapeError) {
        file = try TapeFile.open(source.path, fragment: fragment)
        try advance()
    }

    /// Goes to the next record.
    mutating func advance() throws(TapeError) {
        ahead.removeFront()
        if let next = ahead.front { current = next } else { current = try read() }
        if current == nil { isFinished = true }
    }

    /// Whether no record of this file is later than `time`. Reads ahead to the first one that is.
    mutating func ends(by time: UInt64) throws(TapeError) -> Bool {
        if ahead.isEmpty, let record = current {
            ahead.append(record)
            aheadTime = record.receiveTime.nanoseconds
        }
        while aheadTime <= time {
            guard let record = try read() else { break }
            ahead.append(record)
            aheadTime = record.receiveTime.nanoseconds
        }
        current = ahead.front
        return aheadTime <= time
    }

    private mutating func read() throws(TapeError) -> RecordView? {
        guard let record = try file?.next() ?? nil else {
            if let ended = file.take() { skippedCount += ended.skippedCount }
            return nil
        }
        return record
    }
}
