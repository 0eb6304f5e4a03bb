import Configuration
import DBN
import Foundation
import LiveFeed
import Observability
import Orders
import Platform
import Tape
import Units

/// Takes a live feed's records and marks to the run's tape and ring.
///
/// The tape's metadata name the contracts, so what comes first is kept until the gateway has said which they are.
struct LiveIngestSink: LiveFeedSink, ~Copyable {
    private let site: RunSite
    private let configuration: ResolvedConfiguration
    private let dataset: String
    private let plan: LiveSubscriptions
    /// Follows the records to the options that belong to the chain; nil when none is subscribed to.
    var options: OptionWatch?
    /// How long records take to come here; nil where nobody asks.
    var stages: StageClock?
    /// When the first book of the present came that is not in the ring yet, by our wall clock.
    private var firstReceived: Timestamp?
    /// What comes of the futures is of the present, not of a replay; and what comes of their books.
    private var isPresent = false
    private var areBooksPresent = false
    /// How late the books of the present come.
    private var lateness: BookLateness
    /// They come too late to be of the present.
    var isBehind: Bool { lateness.isBehind }
    /// What comes is of the options' own dataset.
    var isOfChain = false
    private var ingest: IngestRun?
    /// The number of the next record.
    private(set) var sequence: UInt64 = 0
    /// Records that came before the tape began, one after the other.
    private var early: [[UInt8]] = []
    private var earlyBooks = 0
    /// Of the run's contracts, by their instruments.
    private var names: [InstrumentID: String] = [:]
    private var contracts: WantedContracts
    /// Of each of those instruments, the symbol that was asked for.
    private var askedFor: [InstrumentID: String] = [:]
    /// Since when names are waited for: since one was said, and since the session began.
    private var firstHeard: Nanoseconds?
    private var started: Nanoseconds?
    /// Contracts that a symbol has come to stand for, and that this run does not read.
    private var unread: Set<String> = []
    /// Why a gateway will not have us.
    private(set) var refusal = ""
    /// Whether the run has begun: a record of data has come, now or before.
    private(set) var hasRecords = false
    /// By the records of data so far.
    private var clock = DataClock()
    /// The largest receive time of a record of data that can be; 0 before the first.
    private var dataTime: Timestamp { clock.time }
    private var lastRecord = MonotonicClock.now()
    private var lastClock = Timestamp(nanoseconds: 0)
    private var failure: (any Error)?
    /// The first book of a run that does not take what it gets for all there is has not come: the hole before it is
    /// told in front of it.
    private var awaitsFirstBook: Bool
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 1_024, alignment: 8)
    private let unseen = UnsafeMutableRawPointer.allocate(byteCount: 1_024, alignment: 8)

    /// How long names that need not come are waited for when one was said, and those that have to.
    private static let patience = Nanoseconds.seconds(5)
    private static let longestPatience = Nanoseconds.seconds(60)
    /// How many records of books are kept meanwhile.
    private static let earlyBooksMost = 50_000

    init(_ site: RunSite, configuration: ResolvedConfiguration, dataset: String, plan: LiveSubscriptions) {
        self.site = site
        self.configuration = configuration
        self.dataset = dataset
        self.plan = plan
        options = plan.hasOptions ? plan.watch : nil
        contracts = plan.contracts
        lateness = BookLateness(limit: configuration.risk.staleAfter)
        awaitsFirstBook = plan.start != LiveSubscriptions.begin
    }

    deinit {
        scratch.deallocate()
        unseen.deallocate()
    }

    /// What is known as of the last record, of feeds that have handed this on.
    func state(_ ledgers: FeedLedgers) -> LiveIngestState {
        LiveIngestState(
            sequence: sequence, ledgers: ledgers, options: options, dataTime: dataTime,
            awaitsFirstBook: awaitsFirstBook)
    }

    /// Goes on with the tape that a killed ingest left, if there is one, and says what it had handed on of each
    /// dataset.
    ///
    /// - Parameter saved: what is known of a part of that tape.
    mutating func resume(_ saved: LiveIngestState?) throws -> FeedLedgers {
        var ledgers = FeedLedgers()
        guard let first = try site.tape.parts().first else { return ledgers }
        let tape = try MergedTape.open([first.path])
        learn(tape.sources.compactMap(\.metadata))
        try open(DBNMetadata(dataset: dataset, schema: nil, start: Timestamp(nanoseconds: 0)))
        // A power cut may have taken what a state was saved behind.
        if let saved, saved.sequence <= ingest?.nextSequence ?? 0 {
            (sequence, ledgers, options) = (saved.sequence, saved.ledgers, saved.options)
            (clock, awaitsFirstBook) = (DataClock(at: saved.dataTime), saved.awaitsFirstBook)
        }
        let known = sequence
        var reader = try site.tape.reader(at: known)
        var isDown = false
        while let (record, number) = try reader.next() {
            sequence = number + 1
            if record.type == .mbp10 { awaitsFirstBook = false }
            if Self.isOfData(record) { clock.hear(record) }
            options?.take(record)
            ledgers.take(record, chain: plan.hasIndexChain ? configuration.live.optionsDataset : nil)
            isDown = FeedMark(record).map { $0.kind == .down } ?? false
        }
        hasRecords = sequence > 0
        Terminal.writeError("levelhead: ingest goes on at record \(sequence), \(sequence - known) read again")
        if hasRecords, !isDown, let mark = try markDown() { ledgers.futures.take(mark) }
        return ledgers
    }

    /// A killed ingest could not say that its feed ended with it: until the next session nothing is of the present.
    private mutating func markDown() throws -> FeedMark? {
        guard let name = DatasetName(dataset) else { return nil }
        let mark = FeedMark(
            .down, dataset: name, time: dataTime, wallTime: WallClock.now(), reason: .stopped)
        mark.write(to: scratch)
        put(RecordView(UnsafeRawPointer(scratch)))
        try check()
        return mark
    }

    mutating func record(_ record: RecordView, sendTime: Timestamp, receiveTime: Timestamp) {
        options?.take(record)
        if areBooksPresent, record.type == .mbp10, !isOfChain { measure(record, receiveTime) }
        guard record.type == .symbolMapping else {
            hasRecords = true
            lastRecord = MonotonicClock.now()
            if Self.isOfData(record) { clock.hear(record) }
            return put(record)
        }
        learn(record)
        // The gateway stamps it with its own time; on the tape it has its place in that of the data.
        let copy = scratch
        copy.copyMemory(from: record.bytes, byteCount: record.byteCount)
        copy.storeBytes(of: dataTime.nanoseconds, toByteOffset: 8, as: UInt64.self)
        put(RecordView(UnsafeRawPointer(copy)))
    }

    /// The clocks of a record of the present: the exchange's event and sending, Databento's receiving, and ours.
    private mutating func measure(_ record: RecordView, _ received: Timestamp) {
        if isPresent {
            stages?.recordArrival(
                event: record.eventTime, sendDelta: record.load(40, as: Int32.self), vendor: record.receiveTime,
                received: received)
            if firstReceived == nil { firstReceived = received }
        }
        guard !record.hasWrongReceiveTime, let kind = lateness.take(record.receiveTime, received: received),
            let name = DatasetName(dataset)
        else { return }
        let late = "\((received - record.receiveTime).count / 1_000_000) ms"
        let words = kind == .behind ? "books come \(late) late: nothing opens on them" : "books come in time again"
        Terminal.writeError("levelhead: feed: \(words)")
        FeedMark(kind, dataset: name, time: dataTime, wallTime: WallClock.now()).write(to: scratch)
        put(RecordView(UnsafeRawPointer(scratch)))
    }

    mutating func event(_ event: FeedEvent, mark: FeedMark?) {
        switch event {
        case .live where !isOfChain: (isPresent, areBooksPresent) = (true, true)
        case .replaying(let schema, _) where !isOfChain:
            isPresent = false
            if schema == .mbp10 { areBooksPresent = false }
        case .replayed(.mbp10) where !isOfChain: areBooksPresent = true
        case .started where !isOfChain:
            started = MonotonicClock.now()
            // Until a replay of them begins.
            areBooksPresent = true
        case .notResolved(let text):
            let isNext = contracts.notFound(text)
            // A family that has no options today is nothing to worry about, and the contract after one may be far.
            if !isNext, !plan.parents.contains(where: text.contains) { Terminal.writeError("levelhead: \(text)") }
            // A run that has begun and gets no books of its signal has no feed, whatever else comes.
            if ingest != nil, !isOfChain, !contracts.refusedForGood.isEmpty {
                failure = failure ?? LiveIngestError.unresolved(contracts.refusedForGood, dataset: dataset)
            }
        case .disconnected(let failure):
            // The data that date the run may still come, with another connection.
            if !isOfChain {
                (started, firstHeard) = (nil, nil)
                endPresent()
            }
            Terminal.writeError("levelhead: \(feedName): \(failure.text)")
        case .hole(let hole): Terminal.writeError("levelhead: \(feedName): \(hole)", about: names[hole.instrument])
        case .refused(let text):
            refusal = text
            if !isOfChain { endPresent() }
        default: break
        }
        guard var mark else { return }
        // Before the first record nobody knows the data's time: that of the gateway's clock may be months away.
        if dataTime.nanoseconds == 0 { mark.time = dataTime }
        mark.write(to: scratch)
        put(RecordView(UnsafeRawPointer(scratch)))
    }

    /// The session is over.
    private mutating func endPresent() {
        (isPresent, areBooksPresent) = (false, false)
        lateness.begin()
    }

    private var feedName: String { isOfChain ? "options feed" : "feed" }

    /// Moves the run's clock on while the present has nothing to say: in the data's own time, never ahead of it.
    mutating func moveClock(_ state: FeedState, dataTime: Timestamp, after silence: Nanoseconds) {
        guard state == .live, dataTime.isDefined, ingest != nil else { return }
        let quiet = MonotonicClock.now() - lastRecord
        guard quiet >= silence else { return }
        let time = max(dataTime, lastClock) + silence
        guard time <= dataTime + quiet else { return }
        lastClock = time
        do {
            try ControlRecord.writeSystem(.heartbeat, "Heartbeat", at: time, to: scratch)
        } catch { preconditionFailure("a heartbeat is short") }
        put(RecordView(UnsafeRawPointer(scratch)))
    }

    /// - Throws: what kept a record from tape or ring.
    mutating func check() throws {
        guard let failure else { return }
        // What came before belongs to the run.
        if failure is LiveIngestError { try ingest?.flush() }
        throw failure
    }

    mutating func flush() throws {
        if ingest == nil, failure == nil { awaitNames() }
        try check()
        try ingest?.flush()
        guard ingest != nil, let received = firstReceived else { return }
        stages?.record(.receiveToRing, WallClock.now() - received)
        firstReceived = nil
    }

    mutating func finish() throws {
        let count = sequence
        try ingest?.flush()
        if let ended = ingest.take() { try ended.pause() }
        try PosixFile.replace(
            site.result(.ingest),
            with: Array(try JSONEncoder().encode(FeedCounts(records: count))) + [0x0A])
    }

    // MARK: The beginning

    /// The contracts of a run that has begun.
    private mutating func learn(_ metadata: [DBNMetadata]) {
        for mapping in metadata.flatMap(\.mappings) {
            for identity in mapping.intervals.compactMap({ UInt32($0.symbol) }) {
                names[InstrumentID(identity)] = mapping.rawSymbol
            }
        }
    }

    private mutating func learn(_ record: RecordView) {
        let view = record.symbolMapping
        let (asked, name) = (view.inputSymbol, view.outputSymbol)
        guard !isOfChain, contracts.contains(asked) else { return }
        contracts.found(asked)
        if ingest == nil {
            names[record.instrumentID] = name
            askedFor[record.instrumentID] = asked
            if firstHeard == nil { firstHeard = MonotonicClock.now() }
            return
        }
        // Every process reads the contracts once, from the beginning of the run's tape.
        guard names[record.instrumentID] != name else { return }
        if contracts.symbols.contains(asked) {
            failure = failure ?? LiveIngestError.unplanned(symbol: asked, contract: name, record.instrumentID)
        } else if unread.insert(name).inserted {
            let words = "\(asked) is now \(name), which this run does not read; the next one will"
            Terminal.writeError("levelhead: \(words)", about: name)
        }
    }

    /// Begins without the names that do not come, or gives up.
    private mutating func awaitNames() {
        let now = MonotonicClock.now()
        let isOver =
            contracts.missing.isEmpty
            ? firstHeard.map { now - $0 > Self.patience } : started.map { now - $0 > Self.longestPatience }
        // One that nothing can stand in for is refused at once; the others' data date the run, and are waited for.
        let isHopeless = contracts.isSettled && contracts.isRefused && !contracts.missing.isEmpty
        if isOver == true || isHopeless { begin() }
    }

    private mutating func put(_ record: RecordView) {
        guard failure == nil else { return }
        if ingest == nil {
            early.append(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)))
            // The books come last: with their first record every name has been said. Marks have no time before data.
            let isAllSaid = contracts.missing.isEmpty && contracts.isSettled && Self.isOfData(record)
            if record.type == .mbp10 { earlyBooks += 1 }
            if isAllSaid || earlyBooks > (contracts.missing.isEmpty ? 0 : Self.earlyBooksMost) { begin() }
            return
        }
        take(record)
    }

    private mutating func take(_ record: RecordView) {
        do {
            if awaitsFirstBook, record.type == .mbp10 { try tellUnseen(before: record) }
            try ingest?.take(record)
            sequence += 1
        } catch { failure = error }
    }

    /// A run that begins when its session is under way, without a replay, lacks what came since 18:00; and so does one
    /// whose replay from there begins later (`FeedHole.unseen`).
    private mutating func tellUnseen(before record: RecordView) throws {
        awaitsFirstBook = false
        guard let time = DataClock.beginning(record, now: WallClock.now()), let name = DatasetName(dataset) else {
            return
        }
        guard
            let hole = FeedHole.unseen(
                before: record.eventTime, session: plan.sessionOpen(at: time), replay: plan.start,
                presentSession: plan.presentSession)
        else { return }
        Terminal.writeError("levelhead: feed: \(hole)")
        let mark = FeedMark(
            .gap, dataset: name, time: time, wallTime: WallClock.now(), reason: hole.reason,
            schema: hole.schema, instrument: hole.instrument, from: hole.from, to: hole.to)
        mark.write(to: unseen)
        try ingest?.take(RecordView(UnsafeRawPointer(unseen)))
        sequence += 1
    }

    private mutating func begin() {
        do {
            guard contracts.missing.isEmpty else {
                throw LiveIngestError.unresolved(contracts.missing, dataset: dataset)
            }
            if let replaced = contracts.replaced {
                let words = "the gateway knows no contract \(replaced): the signal's book fills its orders"
                Terminal.writeError("levelhead: \(words)", about: replaced)
                names = names.filter { askedFor[$0.key].map { !contracts.replacedSymbols.contains($0) } ?? true }
            }
            let now = WallClock.now()
            let times = early.compactMap { bytes in
                bytes.withUnsafeBytes { bytes in
                    let record = Self.view(bytes)
                    return Self.isOfData(record) ? DataClock.beginning(record, now: now) : nil
                }
            }
            // Definitions may be of days before: with a replay from 18:00 they belong to the session that begins there.
            let start = max(times.min() ?? now, plan.start ?? LiveSubscriptions.begin)
            for lead in plan.leads(at: start) where !names.values.contains(lead) {
                let words = "\(lead) leads by the calendar, and the gateway does not have it"
                Terminal.writeError("levelhead: \(words)", about: lead)
            }
            try open(metadata(from: start))
            try ingest?.begin(at: start)
            for bytes in early {
                bytes.withUnsafeBytes { take(Self.view($0)) }
            }
            early = []
        } catch { failure = error }
    }

    private static func view(_ bytes: UnsafeRawBufferPointer) -> RecordView {
        guard let base = bytes.baseAddress else { preconditionFailure("a record has bytes") }
        return RecordView(base)
    }

    /// Not stamped with the gateway's own time.
    private static func isOfData(_ record: RecordView) -> Bool {
        switch record.type {
        case .system, .symbolMapping, .error: false
        default: true
        }
    }

    private mutating func open(_ metadata: DBNMetadata) throws {
        ingest = try IngestRun.open(
            site, metadata: metadata, configuration: configuration, isPaced: false,
            isStopping: { StopSignal.isRaised })
        try ingest?.republish()
    }

    private func metadata(from start: Timestamp) -> DBNMetadata {
        let dates = (UTCDay.yyyymmdd(of: start - .hours(24)), UTCDay.yyyymmdd(of: start + .hours(30 * 24)))
        let mappings = names.sorted { $0.key < $1.key }.map { identity, symbol in
            SymbolMapping(
                rawSymbol: symbol,
                intervals: [MappingInterval(startDate: dates.0, endDate: dates.1, symbol: "\(identity.raw)")])
        }
        return DBNMetadata(
            dataset: dataset, schema: nil, start: start, stypeIn: .rawSymbol, stypeOut: .instrumentID,
            mappings: mappings.sorted { $0.rawSymbol < $1.rawSymbol })
    }
}

/// What was handed on of each dataset.
struct FeedLedgers {
    var futures = ReplayLedger()
    var chain = ReplayLedger()

    /// Takes a record of the tape.
    ///
    /// - Parameter chain: the options' dataset, when they have one of their own.
    mutating func take(_ record: RecordView, chain dataset: String?) {
        if let mark = FeedMark(record) {
            if mark.dataset.description == dataset { chain.take(mark) } else { futures.take(mark) }
        } else if dataset != nil, record.publisherID != RecordView.globex {
            _ = chain.take(record)
        } else {
            _ = futures.take(record)
        }
    }
}
