import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Orders
import Units

/// Records of all contracts in, their books and features out: the engine's fold over the ring.
///
/// Each contract of the signal's root has an engine with state of its own, so that a roll switches to a contract that
/// is warm; only the leading one writes vectors. The clock is the largest receive time seen on any stream.
public struct MarketFold: ~Copyable {
    public let plan: InstrumentPlan
    public let calendar: TradingCalendar
    /// The largest receive time so far, ns.
    public private(set) var clock: UInt64 = 0
    /// The contract that leads, a place in `plan.signal`.
    public private(set) var leader = 0
    /// Records of instruments or kinds that nothing here uses.
    public private(set) var unusedRecords: UInt64 = 0

    /// The traded contract's place in `plan.traded` while `leader` leads; −1 when the leader's own book fills the
    /// orders.
    private(set) var tradedSlot = -1
    /// The contract that led before `leader` in this run, and its place in `plan.traded` or −1; −1 when none did.
    private(set) var former = -1
    private(set) var formerSlot = -1
    /// The option chain of the signal contracts, with its strikes.
    public let options: UnsafeMutablePointer<OptionBoard>
    private let engineCount: Int
    let engines: UnsafeMutablePointer<ContractEngine>
    let tradedBooks: UnsafeMutablePointer<ContractBook>
    let routes: UnsafeMutablePointer<Route>
    let routeCount: Int
    private var session: SessionTimes
    /// Sessions are collected: nobody wants vectors.
    private let isCollecting: Bool
    /// A live feed ended, or replays books, and has not replayed them to the present.
    var areBooksPast = false
    /// What comes of the present comes too late to be so now.
    private var areBooksLate = false
    private var areBooksOfNow: Bool { !areBooksPast && !areBooksLate }
    /// Other records than the books are still of the past.
    private var isCatchingUp = false
    private var present: FeedCondition { areBooksLate ? .late : isCatchingUp ? .catchingUp : .live }
    /// While books are replayed, by the contract's place: the largest receive time of its own records, ns, where these
    /// lie behind what another stream has said already; else 0.
    let lagging: UnsafeMutablePointer<UInt64>
    /// The same: the time of the first record that came too late for what had been made of its time, ns; else `.max`.
    let belated: UnsafeMutablePointer<UInt64>
    /// A receive time that jumped and that no second record has confirmed yet, ns.
    private var jump: UInt64 = 0
    /// 0 before the first book, ns.
    private var nextSessionOpen: UInt64 = 0

    /// A stamp further in the future than this is not believed (as `RecordRejection.implausibleTime`).
    private static let farthest = Timestamp.nanosecondsPerWeek

    /// A dataset that has no futures.
    private static let optionsDataset = DatasetName("OPRA.PILLAR")

    /// Schemas that bring quotes and trades of options.
    private static let optionSchemas: [Schema] = [.mbp1, .cmbp1, .tbbo, .tcbbo]

    private static let minute: UInt64 = 60_000_000_000

    /// Where the records of one id go between two instants.
    struct Route: BitwiseCopyable {
        var instrument: InstrumentID
        var start: UInt64
        var end: UInt64
        var isTraded: Bool
        var slot: Int32
    }

    /// - Parameter configuration: of the signal contracts; its tick size is the plan's.
    public init(plan: InstrumentPlan, configuration: FeatureConfiguration) {
        self.plan = plan
        calendar = configuration.calendar
        session = calendar.sessionInForce(Timestamp(nanoseconds: 0))
        isCollecting = configuration.collectsSessions
        engineCount = plan.signal.count
        tradedSlot = plan.tradedBook(leader: 0) ?? -1
        engines = .allocate(capacity: engineCount)
        for slot in plan.signal.indices {
            (engines + slot).initialize(to: ContractEngine(configuration: configuration))
            engines[slot].expect(expiry: calendar.expiry(of: plan.signal[slot].contract))
        }
        lagging = .allocate(capacity: max(engineCount, 1))
        lagging.initialize(repeating: 0, count: max(engineCount, 1))
        belated = .allocate(capacity: max(engineCount, 1))
        belated.initialize(repeating: .max, count: max(engineCount, 1))
        options = .allocate(capacity: 1)
        options.initialize(to: Self.board(plan, configuration))
        for slot in plan.signal.indices { engines[slot].optionBoard = options }
        tradedBooks = .allocate(capacity: max(plan.traded.count, 1))
        for slot in plan.traded.indices {
            let book = ContractBook(tickSize: plan.tradedSpecification.tick, calendar: calendar)
            (tradedBooks + slot).initialize(to: book)
        }
        let all = Self.routes(plan.signal, isTraded: false) + Self.routes(plan.traded, isTraded: true)
        routes = .allocate(capacity: max(all.count, 1))
        for (index, route) in all.enumerated() { (routes + index).initialize(to: route) }
        routeCount = all.count
    }

