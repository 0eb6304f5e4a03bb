import DBN
import Units

/// Builds `mbp-10` records from order-by-order (`mbo`) records by Databento's conventions:
///
/// - a record for every add, cancel, modify and clear that changes one of the ten best levels, with the order's own
///   price, size, side, times, sequence and flags, the depth of its level, and the levels after it;
/// - a record for every trade, the levels unchanged; none for fills, which repeat the trade from the resting side;
/// - one record for a whole snapshot: action `A`, side `N`, no price, the flags of its last order with F_LAST;
/// - F_LAST on the last record written of an event, also when the order that closed it lies deeper than ten levels.
///
/// For conversion, not for the live path: the order map grows. Records come out by `drain`, delayed to the end of their
/// event.
public struct MBP10Builder {
    public static let recordByteCount = 48 + 10 * MemoryLayout<BidAskPair>.size
    private static let depthMax = 10
    /// Feeds without F_LAST would be held back for ever; no event of a venue has this many records.
    private static let heldMax = 65_536

    private struct Instrument {
        var book = OrderByOrderBook()
        /// The position in `held` of its last record, while its event is open.
        var openRecord: Int?
        /// The last order of a snapshot that is still coming in.
        var snapshot: (event: OrderEvent, time: UInt64)?
        let header: UInt64
    }

    private var instruments: [Instrument] = []
    /// From publisher and instrument id, the header's bytes 2 to 7, to the position in `instruments`.
    private var positions: [UInt64: Int] = [:]
    private var openRecords = 0
    private var held: [UInt8] = []

    public init() {}

    /// Cancels of orders that were never added: the input began late or has a hole.
    public var unknownOrders: Int { instruments.reduce(0) { $0 + $1.book.unknownOrders } }
    /// Adds of order ids that were resting already.
    public var repeatedOrders: Int { instruments.reduce(0) { $0 + $1.book.repeatedOrders } }

    /// Takes one record. Amortised constant time but for the copy of ten levels.
    /// - Precondition: the record is of type `.mbo` and has that type's 56 bytes.
    public mutating func apply(_ record: RecordView) {
        precondition(record.type == .mbo && record.byteCount >= 56, "an mbo record")
        let event = OrderEvent(record)
        let time = record.eventTime.nanoseconds
        let position = position(of: record)
        if event.flags.contains(.snapshot) {
            _ = instruments[position].book.apply(event)
            instruments[position].snapshot = (event, time)
            if event.flags.contains(.last) { endSnapshot(position) }
            return
        }
        endSnapshot(position)
        let change = instruments[position].book.apply(event)
        if let depth = depth(of: change, event, position) {
            write(event, time: time, depth: depth, position)
        } else if event.flags.contains(.last) {
            markLast(position)
        }
        if event.flags.contains(.last) { close(position) }
    }

    /// Ends the input: nothing is held back any more.
    public mutating func finish() {
        for position in instruments.indices {
            endSnapshot(position)
            close(position)
        }
    }

    /// Hands over the records whose event has ended, in order. Each is valid only during its call.
    public mutating func drain<Failure: Error>(_ body: (RecordView) throws(Failure) -> Void) throws(Failure) {
        guard !held.isEmpty, openRecords == 0 || held.count >= Self.heldMax * Self.recordByteCount else { return }
        if openRecords > 0 { for position in instruments.indices { close(position) } }
        let bytes = held
        held.removeAll(keepingCapacity: true)
        for start in stride(from: 0, to: bytes.count, by: Self.recordByteCount) {
            let result = bytes.withUnsafeBytes { raw in
                Result { () throws(Failure) in
                    guard let base = raw.baseAddress else { return }
                    try body(RecordView(base + start))
                }
            }
            try result.get()
        }
    }

    private mutating func position(of record: RecordView) -> Int {
        let header = record.load(0, as: UInt64.self) >> 16
        if let last = instruments.last, last.header == header { return instruments.count - 1 }
        if let position = positions[header] { return position }
        positions[header] = instruments.count
        instruments.append(Instrument(header: header))
        return instruments.count - 1
    }

    /// The depth to report, or nil when nothing within the ten best levels changed.
    private func depth(of change: OrderByOrderBook.Change, _ event: OrderEvent, _ position: Int) -> Int? {
        switch change {
        case .cleared: return 0
        case .level(let best, let reported): return best < Self.depthMax ? min(reported, Self.depthMax - 1) : nil
        case .none: return event.action == .trade ? 0 : nil
        }
    }

    private mutating func endSnapshot(_ position: Int) {
        guard let (event, time) = instruments[position].snapshot else { return }
        instruments[position].snapshot = nil
        write(event, time: time, depth: nil, position)
        close(position)
    }

    /// - Parameter depth: nil for a snapshot's record.
    private mutating func write(_ event: OrderEvent, time: UInt64, depth: Int?, _ position: Int) {
        let start = held.count
        held.append(contentsOf: repeatElement(0, count: Self.recordByteCount))
        let book = instruments[position].book
        let header = instruments[position].header << 16
        let lengthAndType = UInt64(Self.recordByteCount / 4) | UInt64(RecordType.mbp10.rawValue) << 8
        let isSnapshot = depth == nil
        held.withUnsafeMutableBytes { raw in
            func store<T: BitwiseCopyable>(_ value: T, _ offset: Int) {
                raw.storeBytes(of: value, toByteOffset: start + offset, as: T.self)
            }
            store(header | lengthAndType, 0)
            store(time, 8)
            store(isSnapshot ? Int64.max : event.price, 16)
            store(isSnapshot ? 0 : event.size, 24)
            store(isSnapshot ? Action.add.rawValue : event.action.rawValue, 28)
            store(isSnapshot ? BookSide.none.rawValue : event.side.rawValue, 29)
            store(isSnapshot ? event.flags.union(.last).rawValue : event.flags.rawValue, 30)
            store(UInt8(depth ?? 0), 31)
            store(event.receiveTime, 32)
            store(event.sendTimeDelta, 40)
            store(event.sequence, 44)
            for index in 0..<Self.depthMax { store(book.level(index), 48 + index * MemoryLayout<BidAskPair>.size) }
        }
        if instruments[position].openRecord == nil { openRecords += 1 }
        instruments[position].openRecord = start
    }

    private mutating func markLast(_ position: Int) {
        guard let start = instruments[position].openRecord else { return }
        held[start + 30] |= RecordFlags.last.rawValue
    }

    private mutating func close(_ position: Int) {
        guard instruments[position].openRecord != nil else { return }
        instruments[position].openRecord = nil
        openRecords -= 1
    }
}

extension OrderByOrderBook {
    /// One level of both sides, as an `mbp-10` record has it.
    func level(_ depth: Int) -> BidAskPair {
        let bid = bids.level(depth)
        let ask = asks.level(depth)
        return BidAskPair(
            bidPrice: bid?.price ?? .max, askPrice: ask?.price ?? .max, bidSize: UInt32(clamping: bid?.size ?? 0),
            askSize: UInt32(clamping: ask?.size ?? 0), bidCount: bid?.count ?? 0, askCount: ask?.count ?? 0)
    }
}
