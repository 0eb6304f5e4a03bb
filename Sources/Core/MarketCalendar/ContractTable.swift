import Units

// The table of contracts. Each row's source is the exchange's page of contract specifications, named above it.
// Fees: non-member rates on Globex of 2025, to be compared with CME Group's Fee Finder,
// https://www.cmegroup.com/company/clearing-fees.html; NFA assessment,
// https://www.nfa.futures.org/members/assessment-fees.html, $0.02 a side. They change from year to year and brokers
// quote up to $0.37 for the micros, which is why configuration can replace them (venue.exchange_fee_usd and its
// neighbours).
extension ContractSpecification {
    public static let all: [ContractSpecification] = equityIndexes + others

    private static let quarterly = [3, 6, 9, 12]
    private static let everyMonth = Array(1...12)
    private static let eMiniFee = Money(cents: 138)
    private static let microFee = Money(cents: 35)

    private static let equityIndexes: [ContractSpecification] = [
        // https://www.cmegroup.com/markets/equities/sp/e-mini-sandp500.contractSpecs.html
        index("ES", tick: 250_000_000, tickCents: 1_250, pointCents: 5_000, fee: eMiniFee),
        // https://www.cmegroup.com/markets/equities/nasdaq/e-mini-nasdaq-100.contractSpecs.html
        index("NQ", tick: 250_000_000, tickCents: 500, pointCents: 2_000, fee: eMiniFee),
        // https://www.cmegroup.com/markets/equities/russell/e-mini-russell-2000.contractSpecs.html
        index("RTY", tick: 100_000_000, tickCents: 500, pointCents: 5_000, fee: eMiniFee),
        // https://www.cmegroup.com/markets/equities/dow-jones/e-mini-dow.contractSpecs.html
        index("YM", tick: 1_000_000_000, tickCents: 500, pointCents: 500, fee: eMiniFee),
        // https://www.cmegroup.com/markets/equities/sp/micro-e-mini-sandp-500.contractSpecs.html
        index("MES", tick: 250_000_000, tickCents: 125, pointCents: 500, fee: microFee, largeTrade: 50),
        // https://www.cmegroup.com/markets/equities/nasdaq/micro-e-mini-nasdaq-100.contractSpecs.html
        index("MNQ", tick: 250_000_000, tickCents: 50, pointCents: 200, fee: microFee, largeTrade: 50),
    ]

    private static let others: [ContractSpecification] = [
        // https://www.cmegroup.com/markets/energy/crude-oil/light-sweet-crude.contractSpecs.html
        row("CL", tick: 10_000_000, tickValue: "10", point: "1000", months: everyMonth),
        // https://www.cmegroup.com/markets/energy/natural-gas/natural-gas.contractSpecs.html
        row("NG", tick: 1_000_000, tickValue: "10", point: "10000", months: everyMonth),
        // https://www.cmegroup.com/markets/metals/precious/gold.contractSpecs.html
        row("GC", tick: 100_000_000, tickValue: "10", point: "100", months: [2, 4, 6, 8, 10, 12]),
        // https://www.cmegroup.com/markets/metals/precious/silver.contractSpecs.html
        row("SI", tick: 5_000_000, tickValue: "25", point: "5000", months: [3, 5, 7, 9, 12]),
        // https://www.cmegroup.com/markets/interest-rates/us-treasury/30-year-us-treasury-bond.contractSpecs.html
        row("ZB", tick: 31_250_000, tickValue: "31.25", point: "1000", months: quarterly),
        // https://www.cmegroup.com/markets/interest-rates/us-treasury/10-year-us-treasury-note.contractSpecs.html
        row("ZN", tick: 15_625_000, tickValue: "15.625", point: "1000", months: quarterly),
        // https://www.cmegroup.com/markets/interest-rates/us-treasury/5-year-us-treasury-note.contractSpecs.html
        row("ZF", tick: 7_812_500, tickValue: "7.8125", point: "1000", months: quarterly),
        // https://www.cmegroup.com/markets/fx/g10/euro-fx.contractSpecs.html
        row("6E", tick: 50_000, tickValue: "6.25", point: "125000", months: quarterly),
        // https://www.cmegroup.com/markets/fx/g10/japanese-yen.contractSpecs.html
        row("6J", tick: 500, tickValue: "6.25", point: "12500000", months: quarterly),
    ]

    private static func index(
        _ root: String, tick: Int64, tickCents: Int64, pointCents: Int64, fee: Money, largeTrade: Int64 = 25
    ) -> ContractSpecification {
        ContractSpecification(
            root: root, tick: TickSize(nanos: tick), tickValue: Money(cents: tickCents),
            moneyPerPoint: Money(cents: pointCents), months: quarterly, expiry: .thirdFriday,
            exchangeAndClearingFee: fee, nfaFee: Money(cents: 2), largeTradeContracts: largeTrade)
    }

    private static func row(
        _ root: String, tick: Int64, tickValue: String, point: String, months: [Int]
    ) -> ContractSpecification {
        guard let tickValue = Money(tickValue), let point = Money(point) else {
            preconditionFailure("the row of \(root) is not written in dollars")
        }
        return ContractSpecification(
            root: root, tick: TickSize(nanos: tick), tickValue: tickValue, moneyPerPoint: point, months: months,
            expiry: nil, exchangeAndClearingFee: nil, nfaFee: Money(cents: 2), largeTradeContracts: 25)
    }
}