    deinit {
        engines.deinitialize(count: plan.signal.count)
        engines.deallocate()
        lagging.deallocate()
        belated.deallocate()
        options.deinitialize(count: 1)
        options.deallocate()
        tradedBooks.deinitialize(count: plan.traded.count)
        tradedBooks.deallocate()
        routes.deallocate()
    }

    private static func routes(_ contracts: [TapeContract], isTraded: Bool) -> [Route] {
        contracts.enumerated().flatMap { slot, contract in
            contract.identities.map {
                Route(
                    instrument: $0.instrument, start: $0.start.nanoseconds, end: $0.end.nanoseconds,
                    isTraded: isTraded, slot: Int32(slot))
            }
        }
    }

    /// The counters of all signal contracts together.
    public var signalCounters: EventGroupAssembler.Counters {
        var sum = EventGroupAssembler.Counters()
        for slot in plan.signal.indices { sum.add(engines[slot].assembler.counters) }
        return sum
    }

    /// Gives away the sessions that ended since the last call, each of the contract that led in it, in the order of
    /// their dates; none unless the configuration collects them.
    ///
    /// - Parameter keepsLast: not the last one of a contract: records of it may still turn out to be missing.
    public mutating func takeEndedSessions(keepsLast: Bool = false) -> [CollectedSession] {
        var ended: [CollectedSession] = []
        for slot in plan.signal.indices {
            for session in engines[slot].takeEndedSessions(keepsLast: keepsLast)
            where plan.leader(on: session.session.tradeDate, calendar: calendar) == slot {
                ended.append(session)
            }
        }
        return ended.sorted { $0.session.tradeDate < $1.session.tradeDate }
    }

    /// No record comes any more: the sessions that are being collected end.
    public mutating func endTape<Sink: MarketSink & ~Copyable>(sink: inout Sink) {
        for slot in plan.signal.indices { engines[slot].endTape(sink: &sink) }
    }

    /// Who says whether the leading contract's market is open.
    public var statusSource: TradingStatus.Source { engines[leader].statusSource }

    /// The contract whose records make rows and signals.
    public var leadingSymbol: String { plan.signal[leader].contract.rawSymbol }
    /// What is wrong with the vector that there would be of it now, but for the feed's own state.
    public var leaderQuality: DataQuality { engines[leader].rowQuality }

    /// Looks at the leading contract.
    func withLeader<Result>(_ body: (borrowing ContractEngine) -> Result) -> Result { body(engines[leader]) }

    /// A record of the leading contract's book.
    func isLeadersBook(_ record: RecordView) -> Bool {
        guard record.type == .mbp10, record.byteCount == RecordByteCount.mbp10 else { return false }
        let (instrument, received) = (record.instrumentID, record.marketByPrice.receiveTime.nanoseconds)
        return (0..<routeCount).contains { index in
            let route = routes[index]
            return route.instrument == instrument && !route.isTraded && Int(route.slot) == leader
                && route.start <= received && received < route.end
        }
    }

    /// Makes `engine` what the leading contract's is now, but for the option chain. False when that has no record yet.
    /// O(its state), which changes nothing of it.
    mutating func copyLeader(to engine: inout ContractEngine) throws(StateArchive.Failure) -> Bool {
        guard engines[leader].hasStarted else { return false }
        var saved = StateArchive()
        try engines[leader].persist(&saved)
        var loaded = StateArchive(loading: saved.finish())
        try engine.persist(&loaded)
        return true
    }

    /// How often each level of the leading contract has been tested since it became active.
    public var levelTests: KeyValuePairs<LevelKind, Int64> {
        [
            .premarketHigh: engines[leader].testCount(.premarketHigh),
            .premarketLow: engines[leader].testCount(.premarketLow),
            .openingRangeHigh: engines[leader].testCount(.openingRangeHigh),
            .openingRangeLow: engines[leader].testCount(.openingRangeLow),
            .movingAverage: engines[leader].testCount(.movingAverage),
        ]
    }

