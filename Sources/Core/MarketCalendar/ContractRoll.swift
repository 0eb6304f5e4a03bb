public import Units

// Expiry and calendar roll of the quarterly equity index futures.
extension TradingCalendar {
    /// The last trade date of a contract: the third Friday of its month, or the first earlier day on which the equity
    /// market is open. Nil where the root's rule is not in the table; the definition's expiration wins where there is
    /// one.
    public func expiry(of contract: FuturesContract) -> CivilDate? {
        guard let rule = ContractSpecification.of(root: contract.root)?.expiry else { return nil }
        switch rule {
        case .thirdFriday:
            var date = CivilDate.nth(3, .friday, year: contract.year, month: contract.month)
            while !isEquityMarketOpen(date) { date = date.adding(days: -1) }
            return date
        }
    }

    /// Trading ends at 09:30 ET on the day of expiry.
    public func lastTrade(of contract: FuturesContract) -> Timestamp? {
        expiry(of: contract).map { zone.timestamp($0, hour: 9, minute: 30, second: 0) }
    }

    /// The trade date from which the following contract leads: since June 2022 the Monday before the third Friday,
    /// earlier the Thursday eight days before it (CME Group, "Equity index roll dates"). Nil as for `expiry`.
    public func rollDate(of contract: FuturesContract) -> CivilDate? {
        guard ContractSpecification.of(root: contract.root)?.expiry == .thirdFriday else { return nil }
        let thirdFriday = CivilDate.nth(3, .friday, year: contract.year, month: contract.month)
        let isMonday = (contract.year, contract.month) >= (2022, 6)
        return thirdFriday.adding(days: isMonday ? -4 : -8)
    }

    /// The contract that leads on a trade date, from the 18:00 ET open that begins it, or the one `rank` quarters after
    /// it. Nil where the root has no roll calendar.
    public func leadContract(root: String, on tradeDate: CivilDate, rank: Int = 0) -> FuturesContract? {
        guard let months = ContractSpecification.of(root: root)?.months else { return nil }
        var lead: FuturesContract?
        for offset in 0..<24 where lead == nil {
            let monthIndex = tradeDate.year * 12 + tradeDate.month - 1 + offset
            let (year, month) = (monthIndex / 12, monthIndex % 12 + 1)
            guard months.contains(month) else { continue }
            let contract = FuturesContract(root: root, year: year, month: month)
            guard let roll = rollDate(of: contract) else { return nil }
            if roll > tradeDate { lead = contract }
        }
        guard let lead, let position = months.firstIndex(of: lead.month) else { return nil }
        let (years, index) = (position + rank).quotientAndRemainder(dividingBy: months.count)
        return FuturesContract(root: root, year: lead.year + years, month: months[index])
    }

    /// The contract that a symbol means on a trade date; nil for a parent or a spread, which are not one contract.
    public func contract(_ symbol: FuturesSymbol, on tradeDate: CivilDate) -> FuturesContract? {
        switch symbol {
        case .outright(let contract): contract
        case .continuous(let root, let rank): leadContract(root: root, on: tradeDate, rank: rank)
        case .parent, .calendarSpread: nil
        }
    }
}
