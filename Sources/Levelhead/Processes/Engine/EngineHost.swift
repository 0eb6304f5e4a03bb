import Configuration
import Control
import DBN
import Determinism
import Features
import Foundation
import Observability
import MarketCalendar
import MarketData
import Orders
import Pipeline
import Platform
import Ring
import Security
import Signals
import Storage
import Streams
import Units
import ZeroMQ

/// The engine as a process: records from the ring; signals to the risk gateway, rows to whoever subscribes.
///
/// It takes nothing but records, so its state is a function of the run's tape alone.
struct EngineHost: ~Copyable {
    private static var stateVersion: UInt64 { 12 }
    private static var stride: Int { 1_024 }

    private let site: RunSite
    private let setup: MarketSetup
    private var pipeline: EnginePipeline<EngineLedger>
    private var rehearsal: EngineRehearsal<EngineLedger>
    private var refreshRehearsal = RefreshRehearsal()
    private let streams: EngineStreams
    private var records: RingRecords
    private let door: SignalDoor
    private var outputs: OutputJournal
    private var snapshots: SnapshotStore
    private let identity: SnapshotIdentity
    private var wait: IdleWait
    /// Until a record comes, but not so long that subscribers and commands wait.
    private static var sleep: WaitPolicy { WaitPolicy(spins: 200, then: .park(atMost: .milliseconds(2))) }
    /// How long the next record of a burst is waited for before anything else: a few microseconds.
    private static let breath = WaitPolicy(spins: 40, then: .returnToCaller)
    private static let tendingInterval = Nanoseconds.milliseconds(1)
    private(set) var position: UInt64
    /// The contract whose rows and signals these are.
    var signalSymbol: String { pipeline.market.leadingSymbol }
    private var tendedAt = Nanoseconds.zero
    private var isInputOver = false
    private var savedAt = MonotonicClock.now()
    private var lookedAt = Nanoseconds.zero
    private static let rehearsalInterval = Nanoseconds.seconds(5)
    /// When the rehearsal was at the present.
    private var rehearsedFrom = Nanoseconds.zero
    private var isRoomTold = false
    /// Columns, as the status names them.
    private var withoutHistory: [Int] = []

    static func open(_ site: RunSite, _ stages: StageClock, context: ZeroMQContext) throws -> EngineHost {
        let configuration = try site.configuration()
        let setup = try MarketSetup(configuration: configuration, run: site)
        var pipeline = EnginePipeline(
            plan: setup.plan, features: setup.features, trading: try setup.trading(),
            output: EngineLedger(mode: configuration.digest))
        let history = setup.history?.canonicalText ?? ""
        let identity = SnapshotIdentity(
            stateVersion: stateVersion,
            configuration: SHA256Digest(of: Array((configuration.resultText + history).utf8)))
        var snapshot: Snapshot?
        let snapshots = try SnapshotStore.open(
            of: .engine, site, outlivesPower: configuration.journal.outlivesPower, expecting: identity,
            newest: &snapshot)
        var saved = SavedStage()
        if let snapshot {
            var archive = StateArchive(loading: snapshot.state)
            try saved.persist(&archive)
            try pipeline.persist(&archive)
            try pipeline.withOutput { try $0.persist(&archive) }
            try archive.checkEnd()
        }
        let position = snapshot?.position.sequence ?? 0
        let feedQuality = pipeline.feedQuality
        let streams = try pipeline.withOutput { ledger in
            let streams = try EngineStreams(
                site, configuration.streams, context: context, root: setup.plan.signalSpecification.root,
                strikeRoom: configuration.options.maximumContracts,
                counts: .init(
                    rows: ledger.featureRows, strikeTables: ledger.strikeTables, signals: ledger.signalCount,
                    status: saved.published.first ?? 0))
            streams.feedQuality = feedQuality
            ledger.streams = streams
            return streams
        }
        let records = try RingRecords(site, from: position, isPacing: true)
        site.removeResult(.engine)
        let door = SignalDoor(
            try StageOutbox(.engine, site, context, outboxes: saved.outboxes, seal: nil), stages)
        pipeline.withOutput { $0.door = door }
        return EngineHost(
            site: site, setup: setup, pipeline: pipeline,
            rehearsal: EngineRehearsal(
                features: setup.features, trading: try setup.trading(), output: EngineLedger(mode: .second)),
            streams: streams, records: records, door: door,
            outputs: try OutputJournal.open(site.journal("engine-out"), at: saved.outputs),
            snapshots: snapshots, identity: identity, wait: IdleWait(
                configuration.ring.engineWait, hasCore: true, rehearsesGroups: configuration.cores.engine != nil),
            position: position)
    }