    /// Takes the next record of the merged tape or the ring.
    ///
    /// - Parameter sequence: its position there.
    public mutating func take<Sink: MarketSink & ~Copyable>(_ record: RecordView, sequence: UInt64, sink: inout Sink) {
        let isBook = record.type == .mbp10
        let received = (isBook ? record.marketByPrice.receiveTime : record.receiveTime).nanoseconds
        hear(received, of: record)
        if options.pointee.nextRefresh < clock { refreshOptions(for: sequence, sink: &sink) }
        guard isBook, let route = route(record, received: received)?.pointee else {
            takeRest(record, received: received, sink: &sink)
            return
        }
        if route.isTraded {
            // Replayed books of the traded contract may all come before those of the signal's.
            if !areBooksPast { enterSession(with: record.marketByPrice, sink: &sink) }
            passTime(except: -1, sink: &sink)
            takeTraded(record.marketByPrice, slot: Int(route.slot), sequence: sequence, sink: &sink)
        } else {
            takeSignal(record.marketByPrice, slot: Int(route.slot), sequence: sequence, sink: &sink)
        }
    }

    /// Takes a record that is not the book of a contract of the plan.
    private mutating func takeRest<Sink: MarketSink & ~Copyable>(
        _ record: RecordView, received: UInt64, sink: inout Sink
    ) {
        let type = record.type
        if type == .status, let route = route(record, received: received)?.pointee {
            takeStatus(record, route, sink: &sink)
            passTime(except: -1, sink: &sink)
            return
        }
        passTime(except: -1, sink: &sink)
        switch type {
        case .statistics, .instrumentDefinition: takeReference(record, received: received)
        case .system: takeSystem(record, sink: &sink)
        default: takeOther(record)
        }
    }

    /// Moves the clock to the record's receive time, unless that cannot be: nothing could bring the clock back.
    ///
    /// A stamp that lies far from the record's own event is not believed (an order restated from long ago, too, leaves
    /// the clock to the records after it), nor is one that Databento calls wrong, nor one that jumps more than a week,
    /// until a second record says the same.
    @inline(__always)
    private mutating func hear(_ received: UInt64, of record: RecordView) {
        guard received > clock, received < Timestamp.latest.nanoseconds else { return }
        let event = record.eventTime.nanoseconds
        guard received <= event &+ Self.farthest, event <= received &+ Self.farthest else { return }
        guard tellsTime(record) else { return }
        if received > clock &+ Self.minute, record.hasWrongReceiveTime { return }
        guard jump == 0, received <= clock &+ Self.farthest else { return hearJump(to: received) }
        clock = received
    }

    /// A gateway stamps its own messages with its own time, which in a replay of the past is not that of the data. Our
    /// marks have their place in it, and a heartbeat that follows the present. While the books are of the past, so is
    /// the time: what the options' own dataset says of the present would make their replay late, and so would the word
    /// of an ingest that was killed meanwhile, which has the time of the last record of either.
    @inline(__always)
    private func tellsTime(_ record: RecordView) -> Bool {
        switch record.type {
        case .symbolMapping, .error: false
        case .system:
            FeedMark(record).map { !areBooksPast || !Self.isOfChain($0) && $0.kind != .down }
                ?? isHeartbeatOfPresent(record)
        default:
            areBooksOfNow || clock == 0 || record.type == .mbp10 || record.publisherID == RecordView.globex
        }
    }

    private static func isOfChain(_ mark: FeedMark) -> Bool { mark.dataset == optionsDataset }

    private func isHeartbeatOfPresent(_ record: RecordView) -> Bool {
        guard !areBooksPast, record.byteCount >= RecordByteCount.system, record.systemMessage.code == .heartbeat
        else { return false }
        return clock > 0 && record.eventTime.nanoseconds <= clock &+ Self.minute
    }

    /// Hears of a time after one that jumped, or that jumps itself.
    private mutating func hearJump(to received: UInt64) {
        let isConfirmed = received <= jump &+ Self.farthest && jump <= received &+ Self.farthest
        guard clock == 0 || received <= clock &+ Self.farthest || (jump > 0 && isConfirmed) else {
            jump = received
            return
        }
        jump = 0
        clock = received
    }

