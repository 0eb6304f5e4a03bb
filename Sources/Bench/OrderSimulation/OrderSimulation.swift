import Determinism
import Execution
import Orders
import Pipeline
import Units

/// The order path in one thread: the folds of the real processes under a simulated clock, market, network, disk and
/// venue. One seed decides everything.
public final class OrderSimulation {
    let world: SimulatedWorld
    let configuration: RunConfiguration
    let engine: SignalProcess
    let risk: StageProcess<RiskFollower>
    let execution: StageProcess<ExecutionFollower>
    let venue: StageProcess<VenueFollower>
    let channels: [SimulatedChannel]
    let lies: VenueLies
    let watcher: Watcher
    let desk: OperatorDesk
    let defect: SeededDefect?
    var processes: [any SimulatedProcess] { [engine, risk, execution, venue] }
    /// What happened, for who wants to know whether the faults came at all.
    public internal(set) var counts = RunCounts()

    /// - Parameters:
    ///   - defect: put into the wiring to see whether it is noticed.
    ///   - traces: the lines of the trace are kept.
    public init(seed: UInt64, defect: SeededDefect? = nil, traces: Bool = false) throws {
        var random = SeededGenerator(seed: seed)
        // Of its own, so that it moves nothing else of the run.
        var mode = SeededGenerator(seed: ~seed)
        let books = RunConfiguration.Books(&mode)
        let configuration = try RunConfiguration(&random, books, closesAtOpen: mode.chance(0.5))
        let faults = FaultPlan(&random)
        let tape = SimulatedTape(
            seed: random.next(), start: configuration.start, close: configuration.close, trouble: faults.marketTrouble)
        let world = SimulatedWorld(
            seed: seed, now: configuration.start, random: random.split(), faults: faults, tape: tape, traces: traces)
        let kind = configuration.netsBooks ? ", books net" : configuration.hasTwoAccounts ? ", two accounts" : ""
        world.trace("\(faults)\(kind)\(configuration.trading.execution.closesAtOpen ? ", closes at the open" : "")")
        world.looksAway = defect == .ignoreEpoch
        world.approvalLife = configuration.trading.approvalLife
        world.looksAwayFromAge = defect == .ignoreAge
        let names = ["signals", "approvals", "fills", "commands", "events"]
        channels = names.map { SimulatedChannel($0) }
        lies = VenueLies(faults.lies, seed: random.next()) { [unowned world] in world.trace($0) }
        engine = SignalProcess(world, channels[0], seed: random.next())
        let build = StageBuild(world: world, configuration: configuration, defect: defect)
        risk = build.risk(inbound: [channels[0], channels[2]], approvals: channels[1])
        execution = build.execution(
            inbound: [channels[1], channels[4]], fills: channels[2], commands: channels[3])
        venue = build.venue(inbound: [channels[3]], events: channels[4], lies)
        watcher = Watcher(
            world, risk: risk, execution: execution, venue: venue, lies: lies, configuration: configuration)
        desk = OperatorDesk(
            world, risk: risk, execution: execution, approvals: channels[1], configuration: configuration)
        self.world = world
        self.configuration = configuration
        self.defect = defect
        // The world is held by all of these.
        world.onFlush = { [unowned watcher] in watcher.flushed() }
        world.onLeft = { [unowned watcher] in watcher.left($0) }
        world.onAnswer = { [unowned desk] in desk.heard($0, from: $1) }
    }

    public var violation: Violation? { world.violation }
    public var trace: [String] { world.lines ?? [] }

    /// Runs so many rounds with faults, lets everything settle, and flattens what no flatten has ended. Ends at the
    /// first violation.
    @discardableResult
    public func run(steps: Int) -> Violation? {
        for _ in 0..<steps where violation == nil { round(isFaulty: true) }
        heal()
        if violation == nil { settle() }
        if violation == nil { endFlatten() }
        if violation == nil { flattenAtTheEnd() }
        if violation == nil { foldAgain() }
        counts.add(self)
        return violation
    }

    // MARK: A round

    func round(isFaulty: Bool) {
        world.step += 1
        world.now += isFaulty ? drawTime() : world.random.microseconds(500...10_000)
        if isFaulty {
            strike()
            desk.act()
        }
        desk.deliver()
        watcher.armRequests = desk.armRequests
        for process in order() where violation == nil {
            if !process.isAlive { startAgain(process) }
            guard process.isAlive, process.stoppedUntil <= world.now else { continue }
            if isFaulty, world.random.chance(0.15) { continue }
            attempt(process) { () throws(ProcessEnded) in try process.work() }
        }
        if violation == nil { watcher.check() }
    }

    private func drawTime() -> UInt64 {
        let chance = world.random.unit()
        if chance < 0.75 { return world.random.microseconds(100...5_000) }
        if chance < 0.95 { return world.random.microseconds(5_000...60_000) }
        if chance < 0.99 { return world.random.microseconds(60_000...600_000) }
        return world.tape.next(after: world.now) - world.now
    }

    /// The processes in the order in which they run this time.
    private func order() -> [any SimulatedProcess] {
        var order = processes
        order.shuffle(using: &world.random)
        return order
    }

    private func attempt(_ process: any SimulatedProcess, _ body: () throws(ProcessEnded) -> Void) {
        do { try body() } catch { end(process, error.reason) }
    }

    private func startAgain(_ process: any SimulatedProcess) {
        guard world.now >= process.restartAt else { return }
        world.trace("\(process.name.rawValue) starts")
        counts.restarts += 1
        attempt(process) { () throws(ProcessEnded) in try process.restart() }
    }

    func end(_ process: any SimulatedProcess, _ reason: String) {
        world.trace("\(process.name.rawValue) ends: \(reason)")
        if reason != "killed", reason != "disk full" {
            world.report(.processesLive, "\(process.name.rawValue): \(reason)")
        }
        if defect == .loseJournal { process.disk.loseFlushed(2) }
        process.kill()
        process.restartAt = world.now + world.random.microseconds(500...2_000_000)
    }

    // MARK: Faults

    private func strike() {
        if world.random.chance(world.faults.powerCut) {
            counts.powerCuts += 1
            for process in processes where process.isAlive { end(process, "killed") }
        }
        for process in processes {
            if world.random.chance(world.faults.stop) {
                counts.stops += 1
                world.trace("\(process.name.rawValue) is stopped")
                process.stoppedUntil = world.now + world.random.microseconds(1_000...4_000_000)
            }
            if world.random.chance(world.faults.diskFull) {
                counts.fullDisks += 1
                process.disk.fullUntil = world.now + world.random.microseconds(1_000...2_000_000)
            }
        }
    }
}
