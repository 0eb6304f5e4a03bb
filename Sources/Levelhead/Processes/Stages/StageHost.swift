import Configuration
import Control
import DBN
import Determinism
import Foundation
import MarketCalendar
import Observability
import Orders
import Pipeline
import Platform
import Ring
import Security
import Storage
import Streams
import Tape
import Units
import ZeroMQ

/// Runs one stage of the order path as a process: records from the ring, messages from channels, outputs into channels.
///
/// What comes in beside the records is journaled before anything that follows from it leaves, so the stage is a
/// function of the run's tape and its journal: a process that was killed folds both again and puts out the same.
struct StageHost<Hosted: HostedStage & ~Copyable>: ~Copyable {
    private static var stateVersion: UInt64 { 20 }
    /// Records between two looks at everything else.
    private static var stride: Int { 1_024 }

    let site: RunSite
    let setup: MarketSetup
    var hosted: Hosted
    var fold: StageFold<Hosted.Stage>
    var records: RingRecords
    var inbox: StageInbox
    var outbox: StageOutbox
    var journals: StageJournals
    /// Whoever subscribes; nil where there is nothing to see.
    let streams: StageStreams?
    var snapshots: SnapshotStore
    let identity: SnapshotIdentity
    private let lock: TradingLock
    /// The run's own epoch that the lock word was brought up to.
    private var caughtUpTo: UInt64 = 0
    var clock: MessageClock
    /// Event time while nothing comes from the ring; nil on recorded tape, whose time is its own.
    private var eventClock: EventClock?
    /// Records taken: the number of the next one.
    private(set) var position: UInt64
    private var isInputOver = false
    /// Another process has taken inputs of this run before.
    private let hasPredecessor: Bool
    private let isLive: Bool
    /// When the record was received that led to what is being done, by our wall clock, ns; 0 when unknown.
    private var origin: UInt64 = 0
    private var acknowledgements = AcknowledgementClock()
    private var wait: IdleWait
    /// The disk is full: nothing opens, and what protects and closes goes on in the journals' reserve. What was said of
    /// it; nil while it is not.
    private var diskTrouble: String?
    /// When the loop last came around, and until when nobody's silence means anything.
    private var lookedAt = MonotonicClock.now()
    private var deafUntil = Nanoseconds.zero
    /// Since when the other gateway is not heard.
    private var silentFrom: Nanoseconds?
    /// Until when records may still be on their way that came while it was away.
    private var graceEnd = Nanoseconds.zero
    private static var absence: Nanoseconds { .milliseconds(200) }
    var savedAt = MonotonicClock.now()
    private var tickedAt = MonotonicClock.now()

