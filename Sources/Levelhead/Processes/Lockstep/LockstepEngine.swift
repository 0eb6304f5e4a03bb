import Configuration
import Control
import Features
import Foundation
import MarketCalendar
import MarketData
import Pipeline
import Platform
import Ring
import Storage
import Units
import ZeroMQ

/// The engine in logical time: it takes a record when everything that followed from the one before has been done in
/// every process, and puts out what a replay puts out.
struct LockstepEngine: ~Copyable {
    private let site: RunSite
    private let lines: [LockstepLine]
    private let output: RunOutput
    private var pipeline: LockstepPipeline<RunOutput>
    private var records: LockstepRecords
    /// For option definitions.
    private let room: Int
    /// Records between two words to the stages that they may go on.
    private static let stride: UInt64 = 4_096

    init(_ site: RunSite, context: ZeroMQContext) throws {
        let configuration = try site.configuration()
        let setup = try MarketSetup(configuration: configuration, run: site)
        let lines = try [ProcessRole.paper, .execution, .risk].map { try LockstepLine(site, context, to: $0) }
        let output = try RunOutput(
            mode: configuration.digest, plan: setup.plan, journal: site.journal("trading"), audit: site.auditFile)
        let trading = try setup.trading()
        let records = try LockstepRecords(site)
        self.site = site
        self.lines = lines
        room = configuration.options.maximumContracts
        self.output = output
        pipeline = LockstepPipeline(
            plan: setup.plan, features: setup.features, trading: trading, output: output, venue: lines[0],
            execution: lines[1], risk: lines[2])
        self.records = records
    }

    /// The contract whose rows and signals these are.
    var signalSymbol: String { pipeline.market.leadingSymbol }

    mutating func run(_ desk: ProcessDesk) throws {
        while !StopSignal.isRaised {
            let wasOver = records.isOver
            let next = try records.next()
            let isBusy = next != nil
            if let next { pipeline.take(next.record, sequence: next.sequence) }
            if !wasOver, !isBusy || records.position % Self.stride == 0 { pipeline.clear() }
            if let failure = output.failure { throw failure }
            for line in lines {
                if let failure = line.failure {
                    if failure is LockstepStopped { break }
                    throw failure
                }
            }
            if isBusy, records.position & 255 != 0 { continue }
            if let command = desk.mailbox.pop() { command.finish(.notConcerned) }
            for line in lines { try line.poll() }
            desk.report(
                position: records.position, clock: Timestamp(nanoseconds: pipeline.market.clock),
                isDone: records.isOver && lines.allSatisfy { $0.isSettled })
            desk.report(signalOf: pipeline.market, quality: pipeline.market.leaderQuality)
            if !isBusy { usleep(200) }
        }
        try finish()
    }

    private mutating func finish() throws {
        let digest = try output.finish()
        let market = MarketTally(pipeline.market)
        OptionRoom.warn(ignored: market.ignoredDefinitions, room: room)
        let made = market.outputs(
            records: records.position, featureRows: output.featureRows, featureDigest: digest,
            signals: output.signalCount, signalDigest: output.signalDigest)
        let orders = [
            ("order_sha256", JSONText.string(output.orderDigest)), ("fills", JSONText.integer(output.fillCount)),
        ]
        try site.write(.engine, made + orders + market.members)
    }
}
