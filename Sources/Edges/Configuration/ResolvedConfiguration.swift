public import MarketCalendar
public import Units

/// The configuration of one run: every key with its value and origin, and the same in the types of the domain.
public struct ResolvedConfiguration: Sendable {
    /// In table order.
    public let settings: [ResolvedSetting]
    public let instrument: InstrumentSettings
    public let sessions: SessionWindows
    public let bars: BarSettings
    public let levels: LevelSettings
    public let features: FeatureSettings
    public let policy: PolicySettings
    public let risk: RiskSettings
    public let venue: VenueSettings
    public let digest: DigestMode
    public let ring: RingSettings
    public let snapshotEvery: Nanoseconds

    /// - Throws: the first relation between values that does not hold.
    init(settings: [ResolvedSetting]) throws(ConfigurationError) {
        let read = SettingReader(settings: settings)
        self.settings = settings
        instrument = InstrumentSettings(signal: read.text("instrument.signal"), traded: read.text("instrument.traded"))
        sessions = try ResolvedConfiguration.sessions(read)
        bars = BarSettings(
            smaPeriod: .minutes(read.integer("bars.sma_period_minutes")), smaLength: read.int("bars.sma_length"))
        levels = LevelSettings(
            band: read.ticks("levels.band_ticks"), touch: read.ticks("levels.touch_ticks"),
            reset: read.ticks("levels.reset_ticks"), beyond: read.ticks("levels.beyond_ticks"))
        let large = read.integer("features.large_trade_contracts")
        features = FeatureSettings(
            largeTradeContracts: large == 0 ? nil : large, annualizationHours: read.real("features.annualization_hours"))
        policy = ResolvedConfiguration.policy(read)
        risk = ResolvedConfiguration.risk(read)
        venue = VenueSettings(
            latency: .microseconds(read.integer("venue.latency_us")),
            acknowledgementLatency: .microseconds(read.integer("venue.ack_latency_us")),
            exchangeFee: read.fee("venue.exchange_fee_usd"), clearingFee: read.fee("venue.clearing_fee_usd"),
            nfaFee: read.fee("venue.nfa_fee_usd"), brokerFee: read.fee("venue.broker_fee_usd"))
        digest = DigestMode(rawValue: read.text("digest")) ?? .second
        ring = RingSettings(bytes: read.int("ring.bytes"), wait: RingWait(rawValue: read.text("ring.wait")) ?? .yield)
        snapshotEvery = .seconds(read.integer("snapshot.every_seconds"))
        try checkRelations(read)
    }

    private static func sessions(_ read: SettingReader) throws(ConfigurationError) -> SessionWindows {
        do {
            return try SessionWindows(
                premarketStart: read.time("sessions.premarket_start"), premarketEnd: read.time("sessions.premarket_end"),
                openingRangeStart: read.time("sessions.opening_range_start"),
                openingRangeMinutes: read.int("sessions.opening_range_minutes"),
                rthOpen: read.time("sessions.rth_open"), rthClose: read.time("sessions.rth_close"),
                initialBalanceMinutes: read.int("sessions.initial_balance_minutes"))
        } catch {
            let (window, rule): (SessionWindowError.Window, String) =
                switch error {
                case .empty(let window): (window, "the window must end after it starts, on a clock that begins at 18:00")
                case .outsideSession(let window): (window, "the window must lie within 18:00 to 17:00 of the next day")
                }
            let key =
                switch window {
                case .premarket: "sessions.premarket_end"
                case .openingRange: "sessions.opening_range_minutes"
                case .regularHours: "sessions.rth_close"
                case .initialBalance: "sessions.initial_balance_minutes"
                }
            throw .relation(key: key, origin: read.origin(key), rule: rule)
        }
    }

    private static func policy(_ read: SettingReader) -> PolicySettings {
        PolicySettings(
            isEnabled: read.boolean("policy.enabled"),
            window: TradingWindowRule(
                entryStart: read.time("policy.entry_start"), entryEnd: read.time("policy.entry_end"),
                flatBy: read.time("policy.flat_by"),
                earlyCloseEntryMinutes: read.int("policy.early_close_entry_minutes"),
                earlyCloseFlatMinutes: read.int("policy.early_close_flat_minutes")),
            quantity: Quantity(read.integer("policy.quantity")), stop: read.ticks("policy.stop_ticks"),
            target: read.ticks("policy.target_ticks"), timeStop: .seconds(read.integer("policy.time_stop_seconds")),
            signalThreshold: read.real("policy.signal_threshold"), hold: read.seconds("policy.hold_seconds"),
            minimumWeight: read.real("policy.minimum_weight"), oneEntryPerTest: read.boolean("policy.one_entry_per_test"),
            afterTest: .seconds(read.integer("policy.after_test_seconds")))
    }

    private static func risk(_ read: SettingReader) -> RiskSettings {
        RiskSettings(
            maximumOrder: Quantity(read.integer("risk.max_order_contracts")),
            maximumPosition: Quantity(read.integer("risk.max_position_contracts")),
            dailyLoss: read.money("risk.daily_loss_usd"), trailingDrawdown: read.money("risk.trailing_drawdown_usd"),
            staleAfter: .milliseconds(read.integer("risk.stale_after_ms")),
            noMarkReduce: .seconds(read.integer("risk.no_mark_reduce_seconds")),
            noMarkFlatten: .seconds(read.integer("risk.no_mark_flatten_seconds")))
    }

    private func checkRelations(_ read: SettingReader) throws(ConfigurationError) {
        func require(_ holds: Bool, _ key: String, _ rule: String) throws(ConfigurationError) {
            guard holds else { throw .relation(key: key, origin: read.origin(key), rule: rule) }
        }
        let window = policy.window
        let (start, end) = (window.entryStart.secondsIntoSession, window.entryEnd.secondsIntoSession)
        let flat = window.flatBy.secondsIntoSession
        let clock = "on a clock that begins at 18:00"
        try require(start < end, "policy.entry_end", "must be after policy.entry_start, \(clock)")
        try require(end <= flat, "policy.flat_by", "must not be before policy.entry_end, \(clock)")
        try require(flat <= 23 * 3_600, "policy.flat_by", "must lie within 18:00 to 17:00 of the next day")
        try require(
            window.earlyCloseFlatMinutes <= window.earlyCloseEntryMinutes, "policy.early_close_flat_minutes",
            "must not be more than policy.early_close_entry_minutes")
        try require(
            levels.touch <= levels.reset, "levels.touch_ticks", "must not be more than levels.reset_ticks")
        try require(
            risk.maximumOrder <= risk.maximumPosition, "risk.max_order_contracts",
            "must not be more than risk.max_position_contracts")
        try require(
            policy.quantity <= risk.maximumOrder, "policy.quantity", "must not be more than risk.max_order_contracts")
        try require(
            risk.noMarkReduce <= risk.noMarkFlatten, "risk.no_mark_reduce_seconds",
            "must not be more than risk.no_mark_flatten_seconds")
    }
}