    /// Opens everything and brings the stage to where it was when the process before this one ended.
    static func open(_ site: RunSite, context: ZeroMQContext) throws -> StageHost {
        let configuration = try site.configuration()
        let setup = try MarketSetup(configuration: configuration, run: site)
        let trading = try setup.trading()
        let isLive = try site.isLive()
        var hosted = try Hosted(site, setup, isLive: isLive)
        var fold = StageFold(
            plan: setup.plan, features: setup.features, trading: trading, stage: Hosted.stage(trading))
        let identity = SnapshotIdentity(
            stateVersion: stateVersion, configuration: SHA256Digest(of: Array(configuration.resultText.utf8)))
        let outlivesPower = configuration.journal.outlivesPower
        var snapshot: Snapshot?
        let snapshots = try SnapshotStore.open(
            of: Hosted.role, site, outlivesPower: outlivesPower, expecting: identity, newest: &snapshot)
        var saved = SavedStage()
        if let snapshot {
            var archive = StateArchive(loading: snapshot.state)
            try saved.persist(&archive)
            try fold.persist(&archive)
            try hosted.persist(&archive)
            try archive.checkEnd()
        }
        let name = Hosted.role.rawValue
        try hosted.open(site, at: snapshot?.position)
        var outputs = try OutputJournal.open(site.journal("\(name)-out"), at: saved.outputs)
        let inputPath = site.journal("\(name)-in")
        let entries = try InputJournal.read(inputPath, from: snapshot?.position.journal ?? .start)
        var inputs = try InputJournal.open(inputPath)
        // Of what a killed process had written the disk may have nothing yet.
        if outlivesPower { try inputs.sync() }
        let seal = try Hosted.seal(site)
        let lock = try TradingLock(stateDirectory: site.stateDirectory)
        var outbox = try StageOutbox(
            Hosted.role, site, context, outboxes: saved.outboxes, seal: seal, lock: lock.word,
            life: trading.approvalLife)
        let streams = try StageStreams.open(
            Hosted.role, site, context: context, root: setup.plan.tradedSpecification.root, first: saved.published)
        var refold = StageRefold(site: site, streams: streams, position: snapshot?.position.sequence ?? 0)
        let clock = try refold.run(entries, &fold, &hosted, &outputs, &outbox, next: &saved.next, time: saved.time)
        let hasPredecessor = snapshot != nil || !entries.isEmpty
        let inbox = try StageInbox(
            Hosted.role, site, context, next: saved.next, seal: seal, silence: configuration.risk.peerSilence,
            mayHaveHeard: hasPredecessor)
        let records = try RingRecords(site, from: refold.position, isPacing: true)
        site.removeResult(Hosted.role)
        return StageHost(
            site: site, setup: setup, hosted: hosted, fold: fold, records: records, inbox: inbox, outbox: outbox,
            journals: StageJournals(inputs: inputs, outputs: outputs, configuration.journal), streams: streams,
            snapshots: snapshots, identity: identity, lock: lock,
            clock: clock, wait: .ofGateway(configuration), position: refold.position,
            hasPredecessor: hasPredecessor, isLive: isLive)
    }

    private init(
        site: RunSite, setup: MarketSetup, hosted: consuming Hosted, fold: consuming StageFold<Hosted.Stage>,
        records: consuming RingRecords, inbox: consuming StageInbox, outbox: consuming StageOutbox,
        journals: consuming StageJournals, streams: StageStreams?,
        snapshots: consuming SnapshotStore, identity: SnapshotIdentity, lock: TradingLock, clock: MessageClock,
        wait: IdleWait, position: UInt64, hasPredecessor: Bool, isLive: Bool
    ) {
        self.site = site
        self.setup = setup
        self.hosted = hosted
        self.fold = fold
        self.records = records
        self.inbox = inbox
        self.outbox = outbox
        self.journals = journals
        self.streams = streams
        self.snapshots = snapshots
        self.identity = identity
        self.lock = lock
        self.clock = clock
        self.isLive = isLive
        let isMoved = Hosted.followsEventTime && isLive
        eventClock = isMoved ? EventClock(at: self.fold.now.event, now: MonotonicClock.now()) : nil
        self.wait = wait
        self.position = position
        self.hasPredecessor = hasPredecessor
    }

    /// The contract that orders are for.
    var tradedSymbol: String { fold.tradedSymbol }

    // MARK: The loop

    /// Works until it is to stop and there is nothing to do. What its receivers have not taken by then goes out after
    /// a restart.
    mutating func run(_ desk: ProcessDesk) throws {
        if streams != nil { try desk.writeStatus() }
        if let usage = hosted.carriedOver(isNew: !hasPredecessor) {
            try take(.control, .carried(usage))
            // Before the first record, and whoever comes after a crash has it from the journal.
            try journals.keepInputs()
            hosted.secure(fold)
            try send()
        }
        if Hosted.numbersOrders, isLive, let epoch = try site.orderEpoch(), epoch > 1 {
            try take(.control, .request(.identities(of: epoch)))
            try send()
        }
        if hasPredecessor, let request = Hosted.afterRestart {
            try take(.control, .request(request))
            try send()
        }
        while true {
            inbox.listen()
            var isBusy = try takeRecords()
            isBusy = try takeLock() || isBusy
            try takeSilence()
            try moveOn(every: EventClock.interval)
            isBusy = try takeMessages(desk.stages) || isBusy
            isBusy = try takeCommands(desk) || isBusy
            isBusy = try takeVisitors() || isBusy
            try tick()
            try outbox.poll(at: messageTime)
            try takeWithheld()
            try show()
            try streams?.serve(now: MonotonicClock.now(), status: desk.takeStatusText())
            if !journals.inputs.isUnwritten { try hosted.record() }
            try checkDisk(desk)
            hosted.follow(&fold)
            report(desk, isBusy: isBusy)
            if desk.isStopping, !isBusy { break }
            try saveIfDue()
            if isBusy { wait.wasBusy() } else { try rest() }
        }
        try finish()
    }

