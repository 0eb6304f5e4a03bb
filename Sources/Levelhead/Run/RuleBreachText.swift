import Accounts
import MarketCalendar
import Platform
import Units

/// What became of the rules of a funded account's programme, in results.
enum RuleBreachText {
    /// Which rule, when first and by how much at worst, each in the rule's unit.
    static func json(_ records: [RuleRecord]) -> String {
        JSONText.array(
            records.map { record in
                JSONText.object([
                    "rule": JSONText.string(record.rule.name), "time": JSONText.integer(record.first.time.nanoseconds),
                    "trade_date": JSONText.integer(record.first.tradeDate),
                    "limit": JSONText.integer(record.first.limit), "observed": JSONText.integer(record.first.observed),
                    "worst_time": JSONText.integer(record.worst.time.nanoseconds),
                    "worst_excess": JSONText.integer(record.worst.excess), "unit": JSONText.string(record.rule.unit),
                ])
            })
    }

    static func summary(_ records: [RuleRecord]) -> String {
        if records.isEmpty { return "none" }
        return records.map { "\($0.rule.name) at \($0.first.time.iso8601Text)" }
            .joined(separator: ", ")
    }
}
