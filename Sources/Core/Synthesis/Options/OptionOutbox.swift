import DBN

/// The records of one event that are still to be written: at most a print and two sides of a quote.
struct OptionOutbox {
    struct Entry {
        var index: Int
        var action: Action
        var side: BookSide
        var price: Int
        var size: Int
        var flags: RecordFlags
        /// The best bid and offer after the record.
        var level: BidAskPair
    }

    private static let capacity = 3
    private let entries: UnsafeMutablePointer<Entry>
    private var count = 0
    private var next = 0

    init() { entries = .allocate(capacity: Self.capacity) }

    func deallocate() { entries.deallocate() }

    var isEmpty: Bool { next == count }

    /// - Precondition: an event has at most three records.
    mutating func add(_ entry: Entry) {
        if next == count { (next, count) = (0, 0) }
        precondition(count < Self.capacity, "an event has three records")
        (entries + count).initialize(to: entry)
        count += 1
    }

    /// Makes the record that was added last the last of its event.
    mutating func close(_ flags: RecordFlags) {
        if count > next { entries[count - 1].flags = flags }
    }

    mutating func take() -> Entry? {
        guard next < count else { return nil }
        next += 1
        return entries[next - 1]
    }
}
