import DBN
import Determinism
import Units

/// Consecutive trades of one event group at one price with one aggressor.
@frozen public struct TradeRun: BitwiseCopyable, Sendable, Equatable {
    /// Price in ticks.
    public var price: Int32
    /// +1 buy aggressor, −1 sell aggressor, 0 not given.
    public var aggressor: Int32
    /// Contracts.
    public var size: Int64

    @inlinable public init(price: Int32, aggressor: Int32, size: Int64) {
        self.price = price
        self.aggressor = aggressor
        self.size = size
    }
}

/// What happened at one contract between two states in which its book may be read: the records up to and including the
/// one with F_LAST, folded.
@frozen public struct EventGroup: BitwiseCopyable, Sendable {
    /// Time of the group in ns: `ts_event` of its last record, but never before an earlier group's.
    public var time: UInt64 = 0
    /// Raw `ts_event` of its records, ns: decides which windows and bars the group belongs to.
    public var eventTime: UInt64 = 0
    /// `ts_recv` of that record, ns: the group is knowable from then on.
    public var receiveTime: UInt64 = 0
    /// Ring sequence of that record.
    public var sequence: UInt64 = 0
    /// Its `ts_in_delta`, ns: how long before `receiveTime` the exchange sent it.
    public var sendTimeDelta: Int32 = 0
    /// Accepted records.
    public var recordCount: Int32 = 0
    /// A record restated the book (F_SNAPSHOT): what changed is not flow.
    public var hasSnapshot = false
    /// A record cleared the book (action R).
    public var hasClear = false

    @inlinable public init() {}

    /// When the exchange sent the last record, ns; `UInt64.max` before the first.
    public var sendTime: UInt64 { recordCount == 0 ? .max : receiveTime &- UInt64(bitPattern: Int64(sendTimeDelta)) }
}

/// Assembles the MBP-10 records of one contract into event groups.
///
/// For each record the caller asks `check`; a record that passes may end the open group first (`endsOpenGroup`), then
/// goes to `append`; F_LAST, on a rejected record too, ends the group. Between `close` and the next `append` the
/// properties describe the closed group; `advance` says that it has been used.
public struct EventGroupAssembler: ~Copyable {
    /// Counters of what the feed did; only ever added to.
    public struct Counters: BitwiseCopyable, Sendable, Equatable {
        public var records: UInt64 = 0
        public var groups: UInt64 = 0
        /// Groups that ended by a new `ts_event`, or with their second, instead of F_LAST.
        public var missingLast: UInt64 = 0
        public var crossedGroups: UInt64 = 0
        /// Records of a second that had ended already: they count in the next one, and in the next bar (FEATURES A.5).
        public var late: UInt64 = 0
        public var rejected: InlineArray<4, UInt64> = .init(repeating: 0)

        public init() {}

        public mutating func add(_ other: Counters) {
            records &+= other.records
            groups &+= other.groups
            missingLast &+= other.missingLast
            crossedGroups &+= other.crossedGroups
            late &+= other.late
            for reason in rejected.indices { rejected[reason] &+= other.rejected[reason] }
        }

        public static func == (a: Counters, b: Counters) -> Bool {
            a.records == b.records && a.groups == b.groups && a.missingLast == b.missingLast
                && a.crossedGroups == b.crossedGroups && a.late == b.late
                && a.rejected.indices.allSatisfy { a.rejected[$0] == b.rejected[$0] }
        }
    }

    public private(set) var counters = Counters()
    /// The group being assembled, or the one just closed.
    public private(set) var group = EventGroup()
    /// The book before the group, and the one after the records so far.
    private let books: UnsafeMutablePointer<Book>
    /// What the group's records changed: its book differs from the one before it in these levels at most.
    public private(set) var change = BookChange()
    /// False until a first group was closed: before it there is nothing to compare with.
    public private(set) var hasBefore = false
    /// F_MAYBE_BAD_BOOK was seen, and neither a snapshot nor a clear since.
    public private(set) var isSuspect = false
    public private(set) var isOpen = false

    /// An event lies before its receipt, but clocks differ: so much it may lie after everything received so far, ns.
    private static let clockSkew: UInt64 = 60_000_000_000

    private var reader: BookReader
    private var lastGroupTime: UInt64 = 0
    private var lastGroup = EventGroup()
    private var closedSuspect = false
    /// Records were lost and none has come since.
    public private(set) var isRestating = false
    private var tradeStorage: UnsafeMutablePointer<TradeRun>
    private var tradeCapacity = 1_024
    private var tradeCount = 0

    public init(tickSize: TickSize) {
        reader = BookReader(tickSize: tickSize)
        tradeStorage = .allocate(capacity: tradeCapacity)
        books = .allocate(capacity: 2)
        books.initialize(repeating: Book(), count: 2)
    }

    deinit {
        tradeStorage.deallocate()
        books.deallocate()
    }

    /// The book before the group. The pointer stays good as long as the assembler lives.
    public var before: UnsafePointer<Book> { UnsafePointer(books) }
    /// The book after the records so far. The pointer stays good as long as the assembler lives.
    public var book: UnsafePointer<Book> { UnsafePointer(books + 1) }
    /// The book after the last closed group: what may be read while a group is open.
    public var settledBook: UnsafePointer<Book> { isOpen ? before : book }
    /// Whether that book is suspect.
    public var isSettledSuspect: Bool { isOpen ? closedSuspect : isSuspect }
    /// The last closed group.
    public var closedGroup: EventGroup { isOpen ? lastGroup : group }

    /// The trades of the group in the order they printed. Valid until the next `append`.
    public var trades: UnsafeBufferPointer<TradeRun> {
        UnsafeBufferPointer(start: tradeStorage, count: tradeCount)
    }

