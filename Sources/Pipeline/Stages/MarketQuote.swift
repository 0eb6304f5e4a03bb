import MarketData
import Orders
import Units

/// The best prices of a book, when it stood so, and what is wrong with it.
public struct MarketQuote: Sendable {
    /// Event time of its last group; before the first, 0.
    public let time: Timestamp
    public let bid, ask: BookLevel
    public let quality: DataQuality
}
