import Accounts
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
            window: configuration.policy.window, execution: execution(terms), venue: try venue(terms))
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
        trading.rules = try rules()
        trading.execution.netsBooks = trading.rules.netsBooks
        trading.sizing = PositionSizing(configuration.sizing)
        trading.range.bar = configuration.rangeBar
        trading.range.length = configuration.rangeBars
        trading.approvalLife = configuration.risk.approvalLife
        return trading
    }

    private func execution(_ terms: ContractTerms) -> ExecutionConfiguration {
        let settings = configuration.execution
        var execution = ExecutionConfiguration(terms: terms)
        execution.unknownAfter = settings.unknownAfter
        execution.fillWithin = settings.fillWithin
        execution.stopAcknowledgement = settings.stopAcknowledgement
        execution.closeRetry = settings.closeRetry
        execution.collar = settings.collar
        execution.roundPause = settings.roundPause
        execution.flattenTimeout = settings.flattenLate
        execution.closesAtOpen = settings.closesAtOpen
        execution.venueLinks = settings.venueLinks
        return execution
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
        venue.faults.late = configuration.drill.late
        venue.faults.twice = configuration.drill.twice
        venue.faults.never = configuration.drill.never
        venue.faults.fillsAfterCancel = configuration.drill.fillsAfterCancel
        venue.queue = QueueModel(
            named: settings.queue, exponent: settings.queueExponent, weight: settings.queueWeight)
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
        limits.openOrders = risk.openOrders
        limits.notional = risk.notional
        limits.collar = risk.collar
        limits.orderRate = RateLimit(risk.orders)
        limits.modifyRate = RateLimit(risk.modifies)
        limits.cancelRate = RateLimit(risk.cancels)
        limits.tradesPerDay = risk.tradesPerDay
        limits.balance = risk.balance
        limits.valueAtRisk = risk.valueAtRisk
        limits.dailyLoss = risk.dailyLoss
        limits.trailingDrawdown = risk.trailingDrawdown
        limits.marketDataAge = risk.staleAfter
        limits.markReducing = risk.noMarkReduce
        limits.markFlatten = risk.noMarkFlatten
        limits.flatByGrace = risk.flatByGrace
        limits.rollFlat = risk.rollFlat
        return limits
    }

    private func rules() throws -> RiskRules {
        let risk = configuration.risk
        var rules = RiskRules()
        rules.instrument = ScopeLimits(risk.instrument)
        rules[.level] = ScopeLimits(risk.levelStrategy)
        rules[.account] = ScopeLimits(risk.manual)
        rules.venue = risk.venue == .broker ? .broker : .paper
        rules.peerLoss =
            switch risk.peerLoss {
            case .reducing: .reducing
            case .halted: .halted
            case .flattening: .flattening
            }
        rules.netsBooks = risk.books == .net
        rules.hasTwoAccounts = risk.books == .twoAccounts
        rules.programme = configuration.programme.map { RulePack($0) }
        rules.valueAtRisk.confidence = ExactRatio(risk.valueAtRiskConfidence)
        rules.valueAtRisk.length = risk.valueAtRiskSessions
        rules.exposureLimit = ExactRatio(risk.correlatedExposure)
        rules.contract = ContractRoot(plan.tradedSpecification.root) ?? .none
        if let margin = risk.margin {
            rules.margins = MarginTable(rows: [
                MarginRow(
                    contract: rules.contract, initial: margin.initial, maintenance: margin.maintenance,
                    intraday: margin.intraday)
            ])
        }
        guard !risk.newsFile.isEmpty else { return rules }
        let windows = try NewsFile(path: risk.newsFile).windows
        guard let news = NewsCalendar(windows.map { NewsWindow(from: $0.lowerBound, to: $0.upperBound) }) else {
            preconditionFailure("the file was read within the calendar's bounds")
        }
        rules.news = news
        return rules
    }
}

extension ExactRatio {
    init(_ value: Double) { self.init(billionths: Int64((value * 1e9).rounded())) }
}

extension PositionSizing {
    /// Nil for the policy's own quantity.
    init?(_ settings: SizingSettings) {
        switch settings {
        case .fixed: return nil
        case .fractional(let share): self = .fixedFractional(risk: ExactRatio(share))
        case .volatility(let target): self = .volatilityTarget(target)
        case .kelly(let win, let payoff, let multiple, let cap):
            self = .kelly(
                winProbability: ExactRatio(win), payoff: ExactRatio(payoff), multiple: ExactRatio(multiple),
                cap: ExactRatio(cap))
        }
    }
}

extension RulePack {
    init(_ settings: ProgrammeSettings) {
        self.init(
            startingBalance: settings.balance, dailyLoss: settings.dailyLoss == .zero ? nil : settings.dailyLoss,
            trailing: settings.trailing == .zero
                ? nil
                : TrailingRule(
                    amount: settings.trailing, high: settings.trailsDayEnds ? .endOfDay : .intraday,
                    lock: settings.trailingLock),
            tiers: settings.tiers.map { ContractTier(balance: $0.balance, contracts: $0.contracts) },
            flatBy: settings.flatBy)
    }
}

extension RateLimit {
    init(_ settings: RateSettings) { self.init(perSecond: settings.perSecond, perMinute: settings.perMinute) }
}

extension ScopeLimits {
    init(_ settings: ScopeSettings) {
        self.init()
        orderQuantity = settings.maximumOrder
        position = settings.maximumPosition
        openOrders = settings.openOrders
        notional = settings.notional
        tradesPerDay = settings.tradesPerDay
        dailyLoss = settings.dailyLoss
    }
}