    /// Whether `record` cannot belong to the open group, which must be closed first: F_LAST was missing.
    public func endsOpenGroup(_ record: MarketByPriceView) -> Bool {
        isOpen && record.record.eventTime.nanoseconds != group.eventTime
    }

    /// Whether the record can be taken. A rejected one changes nothing but its counter.
    ///
    /// - Parameter latestTime: the largest receive time so far in ns, 0 at the start.
    public mutating func check(_ record: MarketByPriceView, latestTime: UInt64) -> RecordRejection? {
        let rejection = rejection(of: record, latestTime: latestTime)
        if let rejection { counters.rejected[Int(rejection.rawValue)] &+= 1 }
        return rejection
    }

    /// Records of this contract are missing: its book is suspect until the next group, which restates it, so that the
    /// difference between the two is not taken for flow.
    public mutating func loseRecords() {
        isSuspect = true
        closedSuspect = true
        isRestating = true
    }

    /// The record in hand belongs to a second that has ended.
    @inline(__always) public mutating func countLate() { counters.late &+= 1 }

    /// Takes the record that was checked last into the group.
    public mutating func append(_ record: MarketByPriceView, sequence: UInt64) {
        let eventTime = record.record.eventTime.nanoseconds
        if !isOpen {
            isOpen = true
            group = EventGroup()
            change = .none
            tradeCount = 0
            if isRestating { restate() }
        }
        let flags = record.flags
        let action = record.action
        if action == .clear {
            isSuspect = false
            group.hasClear = true
        }
        if flags.contains(.snapshot) {
            isSuspect = false
            group.hasSnapshot = true
        }
        if flags.contains(.maybeBadBook) { isSuspect = true }
        if action == .trade, let price = reader.grid.ticks(record.price.nanos) {
            appendTrade(price: price, side: record.side, size: record.size)
        }
        group.eventTime = eventTime
        group.receiveTime = record.receiveTime.nanoseconds
        group.sendTimeDelta = record.sendTimeDelta
        group.sequence = sequence
        group.recordCount &+= 1
        counters.records &+= 1
        reader.read(record, into: books + 1, change: &change)
    }

    /// A record of this schema has the whole book: with it nothing is missing any more.
    private mutating func restate() {
        isRestating = false
        isSuspect = false
        group.hasSnapshot = true
    }

    /// Ends the open group. False when there is none, that is when all of its records were rejected.
    public mutating func close(missingLast: Bool) -> Bool {
        guard isOpen else { return false }
        isOpen = false
        if missingLast { counters.missingLast &+= 1 }
        counters.groups &+= 1
        if books[1].isCrossed { counters.crossedGroups &+= 1 }
        lastGroupTime = max(lastGroupTime, group.eventTime)
        group.time = lastGroupTime
        lastGroup = group
        closedSuspect = isSuspect
        return true
    }

    /// Makes the book after the closed group the book before the next one. Called when the group has been used.
    public mutating func advance() {
        let after = books + 1
        if change.bidSlots != 0 { books.bid.follow(after.bid, slots: change.bidSlots, moved: change.bidPricesMoved) }
        if change.askSlots != 0 { books.ask.follow(after.ask, slots: change.askSlots, moved: change.askPricesMoved) }
        hasBefore = true
    }

    @inline(__always)
    private mutating func rejection(of record: MarketByPriceView, latestTime: UInt64) -> RecordRejection? {
        guard record.record.byteCount >= 368 else { return .tooShort }
        let time = record.record.eventTime.nanoseconds
        guard time <= latestTime &+ Self.clockSkew else { return .implausibleTime }
        let price = record.price.nanos
        guard price == .max || reader.grid.ticks(price) != nil else { return .offTick }
        guard record.size < BookReader.quantityLimit || record.action != .trade else { return .implausibleQuantity }
        return reader.check(record)
    }

    private mutating func appendTrade(price: Int32, side: BookSide, size: UInt32) {
        let aggressor: Int32 = side == .bid ? 1 : side == .ask ? -1 : 0
        if tradeCount > 0 {
            let last = tradeStorage + (tradeCount - 1)
            if last.pointee.price == price, last.pointee.aggressor == aggressor {
                last.pointee.size &+= Int64(size)
                return
            }
        }
        if tradeCount == tradeCapacity { growTrades() }
        (tradeStorage + tradeCount).initialize(to: TradeRun(price: price, aggressor: aggressor, size: Int64(size)))
        tradeCount &+= 1
    }

    /// Only a group with more than a thousand changes of price or side comes here.
    private mutating func growTrades() {
        let larger = UnsafeMutablePointer<TradeRun>.allocate(capacity: tradeCapacity * 2)
        larger.moveInitialize(from: tradeStorage, count: tradeCount)
        tradeStorage.deallocate()
        tradeStorage = larger
        tradeCapacity *= 2
    }
}

extension EventGroupAssembler: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("event-group")
        try archive.field(&counters)
        try archive.field(&group)
        try archive.field(&books[0])
        try archive.field(&books[1])
        try archive.field(&change)
        try archive.field(&hasBefore)
        try archive.field(&isSuspect)
        try archive.field(&isRestating)
        try archive.field(&isOpen)
        try archive.field(&reader)
        try archive.field(&lastGroupTime)
        try archive.field(&lastGroup)
        try archive.field(&closedSuspect)
        var runs = Array(trades)
        try archive.field(&runs)
        if archive.isLoading {
            tradeCount = 0
            for run in runs {
                if tradeCount == tradeCapacity { growTrades() }
                (tradeStorage + tradeCount).initialize(to: run)
                tradeCount += 1
            }
        }
    }
}
