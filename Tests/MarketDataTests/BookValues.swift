import MarketData

// The queries of ladders and the attribution, which work on books where they lie, for books as values.

extension BookSideLadder {
    private func whereItLies<Result>(_ body: (UnsafePointer<BookSideLadder>) -> Result) -> Result {
        withUnsafePointer(to: self, body)
    }

    func size(at price: Int32) -> Int32 { whereItLies { $0.size(at: price) } }
    func size(from low: Int32, through high: Int32) -> Int32 { whereItLies { $0.size(from: low, through: high) } }
    func topSize(_ levels: Int) -> Int32 { whereItLies { $0.topSize(levels) } }
}

extension DepthAttribution {
    mutating func update(
        before: Book, after: Book, trades: UnsafeBufferPointer<TradeRun>, comparable: Bool, bids: Bool, asks: Bool
    ) {
        withUnsafePointer(to: before) { before in
            withUnsafePointer(to: after) { after in
                update(before: before, after: after, trades: trades, comparable: comparable, bids: bids, asks: asks)
            }
        }
    }
}
