import DBN
import Determinism

/// What the makers and the takers of options do.
extension OptionStream {
    /// Regular hours and the quarter of an hour after them, in seconds from 00:00 ET.
    private static let regularStart = 34_200.0
    private static func isRegular(_ second: Double) -> Bool { second >= regularStart && second < 58_500 }

    /// Seconds until the makers have followed a move of the theoretical price. A thin session is slower.
    mutating func reaction(_ interest: OptionState.Interest, _ second: Double) -> Double {
        let mean: Double =
            switch interest {
            case .today: 1.5
            case .near: 6
            case .far: 15
            }
        return random.exponential() * mean * (Self.isRegular(second) ? 1 : 8) / max(0.01, min(1, parameters.rate))
    }

    /// Seconds until a contract is quoted again if its price does not move. In regular hours a minute never passes, so
    /// that a quote stays usable; overnight only near the money, and not in a thin session.
    private mutating func patience(_ interest: OptionState.Interest, _ second: Double) -> Double {
        let isThin = parameters.rate < 0.25
        guard Self.isRegular(second + 60) else {
            let (least, spread): (Double, Double) = isThin || interest == .far ? (150, 150) : (35, 15)
            let wait = least + spread * random.unit()
            let untilOpen = Self.regularStart - second
            return untilOpen > 0 ? min(wait, untilOpen + 20 * random.unit()) : wait
        }
        if interest == .today && !isThin { return 8 + 12 * random.unit() }
        return isThin ? 32 + 14 * random.unit() : 25 + 15 * random.unit()
    }

    /// Decides what the contract of an entry of the agenda does now.
    mutating func plan(_ entry: Int32, _ moment: SyntheticSmile.Moment, _ second: Double) {
        let index = Int(entry & ~Self.tradeBit)
        guard states[index].expiration > second else { return }
        if entry & Self.tradeBit == 0 {
            requote(index, moment, second)
        } else if states[index].quote.ask > 0 {
            trade(index, second)
        }
    }

    private mutating func requote(_ index: Int, _ moment: SyntheticSmile.Moment, _ second: Double) {
        let value = states[index].value(second, moment)
        let old = states[index].quote
        var new = old
        new.setPrices(value, widening: Self.isRegular(second) ? 1 : 1.5)
        // A quote that stays is confirmed with another size of one side.
        let isSame = new.bid == old.bid && new.ask == old.ask
        let refreshesBid = isSame && new.bid > 0 && random.chance(0.5)
        if new.bid != old.bid || refreshesBid { setSize(&new, isBid: true) }
        if new.ask != old.ask || (isSame && !refreshesBid) { setSize(&new, isBid: false) }
        states[index].setInterest(value)
        states[index].quote = new
        watches[index].anchor(value, moment)
        watches[index].due = dueStep(after: patience(states[index].interest, second), second)
        let bidFirst = old.ask == 0 || new.bid < old.ask
        var between = old
        if bidFirst { report(index, &between, new, isBid: true) }
        report(index, &between, new, isBid: false)
        if !bidFirst { report(index, &between, new, isBid: true) }
        outbox.close(.last)
    }

    private func dueStep(after wait: Double, _ second: Double) -> Int32 {
        Int32((second + wait - parameters.window.start) / Self.step)
    }

    /// Draws another size of one side, and its orders; none where there is no price.
    private mutating func setSize(_ quote: inout OptionQuote, isBid: Bool) {
        let price = isBid ? quote.bid : quote.ask
        let old = isBid ? quote.bidSize : quote.askSize
        let drawn = 1 + Int(orderSizes.draw(&random))
        let size = price == 0 ? 0 : drawn == old ? drawn + 1 : drawn
        let orders = price == 0 ? 0 : min(size, 1 + Int(random.below(4)))
        if isBid {
            (quote.bidSize, quote.bidCount) = (size, orders)
        } else {
            (quote.askSize, quote.askCount) = (size, orders)
        }
    }

    /// Adds the record that brings one side of `quote` to that of `new`, if it differs.
    private mutating func report(_ index: Int, _ quote: inout OptionQuote, _ new: OptionQuote, isBid: Bool) {
        let old = quote
        if isBid {
            (quote.bid, quote.bidSize, quote.bidCount) = (new.bid, new.bidSize, new.bidCount)
        } else {
            (quote.ask, quote.askSize, quote.askCount) = (new.ask, new.askSize, new.askCount)
        }
        guard quote != old else { return }
        let (before, after) = isBid ? (old.bid, new.bid) : (old.ask, new.ask)
        let isGone = after == 0
        outbox.add(
            OptionOutbox.Entry(
                index: index, action: before == 0 ? .add : isGone ? .cancel : .modify, side: isBid ? .bid : .ask,
                price: isGone ? before : after,
                size: isBid ? (isGone ? old.bidSize : new.bidSize) : (isGone ? old.askSize : new.askSize),
                flags: RecordFlags(rawValue: 0), level: quote.level))
    }
}

// MARK: - Trades
extension OptionStream {
    /// Of a trade's last record. Made once: a literal of several costs an allocation in a debug build.
    private static let closing: RecordFlags = [.last, .publisherSpecific]

    /// A print at the bid, the offer or, of unknown side, between them; then what it leaves of the quote.
    private mutating func trade(_ index: Int, _ second: Double) {
        let old = states[index].quote
        let mark = random.unit()
        let isUnknown = mark >= 0.9 || (mark >= 0.85 && old.bid == 0)
        let isBuy = mark < 0.47 || (old.bid == 0 && !isUnknown)
        let middle = OptionQuote.snap(0.025 * Double(old.bid + old.ask))
        let price = isUnknown && middle > 0 ? min(max(middle, old.bid), old.ask) : isBuy ? old.ask : max(old.bid, 1)
        let displayed = isBuy || price == old.ask ? old.askSize : max(1, old.bidSize)
        let wanted = min(100, max(1, Int(tradeSizes.draw(&random))))
        let size = price == old.ask || price == old.bid ? min(wanted, displayed) : wanted
        outbox.add(
            OptionOutbox.Entry(
                index: index, action: .trade, side: isUnknown ? .none : isBuy ? .bid : .ask, price: price, size: size,
                flags: RecordFlags(rawValue: 0), level: old.level))
        var new = old
        take(size, at: price, from: &new)
        var between = old
        report(index, &between, new, isBid: true)
        report(index, &between, new, isBid: false)
        outbox.close(Self.closing)
        states[index].quote = new
        // The makers look at it again.
        let wait = 0.5 + reaction(states[index].interest, second)
        watches[index].due = min(watches[index].due, dueStep(after: wait, second))
    }

    /// Takes a print out of the side that it met; an exhausted side is one price worse. A print between the sides
    /// leaves them, and their offer gets another size.
    private mutating func take(_ size: Int, at price: Int, from quote: inout OptionQuote) {
        if price == quote.ask {
            quote.askSize -= size
            quote.askCount = min(quote.askCount, quote.askSize)
            guard quote.askSize == 0 else { return }
            quote.ask = OptionQuote.above(quote.ask)
            setSize(&quote, isBid: false)
        } else if price == quote.bid {
            quote.bidSize -= size
            quote.bidCount = min(quote.bidCount, quote.bidSize)
            guard quote.bidSize == 0 else { return }
            quote.bid = OptionQuote.below(quote.bid)
            setSize(&quote, isBid: true)
        } else {
            setSize(&quote, isBid: false)
        }
    }
}
