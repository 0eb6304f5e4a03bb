import Control
import Execution
import Orders
import Pipeline
import Platform
import Units

/// The execution gateway as a process.
struct HostedExecution: ~Copyable, HostedStage {
    static var role: ProcessRole { .execution }
    static func stage(_ trading: TradingConfiguration) -> ExecutionFollower { ExecutionFollower(trading) }

    static func seal(_ site: RunSite) throws -> ApprovalSeal? {
        ApprovalSeal(try KeyStore(stateDirectory: site.stateDirectory).key(.approval))
    }

    init(_ site: RunSite, _ setup: MarketSetup) throws {}

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<ExecutionFollower>) {}

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<ExecutionFollower>, records: UInt64) throws {
        try Self.write(site, fold.read { $0.gateway })
    }

    static func write(_ site: RunSite, _ gateway: ExecutionGateway) throws {
        try PosixFile.replace(
            site.result(.execution),
            with: Array(
                (JSONText.object([
                    "orders": JSONText.integer(gateway.sentCount),
                    "working_orders": JSONText.integer(gateway.live.count),
                ]) + "\n").utf8))
    }
}
