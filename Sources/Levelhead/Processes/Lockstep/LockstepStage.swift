import Configuration
import Control
import Foundation
import Orders
import Pipeline
import Platform
import Units
import ZeroMQ

/// A stage's process in logical time.
struct LockstepStage<Stage: TradingStage>: ~Copyable {
    private let gate: LockstepGate
    private var fold: StageFold<Stage>
    private var records: LockstepRecords

    init(
        _ role: ProcessRole, _ site: RunSite, context: ZeroMQContext, stage: (TradingConfiguration) -> Stage
    ) throws {
        let configuration = try site.configuration()
        let setup = try MarketSetup(configuration: configuration, run: site)
        let trading = try setup.trading()
        let gate = try LockstepGate(site, context, of: role)
        let records = try LockstepRecords(site)
        self.gate = gate
        fold = StageFold(
            plan: setup.plan, features: setup.features, trading: trading, stage: stage(trading), gate: gate)
        self.records = records
    }

    var tradedSymbol: String { fold.tradedSymbol }

    /// Follows its conductor until it is to stop.
    mutating func run(_ desk: ProcessDesk, report: (Stage) -> Void) throws {
        while !StopSignal.isRaised {
            let next = try records.next()
            let isBusy = next != nil
            if let next { fold.take(next.record, sequence: next.sequence) }
            fold.serveGate()
            if let failure = gate.failure {
                if failure is LockstepStopped { return }
                throw failure
            }
            if let command = desk.mailbox.pop() {
                command.finish(.failed, AnswerDetails(message: "a run in logical time takes no commands"))
            }
            if isBusy, records.position & 255 != 0 { continue }
            desk.report(
                position: records.position, clock: fold.clock.message, isDone: records.isOver && gate.isSettled)
            fold.read(report)
            if !isBusy { try gate.wait() }
        }
    }

    func read<Result>(_ body: (Stage) -> Result) -> Result { fold.read(body) }
}