    private init(
        site: RunSite, setup: MarketSetup, pipeline: consuming EnginePipeline<EngineLedger>,
        rehearsal: consuming EngineRehearsal<EngineLedger>, streams: EngineStreams, records: consuming RingRecords,
        door: SignalDoor, outputs: consuming OutputJournal, snapshots: consuming SnapshotStore,
        identity: SnapshotIdentity, wait: IdleWait, position: UInt64
    ) {
        self.site = site
        self.setup = setup
        self.pipeline = pipeline
        self.rehearsal = rehearsal
        self.streams = streams
        self.records = records
        self.door = door
        self.outputs = outputs
        self.snapshots = snapshots
        self.identity = identity
        self.wait = wait
        self.position = position
    }

    /// Works until it is to stop and there is nothing to do.
    mutating func run(_ desk: ProcessDesk) throws {
        try desk.writeStatus()
        if let core = setup.configuration.cores.engine { try Cores.keepOn(core) }
        while true {
            let isBusy = try takeRecords(desk.stages)
            if isBusy {
                wait.wasBusy()
                // Rows of a burst are handed over when it is through.
                if records.wait(Self.breath), !isTendingDue { continue }
            }
            streams.flush(until: { !isInputOver && records.hasNews })
            if desk.isStopping || isTendingDue {
                try tend(desk, isBusy: isBusy)
                if desk.isStopping, !isBusy { break }
                if isBusy { continue }
            }
            if isInputOver {
                usleep(1_000)
            } else {
                if wait.isRehearsalDue() { try door.rehearse() }
                rehearse()
                records.wait(wait.policy() ?? Self.sleep)
            }
        }
        try finish()
    }

    /// Subscribers, commands and the status have waited long enough, also where records follow one another.
    private var isTendingDue: Bool { MonotonicClock.now() - tendedAt >= Self.tendingInterval }

    /// What nobody waits for as for a signal. It takes some microseconds, in which no record is taken.
    private mutating func tend(_ desk: ProcessDesk, isBusy: Bool) throws {
        tendedAt = MonotonicClock.now()
        try journal()
        pipeline.withOutput { $0.settle() }
        streams.serve(status: desk.takeStatusText(), quality: pipeline.quality)
        if let failure = streams.failure { throw failure }
        if let command = desk.mailbox.pop() { command.finish(.notConcerned) }
        try door.outbox.poll()
        desk.report(
            position: position, clock: Timestamp(nanoseconds: pipeline.market.clock),
            isDone: isInputOver && door.outbox.isSettled, recovered: records.recovered,
            produced: outputs.frameCount, lag: isBusy ? records.age : .zero)
        desk.report(signalOf: pipeline.market, quality: pipeline.quality)
        try saveIfDue()
        nameHistory(desk)
        try renewRehearsal()
    }

    private mutating func takeRecords(_ stages: StageClock) throws -> Bool {
        var count = 0
        take: while count < Self.stride {
            switch try records.next() {
            case .record(let record, let sequence):
                let taken = WallClock.now()
                streams.receivedAt = records.receivedAt == 0 ? .max : records.receivedAt
                door.origin = records.receivedAt
                pipeline.withOutput { $0.position = sequence &+ 1 }
                pipeline.take(record, sequence: sequence)
                position = sequence &+ 1
                count += 1
                measure(stages, taken: taken)
                if rehearsal.wantsBooks { rehearsal.keep(record, of: pipeline) }
                // Records come faster than they are worked on: nothing else would keep the way of a signal near.
                if count & 31 == 0, wait.isRehearsalDueAtWork() { try door.rehearse() }
            case .drained: break take
            case .ended:
                isInputOver = true
                break take
            }
        }
        try door.check()
        return count > 0
    }

