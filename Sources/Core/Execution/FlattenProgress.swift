import Determinism
import Orders
import Units

/// The best prices of the traded contract, as far as a closing order needs them.
@frozen public struct ExecutionQuote: Hashable, BitwiseCopyable, Sendable {
    public var quality: DataQuality = .noBook
    /// Zero where the side is empty.
    public var bid = Ticks.zero
    public var ask = Ticks.zero

    init() {}

    init(_ update: MarketUpdate) {
        quality = update.quality
        bid = update.bid.size > 0 ? update.bid.price : .zero
        ask = update.ask.size > 0 ? update.ask.price : .zero
    }

    var isTrading: Bool { quality.isDisjoint(with: .notTrading) }

    /// What an order of `side` meets first; nil without a book to rely on.
    func farTouch(_ side: Side) -> Ticks? {
        let price = side == .buy ? ask : bid
        return quality.hasUsableBook && price > .zero ? price : nil
    }
}

extension ExecutionQuote: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&quality)
        try archive.field(&bid)
        try archive.field(&ask)
    }
}

/// One read of the venue: all live orders, and the position. Its answers are told in the order of the venue's stream,
/// so whatever happened before they were given has been heard.
@frozen public struct VenueRead: Hashable, BitwiseCopyable, Sendable {
    /// Number of the question for orders, that for the position is the next one; 0 when none is under way.
    var query: UInt64 = 0
    var sent = Timestamp.undefined
    /// Message time by which it must be answered.
    var answerBy = Timestamp.undefined
    var silences: UInt8 = 0
    var hasOrders = false
    var hasPosition = false
    /// Orders that it found and nobody here knows.
    var strays: UInt32 = 0
    /// What is open.
    var quantity = Quantity.zero

    var isUnderWay: Bool { query != 0 }
    var isComplete: Bool { hasOrders && hasPosition }
}

extension VenueRead: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&query)
        try archive.field(&sent)
        try archive.field(&answerBy)
        try archive.field(&silences)
        try archive.field(&hasOrders)
        try archive.field(&hasPosition)
        try archive.field(&strays)
        try archive.field(&quantity)
    }
}

/// How far a flatten has come.
@frozen public struct FlattenProgress: Hashable, BitwiseCopyable, Sendable {
    public var reason = StateReason.operatorRequest
    /// Closing orders sent.
    public var rounds: UInt32 = 0
    /// Message time from which the next one may be sent.
    var roundFrom = Timestamp(nanoseconds: 0)
    /// Reads in a row that found nothing live and nothing open, with nothing heard between them.
    var cleanReads: UInt8 = 0
    /// It may go on by itself when a closed market opens.
    public var waitsForOpen = false
    /// The market takes no orders, and that has been told.
    public var isBlocked = false
    /// The market was closed then, not just halted.
    var isClosed = false
    var isLate = false
    /// An operator or the gateway itself wanted it, and the risk gateway was told: its own word for it may come late.
    var isOurs = false
    public var certificate = FlattenCertificate()

    init() {}

    /// It was proven, and nothing has been sent or heard since, nor has the lock come off.
    var isProven: Bool { certificate.proven.isDefined }

    mutating func voidProof() { certificate.proven = .undefined }
}

extension FlattenProgress: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.code(&reason)
        try archive.field(&rounds)
        try archive.field(&roundFrom)
        try archive.field(&cleanReads)
        try archive.field(&waitsForOpen)
        try archive.field(&isBlocked)
        try archive.field(&isClosed)
        try archive.field(&isLate)
        try archive.field(&isOurs)
        try certificate.persist(&archive)
    }
}