    /// Mappings name days of the receive time. A record outside all of them (an order restated from days before) goes
    /// where its id went.
    @inline(__always)
    private mutating func route(_ record: RecordView, received: UInt64) -> UnsafePointer<Route>? {
        let instrument = record.instrumentID
        var sameInstrument: UnsafePointer<Route>?
        for index in 0..<routeCount where routes[index].instrument == instrument {
            let route = UnsafePointer(routes + index)
            if received >= route.pointee.start, received < route.pointee.end { return route }
            sameInstrument = sameInstrument ?? route
        }
        return sameInstrument
    }

    /// Settlements and expirations of the signal contracts, and what options say of themselves.
    private mutating func takeReference(_ record: RecordView, received: UInt64) {
        guard let route = route(record, received: received)?.pointee, !route.isTraded else {
            takeOther(record)
            return
        }
        if record.type == .statistics, record.byteCount >= RecordByteCount.statistics {
            engines[Int(route.slot)].takeStatistics(record.statistics)
        } else if record.type == .instrumentDefinition, record.byteCount >= RecordByteCount.instrumentDefinition {
            engines[Int(route.slot)].takeDefinition(record.instrumentDefinition)
        } else {
            unusedRecords &+= 1
        }
    }

    private mutating func takeTraded<Sink: MarketSink & ~Copyable>(
        _ record: MarketByPriceView, slot: Int, sequence: UInt64, sink: inout Sink
    ) {
        let (isLive, isFormer) = (slot == tradedSlot, slot == formerSlot)
        tradedBooks[slot].take(record, sequence: sequence, clock: clock) { book in
            if isLive { sink.tradedGroup(book) } else if isFormer { sink.formerGroup(book) }
        }
    }

    private mutating func takeSignal<Sink: MarketSink & ~Copyable>(
        _ record: MarketByPriceView, slot: Int, sequence: UInt64, sink: inout Sink
    ) {
        enterSession(with: record, sink: &sink)
        passTime(except: slot, sink: &sink)
        let told = areBooksPast ? replayClock(of: slot, record) : clock
        engines[slot].take(record, sequence: sequence, clock: told, sink: &sink)
    }

    /// What a live feed says of itself, or a clock that moves on while it is silent.
    private mutating func takeSystem<Sink: MarketSink & ~Copyable>(_ record: RecordView, sink: inout Sink) {
        guard let mark = FeedMark(record) else {
            unusedRecords &+= 1
            return
        }
        if mark.kind == .gap, mark.schema.map({ Self.optionSchemas.contains($0) }) ?? true {
            let end = mark.to.isDefined ? mark.to.nanoseconds : clock
            for slot in 0..<engineCount { engines[slot].loseOptions(to: end) }
        }
        // Its quotes age by themselves, and no book depends on them.
        guard !Self.isOfChain(mark) else { return }
        let isOfBooks = mark.schema == nil || mark.schema == .mbp10
        switch mark.kind {
        case .gap where isOfBooks: loseRecords(mark, sink: &sink)
        case .gap where mark.schema == .status: loseStatus(mark, sink: &sink)
        case .down, .refused:
            (areBooksPast, areBooksLate) = (true, false)
            sink.feedChanged(.lost)
        case .replaying:
            areBooksPast = areBooksPast || isOfBooks
            isCatchingUp = true
            sink.feedChanged(areBooksPast ? .replaying : present)
        case .replayed where isOfBooks && areBooksPast:
            endReplay(sink: &sink)
            isCatchingUp = true
            sink.feedChanged(present)
        case .live:
            endReplay(sink: &sink)
            isCatchingUp = false
            sink.feedChanged(present)
        // The books are as they were received; only what they say of now is not so.
        case .behind, .abreast:
            areBooksLate = mark.kind == .behind
            if !areBooksPast { sink.feedChanged(present) }
        case .gap, .replayed, .slow: break
        }
    }

    func hasStarted(_ slot: Int) -> Bool { engines[slot].hasStarted }

    /// Takes a record that is neither a future's book nor a status: an option's, or nobody's.
    private mutating func takeOther(_ record: RecordView) {
        let levels = engines[leader].level(.premarketHigh)
        if !options.pointee.take(record, clock: clock, leader: levels) { unusedRecords &+= 1 }
    }