    private func measure(_ stages: StageClock, taken: Timestamp) {
        guard records.receivedAt > 0 else { return }
        stages.record(.ringToTaken, taken - Timestamp(nanoseconds: records.receivedAt))
        stages.record(.takenToComputed, WallClock.now() - taken)
    }

    /// Writes down the signals that have left, when nobody waits: a call of the system takes longer than all that a
    /// signal needs. What a killed process had not written its successor makes again from the tape.
    private mutating func journal() throws {
        let signals = pipeline.withOutput { $0.takeSignals() }
        if signals.isEmpty { return }
        for (signal, position) in signals { try outputs.append(.signal(signal), at: position) }
        try outputs.flush()
    }

    private mutating func saveIfDue() throws {
        let every = setup.configuration.snapshotEvery
        let now = MonotonicClock.now()
        guard every > .zero, now - savedAt >= every else { return }
        savedAt = now
        // Without space the state before counts: the records since are on the tape.
        do { try save() } catch where StorageSpace.isMissing(error) {}
    }

    /// The next group, the end of a second and the option chain, while no record waits.
    private mutating func rehearse() {
        guard wait.rehearsesGroups, !records.hasNews, wait.isGroupRehearsalDue() else { return }
        rehearsal.step()
        rehearsal.withOutput { $0.forget() }
        if !records.hasNews { refreshRehearsal.step(&pipeline, now: MonotonicClock.now()) }
    }

    /// Lets the rehearsal go on from the present, now and then: with a history that takes a millisecond.
    private mutating func renewRehearsal() throws {
        guard wait.rehearsesGroups, !records.hasNews else { return }
        let now = MonotonicClock.now()
        guard now - rehearsedFrom >= Self.rehearsalInterval else { return }
        rehearsedFrom = now
        try rehearsal.begin(from: &pipeline)
    }

    /// Once a second at most.
    private mutating func nameHistory(_ desk: ProcessDesk) {
        let now = MonotonicClock.now()
        guard now - lookedAt >= .seconds(1) else { return }
        lookedAt = now
        let ignored = pipeline.market.options.pointee.ignoredDefinitions
        if ignored > 0, !isRoomTold {
            isRoomTold = true
            OptionRoom.warn(ignored: ignored, room: setup.configuration.options.maximumContracts)
        }
        let bars = setup.configuration.bars
        let found = pipeline.market.columnsWithoutHistory(
            averageSpan: Nanoseconds(bars.smaPeriod.count * Int64(bars.smaLength)))
        guard found != withoutHistory else { return }
        withoutHistory = found
        desk.board.setNoHistory(found.map { FeatureSchema.columns[$0].name })
    }

    private mutating func save() throws {
        guard !door.outbox.hasWaiting else { return }
        try journal()
        // What is before the saved state is not made again.
        streams.flush(until: { false })
        if setup.configuration.journal.outlivesPower { try outputs.sync() }
        var saved = SavedStage(
            outboxes: door.outbox.saved, outputs: try outputs.position(), published: [streams.statusCount])
        var archive = StateArchive()
        try saved.persist(&archive)
        try pipeline.persist(&archive)
        try pipeline.withOutput { try $0.persist(&archive) }
        try snapshots.save(
            "engine", identity,
            SnapshotPosition(sequence: position, time: Int64(bitPattern: pipeline.market.clock)),
            state: archive.bytes)
    }

    private mutating func finish() throws {
        streams.flush(until: { false })
        try journal()
        do {
            try save()
            try snapshots.sync()
        } catch where StorageSpace.isMissing(error) {}
        try outputs.finish()
        let market = MarketTally(pipeline.market)
        OptionRoom.warn(ignored: market.ignoredDefinitions, room: setup.configuration.options.maximumContracts)
        try site.write(.engine, pipeline.withOutput { $0.finish(records: position, market) })
        streams.end(quality: pipeline.quality)
    }
}
