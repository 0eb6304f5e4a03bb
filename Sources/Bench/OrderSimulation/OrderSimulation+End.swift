import Execution
import Orders
import Pipeline
import Risk
import Units

extension OrderSimulation {
    /// Nothing goes wrong from here on.
    func heal() {
        world.trace("healed")
        world.faults.heal()
        world.tape.isCalm = true
        lies.heal()
        for process in processes {
            process.stoppedUntil = 0
            process.disk.fullUntil = 0
            process.restartAt = world.now
        }
    }

    /// Until everything that is under way has arrived, and all agree.
    func settle() {
        for _ in 0..<3_000 where violation == nil {
            round(isFaulty: false)
            if isQuiet, !watcher.isHonest || watcher.disagreement == nil && watcher.barred == nil { return }
        }
        guard violation == nil else { return }
        if watcher.isHonest, watcher.disagreement == nil, let barred = watcher.barred {
            return world.report(.restsOnlyWhileItMayOpen, barred)
        }
        world.report(.settles, watcher.disagreement ?? "something is still under way")
    }

    private var isQuiet: Bool { processes.allSatisfy { $0.isAlive && $0.isQuiet } }

    /// A flatten that waits for the open comes to its end by itself, and that of a limit waits when it is to.
    func endFlatten() {
        guard watcher.isHonest else { return }
        let (state, reason) = risk.fold.read { ($0.gate.state, $0.gate.lockReason) }
        let isAwaited = execution.fold.read { stage in
            configuration.accounts.contains { account in
                guard let gateway = stage.accounts[account], gateway.isFlattening else { return false }
                return gateway.flattening.waitsForOpen
            }
        }
        let isOfLimit = state == .flattening && reason.isLimitBreach
        guard isAwaited || isOfLimit && configuration.trading.execution.closesAtOpen else { return }
        counts.awaited += 1
        for _ in 0..<12_000 where violation == nil {
            if watcher.state != .flattening, isQuiet { return }
            jumpOverBreak()
            round(isFaulty: false)
        }
        if violation == nil { world.report(.flattens, "a flatten for \(reason.name) does not go on by itself") }
    }

    /// The account is flattened: proven flat, locked, and all agree on what it cost.
    func flattenAtTheEnd() {
        let before = watcher.flatCount
        desk.flatten(waitsForOpen: true)
        // Longer than the longest silence of the market: over a bad book nothing is closed before the next one.
        for _ in 0..<12_000 where violation == nil {
            jumpOverBreak()
            round(isFaulty: false)
            if watcher.flatCount > before, watcher.state == .locked, isQuiet, watcher.disagreement == nil { break }
        }
        guard violation == nil else { return }
        if watcher.flatCount == before { return world.report(.flattens, "not flat within the bound") }
        if watcher.state != .locked { return world.report(.flattens, "flat, and \(watcher.state.name)") }
        if let disagreement = watcher.disagreement { return world.report(.flattens, disagreement) }
        watcher.checkMoneyAtEnd()
    }

    /// Nobody waits an hour in steps of milliseconds.
    private func jumpOverBreak() {
        let next = world.tape.next(after: world.now)
        if next > world.now + 60_000_000_000 { world.now = next }
    }

    /// Each journal alone, from its first entry, gives the outputs that were put out.
    func foldAgain() {
        for process in processes where process.name != .engine {
            process.kill()
            process.disk.snapshot = nil
            do throws(ProcessEnded) { try process.restart() } catch {
                world.report(.refoldEqual, "\(process.name.rawValue): \(error.reason)")
            }
        }
    }
}

extension FaultPlan {
    /// Nothing goes wrong any more.
    mutating func heal() {
        drop = 0
        duplicate = 0
        late = 0
        crash = 0
        powerCut = 0
        stop = 0
        diskFull = 0
        operatorRequest = 0
    }
}

/// What happened in one run or in many: faults that never come prove nothing.
public struct RunCounts: Sendable {
    public var runs = 0, rounds = 0, records = 0
    public var restarts = 0, powerCuts = 0, stops = 0, fullDisks = 0, snapshots = 0
    public var approvals = 0, orders = 0, fills = 0, flats = 0, lies = 0, locks = 0
    /// Runs in which books net, closes of books among their approvals, and orders of pairs that were approved.
    public var netted = 0, bookCloses = 0, paired = 0
    /// Runs with two accounts, and rounds in which both held contracts.
    public var twoAccounts = 0, roundsInBoth = 0
    /// Runs whose faults ended in a flatten that went on by itself.
    public var awaited = 0

    public init() {}

    mutating func add(_ run: OrderSimulation) {
        runs += 1
        rounds += run.world.step
        records += run.world.tape.records.count
        approvals += run.watcher.approvals.count
        orders += run.watcher.submitted.count
        fills += run.watcher.truths.reduce(0) { $0 + $1.fills.count }
        flats += run.watcher.flatCount
        lies += run.lies.lieCount
        snapshots += run.world.snapshots
        locks += Int(run.world.lock.epoch) - 1
        netted += run.configuration.netsBooks ? 1 : 0
        twoAccounts += run.configuration.hasTwoAccounts ? 1 : 0
        roundsInBoth += run.watcher.roundsInBoth
        for approval in run.watcher.approvals.values {
            bookCloses += approval.intent.id.issuer == .execution ? 1 : 0
            paired += approval.intent.link == .none ? 0 : 1
        }
    }

    public mutating func add(_ other: RunCounts) {
        runs += other.runs
        rounds += other.rounds
        records += other.records
        restarts += other.restarts
        powerCuts += other.powerCuts
        stops += other.stops
        fullDisks += other.fullDisks
        snapshots += other.snapshots
        approvals += other.approvals
        orders += other.orders
        fills += other.fills
        flats += other.flats
        lies += other.lies
        locks += other.locks
        netted += other.netted
        twoAccounts += other.twoAccounts
        roundsInBoth += other.roundsInBoth
        bookCloses += other.bookCloses
        paired += other.paired
        awaited += other.awaited
    }

    public var line: String {
        "\(runs) runs: \(rounds) rounds, \(records) records, \(restarts) restarts, \(snapshots) snapshots, "
            + "\(powerCuts) power cuts, \(stops) stops, \(fullDisks) full disks, \(locks) flattens asked, "
            + "\(approvals) approvals, \(orders) orders, \(fills) fills, \(flats) times flat, \(lies) lies; "
            + "\(netted) runs with books that net, \(bookCloses) closes of books, \(paired) orders of pairs; "
            + "\(twoAccounts) runs with two accounts, \(roundsInBoth) rounds with contracts in both; "
            + "\(awaited) flattens went on by themselves"
    }
}