    /// A message ends the sleep at once, a record within a millisecond: what follows from a record of itself (a fill on
    /// paper, a mark) is no answer that anybody waits for.
    private mutating func rest() throws {
        if wait.isRehearsalDue() { try rehearse() }
        if !isInputOver, let policy = wait.policy() {
            records.wait(policy) { inbox.isCalled }
        } else {
            inbox.wait()
        }
    }

    /// Keeps near what the next message needs: messages are rare, and what is done between two of them takes its place
    /// in the caches. Changes nothing that anybody sees.
    private mutating func rehearse() throws {
        try inbox.rehearse { source, message in
            try journals.inputs.rehearse(InputJournal.Entry(
                source: source, position: position, sequence: 0, time: fold.clock.message, message: message))
        }
        try outbox.rehearse()
    }

    private mutating func takeRecords() throws -> Bool {
        var count = 0
        take: while count < Self.stride {
            switch try records.next() {
            case .record(let record, let sequence):
                origin = records.receivedAt
                fold.take(record, sequence: sequence)
                position = sequence &+ 1
                count += 1
                try emit()
            case .drained: break take
            case .ended:
                isInputOver = true
                break take
            }
        }
        if count > 0 {
            eventClock?.hear(fold.clock.event, isLive: fold.isFeedLive, now: MonotonicClock.now())
            // Nobody waits for it, and a successor that takes the messages at other records must not put out otherwise.
            // What it follows from goes first: outputs without their inputs could not be made again.
            if outbox.hasWaiting {
                try journals.keepInputs()
                try journals.outputs.flush()
            }
            try send()
        }
        return count > 0
    }

    /// Takes every message that may be taken now: one that was sent at a later record waits until that is here. What
    /// follows from a message leaves before the next one is looked for, unless each time the disk would be waited for.
    private mutating func takeMessages(_ stages: StageClock) throws -> Bool {
        let leavesAtOnce = !journals.outlivesPower
        var timed: (stage: Observability.Stage, taken: Timestamp)?
        var isBusy = false
        while let (source, sequence, envelope) = try inbox.next(at: position) {
            let taken = WallClock.now()
            origin = envelope.origin
            if let stage = stage(of: envelope.message.kind) { timed = (stage, taken) }
            switch envelope.message {
            case .command(let command) where command.opens: record(.ringToVenue, stages, until: taken)
            case .event(let event):
                if let span = acknowledgements.hear(event.order, taken) { stages.record(.orderToAcknowledgement, span) }
            default: break
            }
            let time = clock.now(fold.clock)
            try take(InputJournal.Entry(
                source: source, position: position, sequence: sequence, time: time,
                message: hosted.received(envelope.message, origin: envelope.origin, now: taken, time: time)))
            isBusy = true
            if leavesAtOnce, outbox.hasWaiting { try send(timing: &timed, stages) }
        }
        if isBusy {
            try send(timing: &timed, stages)
            try acknowledge()
        }
        return isBusy
    }

    private mutating func send(
        timing timed: inout (stage: Observability.Stage, taken: Timestamp)?, _ stages: StageClock
    ) throws {
        try send()
        guard let (stage, taken) = timed else { return }
        timed = nil
        let sent = WallClock.now()
        stages.record(stage, sent - taken)
        if stage == .verdictToOrder { record(.ringToOrder, stages, until: sent) }
    }

    /// Of what no disk has, the senders keep a copy.
    private mutating func acknowledge() throws {
        if !journals.inputs.isUnwritten { try inbox.acknowledge() }
    }

