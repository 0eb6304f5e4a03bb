import Determinism
import Pipeline
import Units

/// Builds the processes of a run: the folds of the real ones, with their channels.
struct StageBuild {
    let world: SimulatedWorld
    let configuration: RunConfiguration
    let defect: SeededDefect?

    func risk(inbound: [SimulatedChannel], approvals: SimulatedChannel) -> StageProcess<RiskFollower> {
        process(
            .risk, inbound: inbound, outbound: [StageRoute(channel: approvals, kinds: [.approval, .change])],
            followsLock: true
        ) { RiskFollower($0) }
    }

    func execution(
        inbound: [SimulatedChannel], fills: SimulatedChannel, commands: SimulatedChannel
    ) -> StageProcess<ExecutionFollower> {
        process(
            .execution, inbound: inbound,
            outbound: [
                StageRoute(channel: fills, kinds: [.fill, .update, .notice]),
                StageRoute(channel: commands, kinds: [.command]),
            ],
            followsLock: true
        ) { ExecutionFollower($0) }
    }

    func venue(
        inbound: [SimulatedChannel], events: SimulatedChannel, _ lies: VenueLies
    ) -> StageProcess<VenueFollower> {
        process(
            .venue, inbound: inbound, outbound: [StageRoute(channel: events, kinds: [.event])], tap: lies,
            tickInterval: 500_000, followsLock: false
        ) { VenueFollower($0) }
    }

    /// Approvals that come again are handed to the execution gateway alone.
    private func replays(_ name: ProcessName) -> any MessageTap {
        guard name == .execution, world.faults.replayedApproval > 0 else { return OpenTap() }
        return ReplayedApprovals(rate: world.faults.replayedApproval, seed: world.seed)
    }

    private func process<Stage: TradingStage>(
        _ name: ProcessName, inbound: [SimulatedChannel], outbound: [StageRoute], tap: (any MessageTap)? = nil,
        tickInterval: UInt64 = 20_000_000, followsLock: Bool, _ stage: @escaping (TradingConfiguration) -> Stage
    ) -> StageProcess<Stage> {
        let defective = defect.flatMap { $0.owner == name ? DefectTap($0) : nil }
        let configuration = configuration
        return StageProcess(
            name, world, inbound: inbound, outbound: outbound, tap: tap ?? defective ?? replays(name),
            tickInterval: tickInterval, followsLock: followsLock && defect != .ignoreEpoch
        ) {
            StageFold(
                plan: configuration.plan, features: configuration.features, trading: configuration.trading,
                stage: stage(configuration.trading))
        }
    }
}
