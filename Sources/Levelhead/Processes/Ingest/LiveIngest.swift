import Configuration
import Control
import DBN
import Foundation
import LiveFeed
import Platform
import Units

/// Where a live feed comes from.
struct LiveSource: Sendable {
    enum Replay: String, Sendable, CaseIterable {
        /// Everything since 18:00 New York of the session in force.
        case session
        /// Everything that the gateway has.
        case all
        /// The present alone.
        case none
    }

    var dataset: String
    var address: GatewayAddress
    /// Of the options' dataset, when they have one of their own.
    var optionsAddress: GatewayAddress?
    var keyFile: String?
    var replay: Replay
    var compresses: Bool

    /// - Throws: there is none, or it is no key.
    func key() throws(LiveKeyError) -> LiveKey {
        try LiveKey.read(
            environment: ProcessInfo.processInfo.environment[LiveKey.variable], file: keyFile, for: address)
    }
}

/// The ingest process of a live run: a session with the gateway for each dataset, its records and marks to tape and
/// ring.
struct LiveIngest {
    /// How long a feed may be silent before its clock is moved on.
    private static let silence = Nanoseconds.seconds(1)
    /// The gateway says something that often, by the protocol's shortest interval: a book is stale after as long.
    private static let heartbeat = 5
    /// A gateway that has said nothing for longer is not known to be there.
    private static let heartbeatLimit = Nanoseconds.seconds(Int64(heartbeat) + 1)
    private static let patience = Nanoseconds.milliseconds(5)
    /// Between two attempts at a gateway that has refused a run that has begun.
    private static let refusalDelay = Nanoseconds.seconds(60)

    private let site: RunSite
    private let source: LiveSource

    init(_ site: RunSite, _ source: LiveSource) {
        self.site = site
        self.source = source
    }

    func run() throws {
        let desk = try ProcessDesk(.ingest, site)
        let configuration = try site.configuration()
        let key = try source.key()
        var plan = try LiveSubscriptions(configuration, source)
        var sink = LiveIngestSink(site, configuration: configuration, dataset: source.dataset, plan: plan)
        sink.stages = desk.stages
        let keeper = LiveIngestKeeper(site, configuration)
        let ledgers = try sink.resume(keeper.load(sink.state(FeedLedgers())))
        site.removeResult(.ingest)
        let isNew = sink.sequence == 0
        if !plan.hasIndexChain, let unused = source.optionsAddress, unused != source.address {
            Terminal.writeError(
                "levelhead: --options-gateway \(unused) is not asked: no chain of an index is followed (options.root)")
        }
        if isNew, plan.hasOptions { sink.options = try OptionScout(source, plan, key).look() }
        plan.choose(from: &sink)
        let (address, dataset) = plan.chain(source)
        var feeds = LiveFeeds(
            try feed(source.address, source.dataset, key, plan, plan.futures, ledgers.futures),
            isResumed: sink.hasRecords)
        if plan.hasIndexChain { feeds.add(try feed(address, dataset, key, plan, plan.chain, ledgers.chain)) }
        var told: (FeedState, isBehind: Bool, FeedState?)?
        var savedAt = MonotonicClock.now()
        while !StopSignal.isRaised {
            let handed = feeds.receive(timeout: Self.patience, into: &sink)
            try sink.check()
            if feeds.isRefused {
                let error = LiveIngestError.refused(sink.refusal, isOfChain: feeds.state != .refused)
                guard sink.hasRecords else { throw error }
                // What is open goes on, so the run does: a key can be given back.
                Terminal.writeError("levelhead: \(error); tried again in \(Int(Self.refusalDelay.seconds)) s")
                feeds.reopen(after: Self.refusalDelay)
            }
            // Over a gateway that may be gone nobody says that its book still stands.
            if handed == 0, MonotonicClock.now() - feeds.heardAt <= Self.heartbeatLimit {
                sink.moveClock(feeds.state, dataTime: feeds.dataTime, after: Self.silence)
            }
            try sink.flush()
            let now = MonotonicClock.now()
            // A replay under way begins anew in the next session: what is known before it counts then.
            if feeds.isPresent, keeper.isDue(after: now - savedAt) {
                savedAt = now
                keeper.save(sink.state(feeds.ledgers))
            }
            if let more = try plan.additions(from: &sink) { try feeds.subscribe(more) }
            desk.report(position: sink.sequence, clock: feeds.dataTime, isDone: false, gaps: feeds.holes)
            if told.map({ $0 != (feeds.state, sink.isBehind, feeds.chainState) }) ?? true {
                told = (feeds.state, sink.isBehind, feeds.chainState)
                let state = sink.isBehind ? "\(FeedMark.Kind.behind)" : "\(feeds.state)"
                desk.report(feed: state, options: feeds.chainState)
            }
        }
        feeds.close(into: &sink)
        try sink.check()
        try sink.finish()
        desk.close()
    }

    private func feed(
        _ address: GatewayAddress, _ dataset: String, _ key: LiveKey, _ plan: LiveSubscriptions,
        _ subscriptions: [LiveSubscription], _ ledger: ReplayLedger
    ) throws -> LiveFeed {
        var configuration = LiveFeedConfiguration(
            address: address,
            request: LiveSessionRequest(
                dataset: dataset, compression: source.compresses ? .zstd : .none,
                heartbeatInterval: Self.heartbeat),
            seed: UInt64(getpid()))
        configuration.sessionStart = plan.sessionStart
        return try LiveFeed(configuration, key: key, subscriptions: subscriptions, ledger: ledger)
    }
}
