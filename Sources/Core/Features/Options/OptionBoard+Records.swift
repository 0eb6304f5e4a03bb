import DBN
import Units

extension OptionBoard {
    /// Takes a record of any kind.
    ///
    /// - Parameters:
    ///   - clock: the largest receive time so far, this record's included, ns. Refreshes up to it have been done.
    ///   - leader: the leading contract's five levels.
    /// - Returns: false when nothing here uses the record.
    public mutating func take(_ record: RecordView, clock: UInt64, leader: UnsafePointer<LevelState>) -> Bool {
        guard configuration.isEnabled else { return false }
        if record.type == .instrumentDefinition {
            guard record.byteCount >= RecordByteCount.instrumentDefinition else { return false }
            return take(record.instrumentDefinition, clock: clock)
        }
        guard version > 0 else { return takeEarly(record, clock: clock) }
        if Self.isTrade(record) { enterSession(at: min(record.eventTime.nanoseconds, clock)) }
        let place = chain.find(record.instrumentID.raw)
        guard place >= 0, chain.contracts[place].isListed else { return takeEarly(record, clock: clock) }
        records &+= 1
        return take(record, chain.contracts + place, clock: clock, leader: leader)
    }

    private mutating func take(
        _ record: RecordView, _ contract: UnsafeMutablePointer<OptionContract>, clock: UInt64,
        leader: UnsafePointer<LevelState>
    ) -> Bool {
        let count = record.byteCount
        switch record.type {
        case .mbp1 where count >= RecordByteCount.mbp1:
            takeBook(record.marketByPrice, contract, clock: clock, leader: leader)
        case .trade where count >= RecordByteCount.trade:
            guard contract.pointee.source.rawValue <= OptionTradeSource.trades.rawValue else { return false }
            contract.pointee.source = .trades
            let trade = record.marketByPrice
            takeTrade(
                trade, contract, bid: contract.pointee.bid, ask: contract.pointee.ask, clock: clock, leader: leader)
            hear(contract, trade.receiveTime, clock)
        case .bbo1s where count >= RecordByteCount.mbp1, .bbo1m where count >= RecordByteCount.mbp1:
            let quote = record.bestQuote
            quoteChanged(contract, bid: quote.level.bidPrice, ask: quote.level.askPrice, quote.receiveTime, clock)
        case .cbbo1s where count >= RecordByteCount.mbp1, .cbbo1m where count >= RecordByteCount.mbp1:
            let quote = record.consolidatedQuote
            quoteChanged(contract, bid: quote.bidPrice.nanos, ask: quote.askPrice.nanos, quote.receiveTime, clock)
        case .cmbp1 where count >= RecordByteCount.mbp1, .tcbbo where count >= RecordByteCount.mbp1:
            return takeConsolidated(record, contract, clock: clock, leader: leader)
        case .statistics where count >= RecordByteCount.statistics:
            return takeInterest(record.statistics, contract)
        default:
            return false
        }
        return true
    }

    /// `mbp-1`, and `tbbo`, which has the same type: trades with the quote before them, and nothing else.
    private mutating func takeBook(
        _ record: MarketByPriceView, _ contract: UnsafeMutablePointer<OptionContract>, clock: UInt64,
        leader: UnsafePointer<LevelState>
    ) {
        let level = record.level(0)
        if record.action == .trade {
            let hasBook = contract.pointee.source == .quotes
            if !hasBook { contract.pointee.source = .tradesWithQuote }
            takeTrade(
                record, contract, bid: hasBook ? contract.pointee.bid : Self.price(level.bidPrice),
                ask: hasBook ? contract.pointee.ask : Self.price(level.askPrice), clock: clock, leader: leader)
        } else {
            contract.pointee.source = .quotes
        }
        quoteChanged(contract, bid: level.bidPrice, ask: level.askPrice, record.receiveTime, clock)
    }

