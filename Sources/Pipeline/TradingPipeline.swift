import Accounts
import DBN
import Determinism
import Execution
import Features
import MarketCalendar
import Orders
import Risk
import Units

/// The whole system as one deterministic fold over the ring: records in, signals, verdicts, orders and fills out.
///
/// Replay links it in one thread; live, the same folds run as processes. Equal records and configuration give equal
/// outputs on every machine; nothing on the way allocates once the pipeline has started.
public struct TradingPipeline<Output: TradingOutput>: ~Copyable {
    public private(set) var market: MarketFold
    private let desk: UnsafeMutablePointer<TradingDesk<Output>>

    public init(
        plan: InstrumentPlan, features: FeatureConfiguration, trading: TradingConfiguration, output: Output
    ) {
        market = MarketFold(plan: plan, configuration: features)
        desk = .allocate(capacity: 1)
        desk.initialize(
            to: TradingDesk(configuration: trading, plan: plan, calendar: features.calendar, output: output))
    }

    deinit {
        desk.deinitialize(count: 1)
        desk.deallocate()
    }

    /// Takes the next record. `sequence` is its position in the ring.
    public mutating func take(_ record: RecordView, sequence: UInt64) {
        market.take(record, sequence: sequence, sink: &desk.pointee)
    }

    /// What the run puts out to.
    public var output: Output {
        get { desk.pointee.output }
        nonmutating set { desk.pointee.output = newValue }
    }

    /// Signed contracts of the traded contract.
    public var position: Quantity { desk.pointee.risk.gate.position.quantity }
    /// Profit after fees, what is open marked at the side it would exit at.
    public var netProfit: Money { desk.pointee.risk.gate.equity }
    public var tradingState: TradingState { desk.pointee.risk.gate.state }
    /// Rules of the funded account's programme that were broken, by rule.
    public var ruleBreaches: [RuleRecord] { desk.pointee.risk.gate.ruleBreaches }
    /// Value at risk of a session, the larger of both estimates; nil while too few are over.
    public var valueAtRisk: Money? { desk.pointee.risk.gate.valueAtRiskEstimate }
    /// Orders sent to the venue.
    public var ordersSent: UInt64 { desk.pointee.execution.sentCount }
    /// The contract that orders are for.
    public var tradedContract: FuturesContract { desk.pointee.tradedContract }
}

extension TradingPipeline: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&market)
        try desk.pointee.persist(&archive)
    }
}