    /// Of the way that began with a record.
    private func record(_ stage: Observability.Stage, _ stages: StageClock, until end: Timestamp) {
        if origin > 0 { stages.record(stage, end - Timestamp(nanoseconds: origin)) }
    }

    /// What the way of a message through this process is called, for those that are timed.
    private func stage(of kind: StageMessage.Kind) -> Observability.Stage? {
        switch kind {
        case .signal: .signalToVerdict
        case .approval: .verdictToOrder
        default: nil
        }
    }

    private mutating func takeCommands(_ desk: ProcessDesk) throws -> Bool {
        guard let command = desk.mailbox.pop() else { return false }
        // Whoever asked has been told that nobody knows, and may have done something else.
        if command.isTooLate(WallClock.now()), !hosted.hasTaken(command) {
            command.finish(.refused, AnswerDetails(message: "too late: ask again"))
            return true
        }
        if command.verb == .resume, Hosted.diskFull != nil, let diskTrouble {
            command.finish(.failed, AnswerDetails(message: diskTrouble))
            return true
        }
        // An operator's order is judged by the age that the book has now.
        try moveOn(every: .zero)
        switch hosted.begin(command, &fold) {
        case .notConcerned: command.finish(.notConcerned)
        case .refuse(let why): command.finish(.failed, AnswerDetails(message: why))
        case .wait: break
        case .take(let request):
            try take(.control, .request(request))
            try send()
            // Also where nothing follows from it: what is answered is not lost.
            try journals.keepInputs()
            hosted.answer(command, &fold)
        }
        return true
    }

    /// What the lock word says is an input of those who have to know, as soon as it changes.
    private mutating func takeLock() throws -> Bool {
        guard let known = hosted.lock else { return false }
        // Of a run that goes on in another state directory, or over an older file; tried once.
        if lock.word.load().epoch < known.epoch, known.epoch != caughtUpTo {
            caughtUpTo = known.epoch
            if lock.word.catchUp(with: EpochState(epoch: known.epoch, isLocked: known.isLocked)) {
                RunLog.note("lock word: brought up to epoch \(lock.word.load().epoch)")
            }
        }
        guard let news = known.news(lock.word.load(), cause: { lock.cause }) else { return false }
        RunLog.note("lock word: \(news.request == .arm ? "open" : "locked"), epoch \(news.epoch)")
        try take(.control, .request(news))
        try send()
        return true
    }

    /// A gateway that is not heard any more, or again, is an input of the other one.
    private mutating func takeSilence() throws {
        let now = MonotonicClock.now()
        // Who was stopped itself has heard nobody meanwhile: what was said in that time is still on its way.
        if now - lookedAt > Self.absence {
            deafUntil = now + setup.configuration.risk.peerSilence
            // On a machine that stands still again and again, time goes on all the same.
            if now - graceEnd > .seconds(1) { graceEnd = now + Self.absence }
        }
        lookedAt = now
        guard let peer = hosted.peer, let news = peer.news(inbox.isHeard(peer.channel)) else {
            silentFrom = nil
            return
        }
        if news.request == .peerSilent {
            silentFrom = silentFrom ?? now
            guard now >= deafUntil, now - (silentFrom ?? now) >= Hosted.peerPatience else { return }
        }
        silentFrom = nil
        RunLog.note("\(peer.channel.from.rawValue) is \(news.request == .peerHeard ? "heard again" : "silent")")
        try take(.control, .request(news))
        try send()
    }

    /// Event time goes on while nothing comes from the ring: then limits bite, and no book stays young. Who was stopped
    /// itself first takes what came meanwhile.
    private mutating func moveOn(every interval: Nanoseconds) throws {
        let now = MonotonicClock.now()
        guard !isInputOver, now >= graceEnd, let time = eventClock?.due(now, every: interval) else { return }
        try take(.clock, .clock(time))
        // Whoever comes after a crash goes on from there.
        try journals.flushInputs()
        try send()
    }

