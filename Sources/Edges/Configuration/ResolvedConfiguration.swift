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
    public let options: OptionSettings
    public let policy: PolicySettings
    public let risk: RiskSettings
    /// Nil for no programme.
    public let programme: ProgrammeSettings?
    public let sizing: SizingSettings
    /// Bar of the average range that sizes are taken from, and how many bars.
    public let rangeBar: Nanoseconds
    public let rangeBars: Int
    public let execution: ExecutionSettings
    public let venue: VenueSettings
    public let drill: DrillSettings
    public let live: LiveSettings
    public let streams: StreamSettings
    /// Port of the dashboard's page; 0 for any.
    public let dashboardPort: UInt16
    public let digest: DigestMode
    public let ring: RingSettings
    public let cores: CoreSettings
    public let metrics: MetricsSettings
    public let journal: JournalSettings
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
            largeTradeContracts: large == 0 ? nil : large,
            annualizationHours: read.real("features.annualization_hours"),
            leftOut: read.text("features.leave_out") == "none" ? nil : read.text("features.leave_out"))
        options = ResolvedConfiguration.options(read)
        policy = ResolvedConfiguration.policy(read)
        risk = RiskSettings(read)
        programme = ProgrammeSettings(read)
        sizing = SizingSettings(read)
        rangeBar = .minutes(read.integer("policy.range_minutes"))
        rangeBars = read.int("policy.range_bars")
        execution = ExecutionSettings(read)
        venue = VenueSettings(
            latency: .microseconds(read.integer("venue.latency_us")),
            acknowledgementLatency: .microseconds(read.integer("venue.ack_latency_us")),
            latencyFile: read.file("venue.latency_file"),
            acknowledgementLatencyFile: read.file("venue.ack_latency_file"),
            seed: UInt64(read.integer("venue.seed")), queue: read.text("venue.queue"),
            queueExponent: read.real("venue.queue_exponent"), queueWeight: read.real("venue.queue_weight"),
            exchangeFee: read.fee("venue.exchange_fee_usd"), clearingFee: read.fee("venue.clearing_fee_usd"),
            nfaFee: read.fee("venue.nfa_fee_usd"), brokerFee: read.fee("venue.broker_fee_usd"))
        drill = DrillSettings(
            late: read.real("drill.venue_late"), twice: read.real("drill.venue_twice"),
            never: read.real("drill.venue_never"), fillsAfterCancel: read.real("drill.venue_fills_after_cancel"))
        live = LiveSettings(
            hasOptions: read.boolean("live.options") && options.isEnabled,
            optionsDataset: read.text("live.options_dataset"))
        let parts = read.text("streams.tcp").split(separator: ":")
        let secret = read.text("streams.curve_secret_file")
        streams = StreamSettings(
            tcp: parts.count == 2 ? UInt16(parts[1]).map { (String(parts[0]), $0) } : nil,
            curveSecretFile: secret.isEmpty ? nil : secret)
        dashboardPort = UInt16(clamping: read.int("dashboard.port"))
        digest = DigestMode(rawValue: read.text("digest")) ?? .second
        let wait = RingWait(rawValue: read.text("ring.wait")) ?? .yield
        ring = RingSettings(
            bytes: read.int("ring.bytes"), wait: wait,
            engineWait: RingWait(rawValue: read.text("ring.engine_wait")) ?? wait)
        let core = read.int("cores.engine")
        cores = CoreSettings(engine: core < 0 ? nil : core, areAwake: read.boolean("cores.awake"))
        let port = read.int("metrics.first_port")
        metrics = MetricsSettings(firstPort: port == 0 ? nil : UInt16(port))
        journal = JournalSettings(
            durability: JournalDurability(rawValue: read.text("journal.durability")) ?? .process,
            reserve: read.int("journal.reserve_mb") << 20)
        snapshotEvery = read.seconds("snapshot.every_seconds")
        try checkRelations(read)
    }

    private static func sessions(_ read: SettingReader) throws(ConfigurationError) -> SessionWindows {
        do {
            return try SessionWindows(
                premarketStart: read.time("sessions.premarket_start"),
                premarketEnd: read.time("sessions.premarket_end"),
                openingRangeStart: read.time("sessions.opening_range_start"),
                openingRangeMinutes: read.int("sessions.opening_range_minutes"),
                rthOpen: read.time("sessions.rth_open"), rthClose: read.time("sessions.rth_close"),
                initialBalanceMinutes: read.int("sessions.initial_balance_minutes"))
        } catch {
            switch error {
            case .empty(let window):
                let (start, end) = keys(of: window)
                throw read.relation(end, "be after, on a clock that begins at 18:00,", start)
            case .outsideSession(let window):
                let (start, end) = keys(of: window)
                throw read.relation(end, "end, within 18:00 to 17:00 of the next day, a window from", start)
            }
        }
    }

    private static func keys(of window: SessionWindowError.Window) -> (start: String, end: String) {
        switch window {
        case .premarket: ("sessions.premarket_start", "sessions.premarket_end")
        case .openingRange: ("sessions.opening_range_start", "sessions.opening_range_minutes")
        case .regularHours: ("sessions.rth_open", "sessions.rth_close")
        case .initialBalance: ("sessions.rth_open", "sessions.initial_balance_minutes")
        }
    }

    private static func options(_ read: SettingReader) -> OptionSettings {
        OptionSettings(
            isEnabled: read.boolean("options.enabled"), horizonDays: read.real("options.horizon_days"),
            strikeWindow: read.real("options.strike_window"), riskFreeRate: read.real("options.risk_free_rate"),
            nearLevelPoints: read.real("options.near_level_points"),
            valuesWholeChain: read.text("options.refresh") == "chain", root: read.text("options.root"),
            maximumContracts: read.int("options.maximum_contracts"))
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
            minimumWeight: read.real("policy.minimum_weight"),
            oneEntryPerTest: read.boolean("policy.one_entry_per_test"),
            afterTest: .seconds(read.integer("policy.after_test_seconds")))
    }

    /// Sizes that would always be none.
    private func checkSizing(_ read: SettingReader) throws(ConfigurationError) {
        switch sizing {
        case .fixed: return
        case .volatility(let target):
            if target > .zero { return }
            throw read.relation("policy.sizing", "have a policy.range_target_usd above 0")
        case .fractional(let share):
            try checkBalance(read)
            if share > 0 { return }
            throw read.relation("policy.sizing", "have a policy.risk_share above 0")
        case .kelly(let win, let payoff, let multiple, let cap):
            try checkBalance(read)
            if win * payoff > 1 - win, multiple > 0, cap > 0 { return }
            throw read.relation(
                "policy.sizing",
                "have an edge: policy.kelly_win × kelly_payoff above 1 − kelly_win, "
                    + "and kelly_multiple, kelly_cap above 0"
            )
        }
    }

    private func checkBalance(_ read: SettingReader) throws(ConfigurationError) {
        if risk.balance > .zero { return }
        throw read.relation("policy.sizing", "have a risk.balance_usd above 0, which it is taken from")
    }

    private func checkRelations(_ read: SettingReader) throws(ConfigurationError) {
        func require(
            _ holds: Bool, _ key: String, _ rule: String, _ other: String
        ) throws(ConfigurationError) {
            guard holds else { throw read.relation(key, rule, other) }
        }
        let window = policy.window
        let (start, end) = (window.entryStart.secondsIntoSession, window.entryEnd.secondsIntoSession)
        let flat = window.flatBy.secondsIntoSession
        let after = "be after, on a clock that begins at 18:00,"
        try require(start < end, "policy.entry_end", after, "policy.entry_start")
        let notBefore = "not be before, on a clock that begins at 18:00,"
        try require(end <= flat, "policy.flat_by", notBefore, "policy.entry_end")
        // At the session's end nobody trades any more.
        let sessionEnd: Int32 = 23 * 3_600
        let withinSession = "be before 17:00, the session's end, on a clock that begins at 18:00"
        guard flat < sessionEnd else { throw read.relation("policy.flat_by", withinSession) }
        if let flat = programme?.flatBy {
            guard flat.secondsIntoSession < sessionEnd else { throw read.relation("programme.flat_by", withinSession) }
            // Else the policy could never enter.
            let canEnter = start + Int32(window.earlyCloseEntryMinutes) * 60 < flat.secondsIntoSession
            let rule = "be, on a clock that begins at 18:00, more than policy.early_close_entry_minutes after"
            try require(canEnter || !policy.isEnabled, "programme.flat_by", rule, "policy.entry_start")
        }
        try checkSizing(read)
        let limits: [(Bool, String, String)] = [
            (
                window.earlyCloseFlatMinutes <= window.earlyCloseEntryMinutes,
                "policy.early_close_flat_minutes", "policy.early_close_entry_minutes"
            ),
            (levels.touch <= levels.reset, "levels.touch_ticks", "levels.reset_ticks"),
            (risk.maximumOrder <= risk.maximumPosition, "risk.max_order_contracts", "risk.max_position_contracts"),
            (policy.quantity <= risk.maximumOrder, "policy.quantity", "risk.max_order_contracts"),
            (risk.noMarkReduce <= risk.noMarkFlatten, "risk.no_mark_reduce_seconds", "risk.no_mark_flatten_seconds"),
            ((risk.margin?.initial ?? .zero) <= risk.balance, "risk.initial_margin_usd", "risk.balance_usd"),
            (
                (risk.margin?.maintenance ?? .zero) <= (risk.margin?.initial ?? .zero), "risk.maintenance_margin_usd",
                "risk.initial_margin_usd"
            ),
            (
                (risk.margin?.intraday ?? .zero) <= (risk.margin?.initial ?? .zero), "risk.intraday_margin_usd",
                "risk.initial_margin_usd"
            ),
        ]
        if risk.books != .single, risk.maximumPosition > RiskSettings.mostNetted {
            throw read.relation(
                "risk.max_position_contracts",
                "be at most \(RiskSettings.mostNetted.contracts) where books.routing is \"\(risk.books.rawValue)\"")
        }
        for (holds, key, limit) in limits { try require(holds, key, "not be more than", limit) }
        if let tcp = streams.tcp, let first = metrics.firstPort {
            let areApart = Int(tcp.port) + 1 < Int(first) || Int(tcp.port) > Int(first) + 4
            let rule = "leave to others, with the next port, the five from"
            try require(areApart, "streams.tcp", rule, "metrics.first_port")
        }
        // Rules that nobody would watch.
        guard programme == nil, let rule = ProgrammeSettings.firstRule(read) else { return }
        throw read.relation(rule, "not be set without programme.balance_usd")
    }
}
