extension OptionContract {
    /// Who was the aggressor of a trade (Lee & Ready 1991, without delay): the venue's word, else the quote before the
    /// trade, else at the mid the last different price. 0 when none of them says.
    ///
    /// - Parameter side: the venue's byte: `A` sold, `B` bought.
    func tradeSign(side: UInt8, price: Int64, bid: Int64, ask: Int64) -> Int64 {
        if side == UInt8(ascii: "B") { return 1 }
        if side == UInt8(ascii: "A") { return -1 }
        guard bid > 0, ask > bid else { return 0 }
        let distance = 2 &* price &- (bid &+ ask)
        guard distance == 0 else { return distance.signum() }
        let reference = price == lastPrice ? differentPrice : lastPrice
        return reference == 0 ? 0 : (price &- reference).signum()
    }

    /// Remembers a trade's price for the tick test.
    mutating func remember(price: Int64) {
        guard price != lastPrice else { return }
        differentPrice = lastPrice
        lastPrice = price
    }
}
