import Configuration
import Execution
import MarketCalendar
import Orders
import PaperVenue
import Pipeline
import Risk
import Signals
import Units

/// The traded contract has no fee in the contract table and none is configured.
struct UnknownFee: Error, CustomStringConvertible {
    let root: String
    var description: String {
        "venue.exchange_fee_usd: the contract table has no fee for \(root); set what one contract costs on one side"
    }
}

extension MarketSetup {
    /// The configuration of signals, risk, execution and the paper venue for the plan's traded contract.
    func trading() throws -> TradingConfiguration {
        let specification = plan.tradedSpecification
        let terms = ContractTerms(
            tickSize: specification.tick, multiplier: specification.moneyPerPoint.nanos / 1_000_000_000,
            fees: try fees(specification))
        var trading = TradingConfiguration(
            window: configuration.policy.window, execution: ExecutionConfiguration(terms: terms),
            venue: try venue(terms))
        trading.tradesSignals = configuration.policy.isEnabled
        trading.signals.threshold = configuration.policy.signalThreshold
        trading.signals.hold = configuration.policy.hold
        trading.signals.weightNeeded = Int((configuration.policy.minimumWeight * 100).rounded())
        trading.signals.aftermath = configuration.policy.afterTest
        trading.policy.quantity = configuration.policy.quantity
        trading.policy.stopDistance = configuration.policy.stop
        trading.policy.targetDistance = configuration.policy.target
        trading.policy.timeStop = configuration.policy.timeStop
        trading.policy.entersTestOnce = configuration.policy.oneEntryPerTest
        trading.limits = limits
        return trading
    }

    private func fees(_ specification: ContractSpecification) throws -> ContractFees {
        guard let fees = configuration.venue.fees(specification) else { throw UnknownFee(root: specification.root) }
        return ContractFees(
            exchange: fees.exchange, clearing: fees.clearing, regulatory: fees.regulatory, broker: fees.broker)
    }

    private func venue(_ terms: ContractTerms) throws -> PaperVenueConfiguration {
        let settings = configuration.venue
        var venue = PaperVenueConfiguration(terms: terms)
        venue.commandWay = try way(settings.latency, settings.latencyFile)
        venue.eventWay = try way(settings.acknowledgementLatency, settings.acknowledgementLatencyFile)
        venue.seed = settings.seed
        venue.queue = QueueModel(named: settings.queue, exponent: settings.queueExponent)
        return venue
    }

    private func way(_ constant: Nanoseconds, _ file: String?) throws -> LatencyModel {
        guard let file else { return LatencyModel(constant: constant) }
        return LatencyModel(measured: try MeasuredTimes(path: file).table)
    }

    private var limits: RiskLimits {
        let risk = configuration.risk
        var limits = RiskLimits()
        limits.orderQuantity = risk.maximumOrder
        limits.position = risk.maximumPosition
        limits.dailyLoss = risk.dailyLoss
        limits.trailingDrawdown = risk.trailingDrawdown
        limits.marketDataAge = risk.staleAfter
        limits.markReducing = risk.noMarkReduce
        limits.markFlatten = risk.noMarkFlatten
        return limits
    }
}
