import Configuration
import Control
import Determinism
import Foundation
import Orders
import Pipeline
import Platform
import Risk
import Units

/// Keeps in the state directory what a live run's account has used up of its trade date, and locks trading when risk
/// does, so that the next live run goes on from there.
///
/// A change of the trading state is there before it leaves; what else changes, once what follows from it has left, and
/// what only the market moves once a second.
struct DayKeeper {
    private static let interval = Nanoseconds.seconds(1)

    private let site: RunSite
    private let path: String
    private let lock: TradingLock
    private let outlivesPower: Bool
    private let closesAtOpen: Bool
    /// Stamp of what was carried over into this run last.
    private var takenStamp: UInt64 = 0
    /// What lay in the state directory before this process wrote anything, until it is known whether it is news.
    private var found: DayRecord?
    /// What the record says; nil while this process has written none.
    private var written: (usage: DayUsage, held: Held)?
    private var lookedAt = Nanoseconds.zero
    private var hasNews = false
    private var hasNewState = false
    private var hasFailed = false

    init(_ site: RunSite, _ configuration: ResolvedConfiguration, lock: TradingLock) throws {
        self.site = site
        path = DayRecord.path(site.stateDirectory, venue: configuration.risk.venue.rawValue)
        self.lock = lock
        outlivesPower = configuration.journal.outlivesPower
        closesAtOpen = configuration.execution.closesAtOpen
        found = try DayRecord.read(path)
    }

    /// What another run has left and this one does not have yet. Its own record it never takes: that is in its journal.
    ///
    /// - Parameter isNew: the run has just begun. A record under its name is of one that had its directory before.
    mutating func carriedOver(isNew: Bool) -> DayUsage? {
        guard let record = found else { return nil }
        if record.writtenNanoseconds != takenStamp, isNew || record.run != site.directory { return DayUsage(record) }
        found = nil
        return nil
    }

    mutating func observe(_ message: StageMessage) {
        switch message {
        case .carried(let usage):
            takenStamp = usage.stamp
            if found?.writtenNanoseconds == usage.stamp { found = nil }
            hasNewState = true
        case .change: hasNewState = true
        case .fill: hasNews = true
        case .verdict(let verdict): if verdict.reason == nil { hasNews = true }
        default: break
        }
    }

    /// What is known of the state has to be in the state directory now.
    var isUrgent: Bool { hasNewState }

    /// The record may be behind.
    func isDue(_ now: Nanoseconds) -> Bool { hasNews || now - lookedAt >= Self.interval }

    /// Before a change of the state leaves: record and lock.
    ///
    /// - Parameter isToldOfLock: the gate's fold was last told that the lock is on. When it is not any more, an arm of
    ///   another run took it off, of which the fold is told next.
    mutating func secure(_ gate: RiskGate, isToldOfLock: Bool) {
        hasNewState = false
        write(gate)
        hold(gate, isToldOfLock: isToldOfLock)
    }

    mutating func keep(_ gate: RiskGate, _ now: Nanoseconds) {
        hasNews = false
        lookedAt = now
        write(gate)
    }

    /// The run ends.
    mutating func finish(_ gate: RiskGate) { write(gate, isLast: true) }

    private mutating func write(_ gate: RiskGate, isLast: Bool = false) {
        var usage = gate.usage
        let held = Held(gate)
        // What another run has left is not written over before this one has it.
        if let found, found.run != site.directory { return }
        if let written, written.usage.hasSameContents(as: usage), written.held == held, !isLast { return }
        usage.stamp = WallClock.now().nanoseconds
        do throws(SystemCallError) {
            try DayRecord(usage, held, run: site.directory).write(path, sync: isLast || outlivesPower)
            written = (usage, held)
            hasFailed = false
        } catch {
            // It is tried again every second.
            if !hasFailed { Terminal.writeError("levelhead: risk: \(error): the next run does not know of this") }
            hasFailed = true
        }
    }

    /// A lock of risk's own is one of the state directory's. It may be an operator's already.
    private func hold(_ gate: RiskGate, isToldOfLock: Bool) {
        guard gate.outlivesRun else { return }
        let tradeDate = gate.isLockedByLimit ? gate.lockDate : nil
        var failure: SystemCallError?
        if !lock.word.load().isLocked {
            if isToldOfLock { return }
            failure = lock.raise(
                LockRecord(
                    epoch: 0, sender: OperatorCommand.riskGate, reason: gate.lockReason.name,
                    waitsForOpen: closesAtOpen, run: site.directory, tradeDate: tradeDate)
            ).failure
        } else if let tradeDate {
            do throws(SystemCallError) { try lock.note(tradeDate: tradeDate) } catch { failure = error }
        }
        if let failure {
            Terminal.writeError("levelhead: risk: \(failure): locked without a record; the epoch word holds the lock")
        }
        // The disk may take its time: the lock holds already.
        let lock = lock
        Thread.detachNewThread { lock.settle() }
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&takenStamp)
    }
}

/// What the account has open, as its record says it.
private struct Held: Equatable {
    let position: Int64
    let opposed: Int64?

    init(_ gate: RiskGate) {
        position = gate.position.quantity.contracts
        opposed = gate.rules.hasTwoAccounts ? gate.opposed.contracts : nil
    }
}

extension DayRecord {
    fileprivate init(_ usage: DayUsage, _ held: Held, run: String) {
        self.init(run: run)
        position = held.position
        opposed = held.opposed
        writtenNanoseconds = usage.stamp
        tradeDate = usage.tradeDate
        profit = Dollars(usage.profit)
        drawdown = Dollars(usage.drawdown)
        programmeDrawdown = Dollars(usage.programmeDrawdown)
        trades = usage.trades
        for raw in 0..<UInt8(StrategyID.capacity) {
            let (strategy, own) = (StrategyID(rawValue: raw), usage[StrategyID(rawValue: raw)])
            if own == DayUsage.Strategy() { continue }
            strategies[strategy.name] = Strategy(
                profit: own.profit, trades: own.trades, lockedOn: own.lockDate > 0 ? own.lockDate : nil)
        }
        lock = usage.isLocked ? Lock(reason: usage.lockReason, tradeDate: usage.lockDate) : nil
    }
}

extension DayUsage {
    fileprivate init(_ record: DayRecord) {
        self.init()
        stamp = record.writtenNanoseconds
        tradeDate = record.tradeDate
        profit = record.profit.money
        drawdown = record.drawdown.money
        programmeDrawdown = record.programmeDrawdown.money
        trades = record.trades
        for raw in 0..<UInt8(StrategyID.capacity) {
            let strategy = StrategyID(rawValue: raw)
            guard let own = record.strategies[strategy.name] else { continue }
            self[strategy].profit = own.profit.money
            self[strategy].trades = own.trades
            self[strategy].lockDate = own.lockedOn ?? 0
        }
        guard let lock = record.lock else { return }
        // A reason that this program does not know locks all the same.
        lockReason = StateReason(name: lock.reason) ?? .operatorRequest
        lockDate = lock.tradeDate
    }
}