    /// Values the option chain at every whole second that has passed, with what was received up to it. The engines live
    /// through the seconds before each, so that the row at the end of a second shows that second's chain.
    private mutating func refreshOptions<Sink: MarketSink & ~Copyable>(for sequence: UInt64, sink: inout Sink) {
        while options.pointee.nextRefresh < clock {
            let time = options.pointee.nextRefresh
            let limit = min(time &- OptionBoard.second, session.close.nanoseconds)
            for slot in 0..<engineCount {
                if lagging[slot] == 0 { engines[slot].tick(clock: clock, upTo: limit, sink: &sink) }
                options.pointee.setForward(slot, engines[slot].forward(at: time))
            }
            let hadMembers = options.pointee.totals.members > 0
            let leading = leader(at: time)
            options.pointee.refresh(leader: leading, clock: clock)
            guard hadMembers || options.pointee.totals.members > 0 else { continue }
            sink.chainRefreshed(options.pointee.strikes, at: time, sequence: sequence, leader: engines[leading])
        }
    }

    /// A session's first seconds are the next leader's, although no book of the session has come yet.
    private func leader(at time: UInt64) -> Int {
        guard time >= nextSessionOpen else { return leader }
        return plan.leader(on: calendar.sessionInForce(Timestamp(nanoseconds: time)).tradeDate, calendar: calendar)
    }

    /// Tells every engine but one the time.
    @inline(__always)
    private mutating func passTime<Sink: MarketSink & ~Copyable>(except slot: Int, sink: inout Sink) {
        for other in 0..<engineCount where other != slot && lagging[other] == 0 {
            engines[other].tick(clock: clock, sink: &sink)
        }
    }

    /// A session begins with its first book, of the signal's or the traded contract: profit, loss and limits of a day
    /// are the traded one's.
    @inline(__always)
    private mutating func enterSession<Sink: MarketSink & ~Copyable>(
        with record: MarketByPriceView, sink: inout Sink
    ) {
        let time = record.record.eventTime.nanoseconds
        if time >= nextSessionOpen, time <= clock &+ Self.minute { enterSession(at: time, sink: &sink) }
    }

    private mutating func enterSession<Sink: MarketSink & ~Copyable>(at time: UInt64, sink: inout Sink) {
        // The seconds of the session that ends are its leader's, and are told before the next session begins.
        for slot in plan.signal.indices {
            engines[slot].tick(clock: clock, upTo: session.close.nanoseconds, sink: &sink)
        }
        let hasBegun = nextSessionOpen > 0
        session = calendar.sessionInForce(Timestamp(nanoseconds: time))
        nextSessionOpen = calendar.nextSession(after: Timestamp(nanoseconds: time)).open.nanoseconds
        let next = plan.leader(on: session.tradeDate, calendar: calendar)
        if hasBegun, next != leader {
            former = leader
            formerSlot = tradedSlot
            followFormer()
        }
        leader = next
        for other in 0..<engineCount { engines[other].isLeading = other == leader && !isCollecting }
        tradedSlot = plan.tradedBook(leader: leader) ?? -1
        sink.sessionBegan(session, leader: leader)
        tellStatus(at: min(time, clock), sink: &sink)
    }

    private mutating func followFormer() {
        for slot in 0..<engineCount { engines[slot].isFollowed = slot == former && formerSlot < 0 && !isCollecting }
    }
}

extension MarketFold: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("market")
        try archive.field(&clock)
        try archive.field(&areBooksPast)
        try archive.field(&areBooksLate)
        try archive.field(&isCatchingUp)
        for slot in 0..<engineCount {
            try archive.field(&lagging[slot])
            try archive.field(&belated[slot])
        }
        try archive.field(&jump)
        try archive.field(&leader)
        try archive.field(&unusedRecords)
        try archive.field(&session)
        try archive.field(&nextSessionOpen)
        try archive.field(&tradedSlot)
        try archive.field(&former)
        try archive.field(&formerSlot)
        followFormer()
        try options.pointee.persist(&archive)
        for slot in plan.signal.indices { try engines[slot].persist(&archive) }
        for slot in plan.traded.indices { try tradedBooks[slot].persist(&archive) }
    }
}
