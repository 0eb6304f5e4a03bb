import Control
import LiveFeed
import Orders
import Units

/// What `levelhead status` tells: the processes, and the account as the first of risk, execution and paper knows it.
/// The position is the venue's when the execution gateway does not answer.
struct StatusReport: Encodable {
    let processes: [ProcessStatus]
    let position: [String: Int64]
    /// Nil when nobody who answers keeps an account.
    let tradingState: String?
    let dayProfit: String?
    /// Whose profit, limits and orders these are.
    let account: ProcessStatus.Account?
    /// Nil when the state directory has none yet.
    let epoch: EpochState?
    /// Where the feed of a live run stands, as ingest says; `down` while no ingest is there. Nil where nobody can know,
    /// and of a run over tape.
    let feed: String?
    /// The same of the options, where they have a dataset of their own.
    let optionsFeed: String?
    /// Registered and silent; registered and dead.
    let missing: [String]
    let stale: [String]
    let milliseconds: Double

    /// Who owns the account, best first.
    private static let accountants = ["risk", "execution", "paper"]

    enum CodingKeys: String, CodingKey {
        case processes, position, books, accounts, lock, strategies, epoch, locked, feed, missing, stale
        case rollsTo = "rolls_to"
        case optionsFeed = "options_feed"
        case tradingState = "trading_state"
        case dayProfit = "day_pnl_usd"
        case milliseconds = "ms"
    }

    /// - Parameter isLive: the run in progress has a live feed.
    init(_ survey: Survey, epoch: EpochState?, isLive: Bool = false) {
        processes = survey.answered.compactMap { survey.answers[$0]?.status }
        let accounts = processes.filter { $0.account != nil }.sorted { Self.rank($0.name) < Self.rank($1.name) }
        account = accounts.first?.account
        // The traded contract is named when it is flat, too, as in the result of a replay.
        let flat = accounts.first.map { $0.instruments.map { ($0.symbol, Int64(0)) } } ?? []
        let held = Dictionary(flat, uniquingKeysWith: { $1 }).merging(account?.position ?? [:]) { $1 }
        // Without the execution gateway nobody tells of fills, and the account's is what was last heard; without an
        // account nobody else has it.
        let isToldOfFills = account != nil && processes.contains { $0.name == "execution" }
        position = isToldOfFills ? held : held.merging(Self.atVenue(processes)) { $1 }
        tradingState = account?.tradingState
        dayProfit = account?.dayProfit
        self.epoch = epoch
        let ingest = processes.first { $0.name == ProcessRole.ingest.rawValue }
        let isKnown = !processes.isEmpty && !survey.missing.contains(ProcessRole.ingest.rawValue)
        let isGone = isLive && isKnown && ingest == nil
        feed = ingest?.feed ?? (isGone ? "\(FeedState.down)" : nil)
        optionsFeed = ingest?.optionsFeed
        missing = survey.missing
        stale = survey.stale.map(\.name)
        milliseconds = Double(survey.elapsed.count / 1_000) / 1_000
    }

    /// Keys without a value are null, not absent: a reader finds every one.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(processes, forKey: .processes)
        try container.encode(position, forKey: .position)
        try container.encodeIfPresent(account?.books, forKey: .books)
        try container.encodeIfPresent(account?.accounts, forKey: .accounts)
        try container.encodeIfPresent(account?.lock, forKey: .lock)
        try container.encodeIfPresent(account?.strategies, forKey: .strategies)
        try container.encodeIfPresent(account?.rollsTo, forKey: .rollsTo)
        try container.encode(tradingState, forKey: .tradingState)
        try container.encode(dayProfit, forKey: .dayProfit)
        try container.encode(epoch?.epoch, forKey: .epoch)
        try container.encode(epoch?.isLocked, forKey: .locked)
        try container.encode(feed, forKey: .feed)
        try container.encode(optionsFeed, forKey: .optionsFeed)
        try container.encode(missing, forKey: .missing)
        try container.encode(stale, forKey: .stale)
        try container.encode(milliseconds, forKey: .milliseconds)
    }

    private static func atVenue(_ processes: [ProcessStatus]) -> [String: Int64] {
        let known = processes.flatMap(\.instruments).compactMap { one in one.position.map { (one.symbol, $0) } }
        return Dictionary(known, uniquingKeysWith: { $1 })
    }

    private static func rank(_ name: String) -> Int { accountants.firstIndex(of: name) ?? accountants.count }
}
