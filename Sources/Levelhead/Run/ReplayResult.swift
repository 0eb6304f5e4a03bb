import Accounts
import Features
import MarketCalendar
import MarketData
import Orders
import Pipeline
import Platform
import Units

/// What a replay did and what it earned.
struct ReplayResult {
    let counts: FeedCounts
    let market: MarketTally
    let featureRows: UInt64
    let signals: UInt64
    let orders: UInt64
    let fills: UInt64
    var featureDigest = ""
    let signalDigest: String
    let orderDigest: String
    let symbol: String
    let position: Quantity
    let netProfit: Money
    let tradingState: TradingState
    let ruleBreaches: [RuleRecord]
    let valueAtRisk: Money?
    let runDirectory: String
    private(set) var wallSeconds = 0.0
    private(set) var recordsPerSecond = 0.0

    init(pipeline: borrowing TradingPipeline<RunOutput>, counts: FeedCounts, runDirectory: String) {
        self.counts = counts
        self.runDirectory = runDirectory
        let output = pipeline.output
        featureRows = output.featureRows
        signals = output.signalCount
        signalDigest = output.signalDigest
        orderDigest = output.orderDigest
        fills = output.fillCount
        orders = pipeline.ordersSent
        symbol = pipeline.tradedContract.rawSymbol
        position = pipeline.position
        netProfit = pipeline.netProfit
        tradingState = pipeline.tradingState
        ruleBreaches = pipeline.ruleBreaches
        valueAtRisk = pipeline.valueAtRisk
        market = MarketTally(pipeline.market)
    }

    mutating func measure(since started: Nanoseconds) {
        wallSeconds = (MonotonicClock.now() - started).seconds
        recordsPerSecond = wallSeconds > 0 ? Double(counts.records) / wallSeconds : 0
    }

    var json: String { JSONText.object(members) }

    /// What follows from the machine and not from the inputs.
    static let measured = ["wall_s", "records_per_s", "run_dir"]

    var members: [(String, String)] {
        let outputs = market.outputs(
            records: counts.records, featureRows: featureRows, featureDigest: featureDigest, signals: signals,
            signalDigest: signalDigest)
        let members: KeyValuePairs = [
            "orders": JSONText.integer(orders), "order_sha256": JSONText.string(orderDigest),
            "fills": JSONText.integer(fills),
            "position": "{" + JSONText.string(symbol) + ": \(position.contracts)}",
            "net_pnl_usd": JSONText.string(netProfit.description), "wall_s": "\(wallSeconds)",
            "records_per_s": "\(recordsPerSecond)", "run_dir": JSONText.string(runDirectory),
            "rule_breaches": RuleBreachText.json(ruleBreaches),
            "value_at_risk_usd": valueAtRisk.map { JSONText.string($0.description) } ?? "null",
            "trading_state": JSONText.string(tradingState.name),
            "ignored_trades": JSONText.integer(counts.ignoredTrades),
            "skipped_records": JSONText.integer(counts.skippedRecords),
        ]
        return outputs + members.map { ($0.key, $0.value) } + market.members
    }

    var summary: String {
        RunSummary(
            records: "\(counts.records)", seconds: wallSeconds, recordsPerSecond: recordsPerSecond,
            groups: market.summary,
            featureRows: "\(featureRows)", featureDigest: featureDigest,
            levelTests: market.levelTests.map { "\($0.level) \($0.tests)" }.joined(separator: ", "),
            signals: "\(signals)", signalDigest: signalDigest, orders: "\(orders)", fills: "\(fills)",
            orderDigest: orderDigest, position: "\(position.contracts) \(symbol)", tradingState: tradingState.name,
            netProfit: netProfit.description, brokenRules: RuleBreachText.summary(ruleBreaches),
            directory: runDirectory
        ).text
    }
}
