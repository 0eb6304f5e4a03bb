import Configuration
import Determinism
import Execution
import Features
import MarketCalendar
import Orders
import PaperVenue
import Pipeline
import Risk
import Signals
import Units

/// What one run trades and with which limits, drawn from its seed.
struct RunConfiguration {
    let trading: TradingConfiguration
    let features: FeatureConfiguration
    let plan: InstrumentPlan
    /// Of the first record, and of the daily break, ns.
    let start: UInt64
    let close: UInt64
    /// It begins shortly before the break.
    let isOverBreak: Bool
    var netsBooks: Bool { trading.rules.netsBooks }
    var hasTwoAccounts: Bool { trading.rules.hasTwoAccounts }
    /// The accounts at the venue.
    var accounts: [VenueAccount] { hasTwoAccounts ? VenueAccount.allCases : [.first] }

    static let tradeDate = CivilDate(year: 2026, month: 3, day: 10)
    static let contract = "MESH6"

    /// Who holds what in a run.
    enum Books {
        case single
        /// Each strategy has a book of its own, net at the venue.
        case net
        /// The same, what is long in one account and what is short in another.
        case twoAccounts

        init(_ random: inout SeededGenerator) {
            self = random.chance(0.4) ? .net : random.chance(0.4) ? .twoAccounts : .single
        }
    }

    /// - Parameter closesAtOpen: a limit's flatten that meets a closed market goes on when it opens.
    init(_ random: inout SeededGenerator, _ books: Books, closesAtOpen: Bool) throws {
        let calendar = TradingCalendar.cmeEquityIndex(zone: try ZoneData.newYork(), windows: .regular)
        features = FeatureConfiguration(
            calendar: calendar, tickSize: TickSize(nanos: SimulatedTape.tick),
            options: OptionConfiguration(isEnabled: false, capacity: 16))
        plan = try Self.makePlan()
        close = calendar.instant(TimeOfDay(hour: 17, minute: 0), on: Self.tradeDate).nanoseconds
        // Most runs lie in the middle of the day; some cross the flat-by time, some the daily break.
        let time = random.pick([
            TimeOfDay(hour: 10, minute: 0), TimeOfDay(hour: 13, minute: 0), TimeOfDay(hour: 11, minute: 30),
            TimeOfDay(hour: 15, minute: 54, second: 55), TimeOfDay(hour: 16, minute: 59, second: 57),
        ])
        start = calendar.instant(time, on: Self.tradeDate).nanoseconds
        isOverBreak = time.hour == 16
        var trading = Self.makeTrading(&random, isOverBreak: isOverBreak)
        trading.execution.closesAtOpen = closesAtOpen
        trading.rules.netsBooks = books == .net
        trading.execution.netsBooks = books == .net
        trading.rules.hasTwoAccounts = books == .twoAccounts
        self.trading = trading
    }

    private static func makePlan() throws -> InstrumentPlan {
        guard let contract = FuturesContract(contract, near: tradeDate) else {
            throw ProcessEnded(reason: "a symbol that is none")
        }
        let identity = TapeContract.Identity(
            instrument: SimulatedTape.instrument, start: Timestamp(nanoseconds: 0), end: .undefined)
        return try InstrumentPlan(
            candidates: [TapeContract(contract: contract, identities: [identity])], signal: Self.contract,
            traded: Self.contract, reference: tradeDate)
    }

    private static func makeTrading(_ random: inout SeededGenerator, isOverBreak: Bool) -> TradingConfiguration {
        let terms = ContractTerms(
            tickSize: TickSize(nanos: SimulatedTape.tick), multiplier: 5, feePerSide: Money(nanos: 623_456_789))
        var venue = PaperVenueConfiguration(terms: terms)
        venue.commandLatency = .microseconds(Int64(random.draw(0...20_000)))
        venue.eventLatency = .microseconds(Int64(random.draw(0...20_000)))
        let window = TradingWindowRule(
            entryStart: TimeOfDay(hour: 9, minute: 35), entryEnd: TimeOfDay(hour: 16, minute: 59),
            flatBy: TimeOfDay(hour: 15, minute: 55), earlyCloseEntryMinutes: 15, earlyCloseFlatMinutes: 5)
        var trading = TradingConfiguration(
            window: window, execution: ExecutionConfiguration(terms: terms), venue: venue)
        setLimits(&trading, &random, isOverBreak: isOverBreak)
        trading.policy.stopDistance = Ticks(Int64(random.draw(3...12)))
        trading.policy.targetDistance = Ticks(Int64(random.draw(0...12)))
        trading.policy.timeStop = .milliseconds(Int64(random.draw(500...20_000)))
        return trading
    }

    /// Mostly such that orders pass, and positions come near the limits; in one run of five losses are soon too large,
    /// in every other one over the break, whose gap may be too large at once.
    private static func setLimits(
        _ trading: inout TradingConfiguration, _ random: inout SeededGenerator, isOverBreak: Bool
    ) {
        let order = random.draw(1...5)
        trading.limits.orderQuantity = Quantity(Int64(order))
        trading.limits.position = Quantity(Int64(random.draw(order...12)))
        trading.policy.quantity = Quantity(Int64(random.chance(0.95) ? random.draw(1...order) : order + 1))
        let losses = random.chance(isOverBreak ? 0.5 : 0.2) ? 1_000...20_000 : 500_000...1_000_000
        trading.limits.dailyLoss = Money(cents: Int64(random.draw(losses)))
        trading.limits.trailingDrawdown = Money(cents: Int64(random.draw(losses)))
    }
}
