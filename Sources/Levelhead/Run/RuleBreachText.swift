import Accounts
import MarketCalendar
import Platform
import Units

/// What became of the rules of a funded account's programme, in results.
enum RuleBreachText {
    /// Which rule, when first and by how much at worst, each in the rule's unit; money as decimal text.
    static func json(_ records: [RuleRecord]) -> String {
        JSONText.array(
            records.map { record in
                let rule = record.rule
                return JSONText.object([
                    "rule": JSONText.string(rule.name), "time": JSONText.integer(record.first.time.nanoseconds),
                    "trade_date": JSONText.string(TradeDateText.text(record.first.tradeDate)),
                    "limit": amount(record.first.limit, rule), "observed": amount(record.first.observed, rule),
                    "worst_time": JSONText.integer(record.worst.time.nanoseconds),
                    "worst_excess": amount(record.worst.excess, rule),
                    "unit": JSONText.string(rule.isOfMoney ? "USD" : rule.unit),
                ])
            })
    }

    private static func amount(_ value: Int64, _ rule: ProgrammeRule) -> String {
        rule.isOfMoney ? JSONText.string(Money(nanos: value).description) : JSONText.integer(value)
    }

    static func summary(_ records: [RuleRecord]) -> String {
        if records.isEmpty { return "none" }
        return records.map { "\($0.rule.name) at \($0.first.time.iso8601Text)" }
            .joined(separator: ", ")
    }
}
