import Orders
import Units

/// Memory behind market updates, written by scripts: `4999.75x20,4999.50x30 | 5000.00x5`.
final class TestMarket {
    private let bids = UnsafeMutableBufferPointer<BookLevel>.allocate(capacity: 10)
    private let asks = UnsafeMutableBufferPointer<BookLevel>.allocate(capacity: 10)
    private let trades = UnsafeMutableBufferPointer<MarketTrade>.allocate(capacity: 16)
    private var bidCount = 0, askCount = 0, tradeCount = 0
    var quality: DataQuality = .noBook
    var time = Timestamp(nanoseconds: 0)

    deinit {
        bids.deallocate()
        asks.deallocate()
        trades.deallocate()
    }

    func setBook(bids newBids: [BookLevel], asks newAsks: [BookLevel]) {
        for (i, level) in newBids.enumerated() { bids[i] = level }
        for (i, level) in newAsks.enumerated() { asks[i] = level }
        bidCount = newBids.count
        askCount = newAsks.count
    }

    func setTrades(_ new: [MarketTrade]) {
        for (i, trade) in new.enumerated() { trades[i] = trade }
        tradeCount = new.count
    }

    var update: MarketUpdate {
        MarketUpdate(
            time: time, receiveTime: time, quality: quality,
            bids: UnsafeBufferPointer(rebasing: bids[..<bidCount]),
            asks: UnsafeBufferPointer(rebasing: asks[..<askCount]),
            trades: UnsafeBufferPointer(rebasing: trades[..<tradeCount]))
    }

    /// `4999.75x20,4999.50x30/7 | 5000.00x5`: contracts, and orders where they matter; `-` for an empty side.
    func setBook(_ text: String) {
        let sides = text.split(separator: "|").map { side in
            side.split(whereSeparator: { " ,".contains($0) }).filter { $0 != "-" }.map { level in
                let parts = level.split(whereSeparator: { "x/".contains($0) })
                return BookLevel(
                    price: Script.price(parts[0]), size: UInt32(parts[1])!,
                    count: parts.count > 2 ? UInt32(parts[2])! : 1)
            }
        }
        setBook(bids: sides[0], asks: sides[1])
    }
}

/// Words of the scenario scripts.
enum Script {
    static let terms = ContractTerms(
        tickSize: TickSize(nanos: 250_000_000), multiplier: 5, feePerSide: Money(cents: 62))
    /// 2024-03-05 00:00 UTC; script times are seconds after it.
    static let base: UInt64 = 1_709_596_800_000_000_000

    static func price(_ text: some StringProtocol) -> Ticks {
        terms.tickSize.ticks(Price(nanos: Decimal9.parse(text)!))!
    }

    static func text(_ price: Ticks) -> String { Money(nanos: terms.tickSize.price(price).nanos).description }

    static func time(_ text: some StringProtocol) -> Timestamp {
        Timestamp(nanoseconds: base + UInt64(Decimal9.parse(text)!))
    }

    /// The lines of a script without blanks and comments.
    static func lines(_ script: String) -> [String] {
        script.split(separator: "\n").map { $0.trimmed }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    static let day = TradingDay(
        tradeDate: 20_240_305, sessionOpen: time("0"), sessionClose: time("100000"), entryOpen: time("0"),
        entryClose: time("50000"), flatBy: time("60000"))
}

extension Substring {
    var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Array<String> {
    /// The word after `name`, if it is there.
    func value(_ name: String) -> String? {
        guard let i = firstIndex(of: name), i + 1 < count else { return nil }
        return self[i + 1]
    }
}
