import DBN
import Determinism
import Units

/// The market of one run: ten-level records of one contract, made as they are asked for, the same for every reader.
///
/// It walks at random, trades at the touch, sweeps through several levels now and then, falls silent, is halted, shows
/// books that nobody can use, and goes over the daily break, with a gap of up to 15 points, when the run begins shortly
/// before it. Between its records lie the marks of a live feed.
final class SimulatedTape {
    static let instrument = InstrumentID(7)
    static let tick: Int64 = 250_000_000

    private var random: SeededGenerator
    private var feed: SimulatedFeed
    private let trouble: Double
    private(set) var records: [SimulatedRecord] = []
    private(set) var bid: Int64 = 20_000
    private var spread: Int64 = 1
    private var time: UInt64
    private let close: UInt64
    private var isHalted = false
    /// From here on nothing unusual happens any more.
    var isCalm = false

    /// - Parameters:
    ///   - start: of the first record.
    ///   - close: from here on there are no records for an hour.
    init(seed: UInt64, start: UInt64, close: UInt64, trouble: Double) {
        random = SeededGenerator(seed: seed)
        feed = SimulatedFeed(seed: ~seed)
        self.trouble = trouble
        self.close = close
        time = start
        appendBook(flags: [.last, .snapshot])
    }

    /// The record of a number from 0 on; nil when it has not been received by `now`.
    func record(_ number: Int, at now: UInt64) -> SimulatedRecord? {
        while number >= records.count { makeNext() }
        return records[number].received <= now ? records[number] : nil
    }

    /// When the first record arrives that has not been received by `now`.
    func next(after now: UInt64) -> UInt64 {
        while (records.last?.received ?? 0) <= now { makeNext() }
        return records.first { $0.received > now }?.received ?? now
    }

    private func makeNext() {
        if let (kind, schema) = feed.next(isCalm: isCalm) { return appendMark(kind, schema) }
        passTime()
        if time >= close, time < close + Self.breakTime { return appendBreak() }
        if !isCalm, random.chance(trouble * 0.1) || isHalted { return appendStatus() }
        if isCalm, isHalted { return appendStatus() }
        move()
    }

    private func passTime() {
        time += random.microseconds(1_000...50_000)
        if !isCalm, random.chance(trouble) { time += random.microseconds(100_000...40_000_000) }
    }

    /// The exchange's word at 17:00 and at 18:00, and a gap between them.
    private func appendBreak() {
        time = close
        appendStatus(.close)
        time = close + Self.breakTime + 1_000_000
        isHalted = false
        appendStatus(.trading)
        bid += Int64(random.draw(-60...60))
    }

    static let breakTime: UInt64 = 3_600_000_000_000

    private func move() {
        if random.chance(0.35) {
            let isBuy = random.chance(0.5)
            let reach = random.chance(0.1) ? Int64(random.draw(1...10)) : 0
            if reach > 0 || random.chance(0.3) { bid += isBuy ? max(1, reach) : -max(1, reach) }
            let price = isBuy ? bid + spread : bid
            return append(.trade, side: isBuy ? .bid : .ask, price: price, size: UInt32(random.draw(1...30)))
        }
        if random.chance(0.2) { bid += random.chance(0.5) ? 1 : -1 }
        spread = random.chance(0.1) ? 2 : 1
        let isBad = !isCalm && random.chance(trouble)
        appendBook(flags: isBad ? [.last, .maybeBadBook] : [.last, .snapshot])
    }

    // MARK: Records

    private func appendBook(flags: RecordFlags) {
        append(.add, side: .bid, price: bid, size: 1, flags: flags)
    }

    private func append(
        _ action: Action, side: BookSide, price: Int64, size: UInt32, flags: RecordFlags = .last
    ) {
        let head = MarketByPriceRecord(
            header: header, price: Price(nanos: price * Self.tick), size: size, action: action, side: side,
            flags: flags, receiveTime: Timestamp(nanoseconds: time + Self.delay),
            sequence: UInt32(truncatingIfNeeded: records.count + 1))
        let levels = (0..<10).map { level in
            BidAskPair(
                bidPrice: (bid - Int64(level)) * Self.tick, askPrice: (bid + spread + Int64(level)) * Self.tick,
                bidSize: UInt32(random.draw(1...40)), askSize: UInt32(random.draw(1...40)), bidCount: 3, askCount: 3)
        }
        add(RecordByteCount.mbp10) { base in
            levels.withUnsafeBufferPointer { levels in _ = head.write(levels: levels, to: base) }
        }
    }

    private func appendStatus() {
        isHalted.toggle()
        appendStatus(isHalted ? .halt : .trading)
        if isHalted { time += random.microseconds(10_000...5_000_000) }
    }

    private func appendStatus(_ action: StatusAction) {
        let record = StatusRecord(
            header: header, receiveTime: Timestamp(nanoseconds: time + Self.delay), action: action)
        add(RecordByteCount.status) { record.write(to: $0) }
    }

    private func appendMark(_ kind: FeedMark.Kind, _ schema: Schema?) {
        guard let dataset = DatasetName("GLBX.MDP3") else { return }
        let now = Timestamp(nanoseconds: time + Self.delay)
        let mark = FeedMark(kind, dataset: dataset, time: now, wallTime: now, schema: schema)
        add(RecordByteCount.system) { _ = mark.write(to: $0) }
    }

    /// From the exchange to us, ns.
    private static let delay: UInt64 = 80_000

    private var header: RecordHeader {
        RecordHeader(publisherID: 1, instrumentID: Self.instrument, eventTime: Timestamp(nanoseconds: time))
    }

    private func add(_ byteCount: Int, _ write: (UnsafeMutableRawPointer) -> Void) {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map(write) }
        records.append(SimulatedRecord(received: time + Self.delay, bytes: bytes))
    }
}

/// One record as it lies in the ring.
struct SimulatedRecord {
    let received: UInt64
    let bytes: [UInt8]

    /// Lends the record to a fold.
    func withView(_ body: (RecordView) -> Void) {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            body(RecordView(base))
        }
    }
}
