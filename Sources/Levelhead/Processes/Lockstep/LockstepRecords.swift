import DBN
import Ring

/// The records of a run in logical time, from its first one to the end of its input.
struct LockstepRecords: ~Copyable {
    private var records: RingRecords
    /// The number of the next record.
    private(set) var position: UInt64 = 0
    /// All of them have been taken.
    private(set) var isOver = false

    init(_ site: RunSite) throws { records = try RingRecords(site, from: 0, isPacing: true) }

    /// The next one, which stands until it is asked for another; nil where none is there yet, or will be.
    mutating func next() throws -> (record: RecordView, sequence: UInt64)? {
        guard !isOver else { return nil }
        switch try records.next() {
        case .record(let record, let sequence):
            position = sequence &+ 1
            return (record, sequence)
        case .drained: break
        case .ended: isOver = true
        }
        return nil
    }
}