    private mutating func takeConsolidated(
        _ record: RecordView, _ contract: UnsafeMutablePointer<OptionContract>, clock: UInt64,
        leader: UnsafePointer<LevelState>
    ) -> Bool {
        let quote = record.consolidatedQuote
        let bringsOwn = record.type == .tcbbo
        if bringsOwn, contract.pointee.source == .quotes { return false }
        contract.pointee.source = bringsOwn ? .tradesWithQuote : .quotes
        if bringsOwn || quote.action == .trade {
            // Price, size, action and side lie where those of other trades do.
            takeTrade(
                record.marketByPrice, contract,
                bid: bringsOwn ? Self.price(quote.bidPrice.nanos) : contract.pointee.bid,
                ask: bringsOwn ? Self.price(quote.askPrice.nanos) : contract.pointee.ask, clock: clock, leader: leader)
        }
        quoteChanged(contract, bid: quote.bidPrice.nanos, ask: quote.askPrice.nanos, quote.receiveTime, clock)
        return true
    }

    /// 0 for an undefined price.
    private static func price(_ nanos: Int64) -> Int64 { nanos == .max ? 0 : nanos }

    private mutating func quoteChanged(
        _ contract: UnsafeMutablePointer<OptionContract>, bid: Int64, ask: Int64, _ received: Timestamp,
        _ clock: UInt64
    ) {
        contract.pointee.quote(bid: Self.price(bid), ask: Self.price(ask))
        chain.candidates.quote(contract)
        hear(contract, received, clock)
    }

    // Mutating only so that a call does not copy the board.
    private mutating func hear(
        _ contract: UnsafeMutablePointer<OptionContract>, _ received: Timestamp, _ clock: UInt64
    ) {
        contract.pointee.heardAt = min(received.nanoseconds, clock)
        chain.candidates.hear(contract)
    }

    // MARK: Open interest

    /// Open interest in a record and the date that it is about, ns; nil when it says none.
    private static func interest(_ statistics: StatisticsView) -> (quantity: Int64, reference: UInt64)? {
        let quantity = statistics.quantity
        guard statistics.update != .delete, quantity != Undefined.statisticQuantity, quantity >= 0 else { return nil }
        return (quantity, statistics.referenceTime.isDefined ? statistics.referenceTime.nanoseconds : 0)
    }

    /// Open interest may come before its contract's definition; whatever else does is of no use. Always false: nothing
    /// here uses the record before a definition says what it is about.
    private mutating func takeEarly(_ record: RecordView, clock: UInt64) -> Bool {
        guard record.type == .statistics, record.byteCount >= RecordByteCount.statistics,
            record.statistics.type == .openInterest, let (quantity, reference) = Self.interest(record.statistics)
        else { return false }
        early.remember(
            record.instrumentID.raw, interest: quantity, reference: reference,
            at: min(record.receiveTime.nanoseconds, clock), session: state.sessionOpen)
        return false
    }

    private mutating func takeInterest(
        _ statistics: StatisticsView, _ contract: UnsafeMutablePointer<OptionContract>
    ) -> Bool {
        guard statistics.type == .openInterest else { return false }
        guard let (quantity, reference) = Self.interest(statistics), reference >= contract.pointee.interestReference
        else { return true }
        let before = contract.pointee.interest
        contract.pointee.interest = quantity
        contract.pointee.interestReference = reference
        guard contract.pointee.isMember, quantity != before else { return true }
        if before < 0 { state.totals.known += 1 }
        let change = quantity &- max(before, 0)
        state.totals.addInterest(change, isCall: contract.pointee.isCall)
        strikeSums.addInterest(change, contract)
        chainChanged()
        return true
    }

    // MARK: Trades

    private static func isTrade(_ record: RecordView) -> Bool {
        switch record.type {
        case .trade, .tcbbo: true
        case .mbp1, .cmbp1: record.byteCount >= RecordByteCount.mbp1 && record.marketByPrice.action == .trade
        default: false
        }
    }

