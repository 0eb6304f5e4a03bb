import Configuration
import DBN
import Foundation
import LiveFeed
import MarketCalendar
import Platform
import Tape
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
    var keyFile: String?
    var replay: Replay
    var compresses: Bool
}

/// The ingest process of a live run: a session with the gateway, its records and marks to tape and ring.
struct LiveIngest {
    /// How long a feed may be silent before its clock is moved on.
    private static let silence = Nanoseconds.seconds(1)
    private static let patience = Nanoseconds.milliseconds(5)

    private let site: RunSite
    private let source: LiveSource

    init(_ site: RunSite, _ source: LiveSource) {
        self.site = site
        self.source = source
    }

    func run() throws {
        let desk = try ProcessDesk(.ingest, site)
        let configuration = try site.configuration()
        let key = try LiveKey.read(
            environment: ProcessInfo.processInfo.environment[LiveKey.variable], file: source.keyFile,
            for: source.address)
        var sink = LiveIngestSink(site, configuration: configuration, dataset: source.dataset)
        let ledger = try sink.resume()
        var feed = try LiveFeed(
            LiveFeedConfiguration(
                address: source.address,
                request: LiveSessionRequest(
                    dataset: source.dataset, compression: source.compresses ? .zstd : .none),
                seed: UInt64(getpid())),
            key: key, subscriptions: try subscriptions(configuration), ledger: ledger)
        while !StopSignal.isRaised {
            let handed = feed.receive(timeout: Self.patience, into: &sink)
            try sink.check()
            if handed == 0 { sink.moveClock(feed.state, dataTime: feed.dataTime, after: Self.silence) }
            try sink.flush()
            desk.report(
                position: sink.sequence, clock: feed.dataTime, isDone: false, produced: feed.counters.holes)
        }
        feed.close(into: &sink)
        try sink.check()
        try sink.finish()
        desk.close()
    }

    /// Definitions, status and statistics first, then the books of both contracts.
    private func subscriptions(_ configuration: ResolvedConfiguration) throws -> [LiveSubscription] {
        let start = try start(configuration)
        let names = Array(Set([configuration.instrument.signal, configuration.instrument.traded].map(\.description)))
            .sorted()
        let type: SymbolType = names.allSatisfy { $0.contains(".c.") } ? .continuous : .rawSymbol
        return try [Schema.definition, .status, .statistics, .mbp10].map { schema in
            try LiveSubscription(schema, type, .named(names), start: start)
        }
    }

    private func start(_ configuration: ResolvedConfiguration) throws -> Timestamp? {
        switch source.replay {
        case .none: return nil
        case .all: return Timestamp(nanoseconds: 0)
        case .session:
            let calendar = TradingCalendar.cmeEquityIndex(
                zone: try ZoneData.newYork(), windows: configuration.sessions)
            return calendar.sessionInForce(MonotonicClock.wallTime()).open
        }
    }
}