    /// What did not leave, because its epoch was over in the last instant or its approval had expired, is an input too.
    private mutating func takeWithheld() throws {
        let orders = outbox.takeWithheld()
        if orders.isEmpty { return }
        for order in orders { try take(.control, .request(order.request)) }
        try send()
    }

    private mutating func takeVisitors() throws -> Bool {
        var isBusy = false
        while let message = hosted.nextVisitor() {
            try take(.visitor, message)
            isBusy = true
        }
        if isBusy { try send() }
        return isBusy
    }

    private var messageTime: Timestamp { mutating get { clock.now(fold.clock) } }

    /// Takes what comes through no channel.
    private mutating func take(_ source: InputSource, _ message: StageMessage) throws {
        origin = 0
        try take(InputJournal.Entry(
            source: source, position: position, sequence: 0, time: clock.now(fold.clock),
            message: message))
    }

    private mutating func tick() throws {
        guard fold.awaitsTime else { return }
        let now = MonotonicClock.now()
        let interval = hosted.isHurried ? min(Hosted.tickInterval, .milliseconds(1)) : Hosted.tickInterval
        guard now - tickedAt >= interval else { return }
        tickedAt = now
        try take(.clock, .tick)
        try send()
    }

    private mutating func take(_ entry: InputJournal.Entry) throws {
        try journals.inputs.append(entry)
        fold.take(entry.message, at: entry.time)
        hosted.observe(entry.message, fold)
        try emit(after: entry.message)
    }

    /// Journals what the stage has put out, and keeps it until it may leave.
    ///
    /// - Parameter cause: the message that it follows from; nil for a record.
    private mutating func emit(after cause: StageMessage? = nil) throws {
        let at = position
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        for message in messages {
            hosted.observe(message, fold)
            if Hosted.sendsOrders, case .command(let command) = message, command.kind == .submit {
                acknowledgements.add(command.order.id)
            }
            try journals.put(message, at: at)
            outbox.add(message, at: at, origin: origin, after: cause, time: cause == nil ? messageTime : clock.last)
            streams?.add(message, at: at)
        }
        if hosted.hasManyUnrecorded {
            try journals.keepInputs()
            if !journals.inputs.isUnwritten { try hosted.record() }
        }
    }

    /// Shows whoever subscribes what has been put out, when what it follows from is journaled.
    mutating func show() throws {
        guard let streams, streams.hasWaiting else { return }
        try journals.keepInputs()
        try streams.publish()
    }

    /// What came in is safe; then what follows from it leaves.
    private mutating func send() throws {
        guard outbox.hasWaiting || inbox.hasUnacknowledged else { return }
        try journals.keep(withOutputs: Hosted.sendsOrders)
        hosted.secure(fold)
        outbox.mayOpen = !journals.isLow && !hosted.isDiskFull
        try outbox.send(at: messageTime)
        if acknowledgements.hasUnsent, !outbox.hasWaiting { acknowledgements.sent(WallClock.now()) }
        try journals.outputs.flush()
    }

    /// A disk that is full, or has space again, is said, and is an input of who can reduce.
    private mutating func checkDisk(_ desk: ProcessDesk) throws {
        let isFull = journals.isLow || hosted.isDiskFull
        let trouble = isFull ? journals.trouble ?? "disk full: nothing opens until there is space" : nil
        guard trouble != diskTrouble else { return }
        let isNews = isFull != (diskTrouble != nil)
        diskTrouble = trouble
        try acknowledge()
        Terminal.writeError(
            "levelhead: \(Hosted.role.rawValue): \(site.directory): \(trouble ?? "there is space again")")
        guard isNews else { return }
        desk.board.setMissing(isFull ? ["disk space"] : [])
        guard isFull, let request = Hosted.diskFull else { return }
        try take(.control, .request(request))
        try send()
    }

    private func report(_ desk: ProcessDesk, isBusy: Bool) {
        desk.report(
            position: position, clock: fold.clock.message, isDone: isInputOver && !isBusy && outbox.isSettled,
            recovered: records.recovered, dropped: hosted.dropped(fold), produced: journals.outputs.frameCount,
            lag: isBusy ? records.age : .zero)
        hosted.report(desk, fold)
    }
}