    private mutating func takeTrade(
        _ trade: MarketByPriceView, _ contract: UnsafeMutablePointer<OptionContract>, bid: Int64, ask: Int64,
        clock: UInt64, leader: UnsafePointer<LevelState>
    ) {
        let price = trade.price.nanos
        let size = Int64(trade.size)
        guard trade.price.isDefined, size > 0, trade.size != .max else { return }
        let time = min(trade.record.eventTime.nanoseconds, clock)
        let sign = contract.pointee.tradeSign(side: trade.side.rawValue, price: price, bid: bid, ask: ask)
        contract.pointee.remember(price: price)
        contract.pointee.volume &+= size
        contract.pointee.signedVolume &+= sign &* size
        guard contract.pointee.isMember else { return }
        strikeSums.touch(contract)
        let isToday = sessionRange.contains(contract.pointee.expiration)
        state.volumes.add(size, isCall: contract.pointee.isCall, isToday: isToday, sign: sign)
        version &+= 1
        let flow = OptionTradeFlow(contract, signedSize: sign &* size, price: price)
        let weight = sign == 0 ? 0 : state.clock.weight(at: time)
        if sign != 0 { addFlow(flow, isCall: contract.pointee.isCall, weight: weight, time: time) }
        for index in 0..<FeatureSchema.levelCount {
            addFlow(flow, size, contract, level: leader + index, levels + index, weight: weight, time: time)
        }
    }

    private mutating func addFlow(_ flow: OptionTradeFlow, isCall: Bool, weight: Double, time: UInt64) {
        if isCall {
            state.callPremium.add(flow.premium, weight: weight, time: time)
        } else {
            state.putPremium.add(flow.premium, weight: weight, time: time)
        }
        guard flow.hasGreeks else { return }
        state.deltaFlow.add(flow.delta, weight: weight, time: time)
        state.vegaFlow.add(flow.vega, weight: weight, time: time)
    }

    /// Adds a trade to what happened at a level.
    private mutating func addFlow(
        _ flow: OptionTradeFlow, _ size: Int64, _ contract: UnsafePointer<OptionContract>,
        level: UnsafePointer<LevelState>, _ sums: UnsafeMutablePointer<OptionLevel>, weight: Double, time: UInt64
    ) {
        sums.pointee.follow(level)
        guard sums.pointee.isActive else { return }
        sums.pointee.volume &+= size
        guard isNear(contract.pointee.strike, numerator: sums.pointee.numerator, denominator: sums.pointee.denominator)
        else { return }
        sums.pointee.nearVolume &+= size
        guard flow.isSigned else { return }
        sums.pointee.premiumFlow.add(contract.pointee.sign * flow.premium, weight: weight, time: time)
        if flow.hasGreeks { sums.pointee.deltaFlow.add(flow.delta, weight: weight, time: time) }
    }

    /// |K − L| is at most the configured distance, decided in integers. L is in ticks.
    mutating func isNear(_ strike: Int64, numerator: Int64, denominator: Int64) -> Bool {
        let distance = (strike &+ state.market.basisNanos) &* denominator &- numerator &* tickNanos
        return abs(distance) <= configuration.nearLevelNanos &* denominator
    }
}

/// What one trade adds to the flows.
private struct OptionTradeFlow {
    let isSigned: Bool
    /// D·size·price·M, USD.
    let premium: Double
    /// D·size·Δ, futures.
    let delta: Double
    /// D·size·vega·M, USD per vol point.
    let vega: Double
    let hasGreeks: Bool

    init(_ contract: UnsafePointer<OptionContract>, signedSize: Int64, price: Int64) {
        let size = Double(signedSize)
        isSigned = signedSize != 0
        premium = size * (Double(price) / 1e9) * contract.pointee.multiplier
        hasGreeks = contract.pointee.hasVolatility
        delta = hasGreeks ? size * contract.pointee.delta : 0
        vega = hasGreeks ? size * contract.pointee.vega * contract.pointee.multiplier : 0
    }
}
