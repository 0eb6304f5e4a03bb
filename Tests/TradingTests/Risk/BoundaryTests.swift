import Accounts
import Orders
import Risk
import Testing
import Units

@Suite struct BoundaryTests {
    static let all: [Boundary] =
        shape + states + times + data + prices + sizes + scopes + worth + counts + changes

    @Test(arguments: all)
    func `a check passes at its limit and refuses one beyond`(boundary: Boundary) {
        #expect(boundary.atLimit() == nil)
        #expect(boundary.beyond() == boundary.reason)
    }

    @Test func `every reason has a boundary, and every reason is documented once`() {
        #expect(Set(Self.all.map(\.reason)) == Set(RefusalReason.allCases))
        #expect(RiskCheck.all.map(\.reason).count == RefusalReason.allCases.count)
        #expect(Set(RiskCheck.all.map(\.reason)) == Set(RefusalReason.allCases))
    }

    @Test func `every limit of a scope has its boundary`() {
        #expect(scopedBoundaries.count == 10)
    }

    private var scopedBoundaries: [String] { Self.scopes.map(\.what) }

    // MARK: Shape

    static let shape = [
        Boundary(.duplicateID, "the next identity, the same again", 6, 5) { (count: UInt64) in
            var bench = GateBench()
            func id(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .manual, count: count) }
            _ = bench.review(bench.intent(id(5), .buy, 1, at: "1"))
            return bench.review(bench.intent(id(count), .buy, 1, at: "1"))
        },
        Boundary(.malformed, "the protective stop of a buy at one tick, at zero", "2.25", "2.00") { limit in
            var bench = GateBench()
            return bench.order(.buy, limit: limit)
        },
        Boundary(.malformed, "a target of zero, below", 0, -1) { (distance: Int64) in
            var bench = GateBench()
            return bench.order(.buy) { $0.targetDistance = Ticks(distance) }
        },
        Boundary(.malformed, "a distance of 2³¹ − 1 ticks, one more", Int64(Int32.max), Int64(Int32.max) + 1) {
            (distance: Int64) in
            var bench = GateBench()
            return bench.order(.sell) { $0.stopDistance = Ticks(distance) }
        },
        Boundary(.malformed, "a stop with its trigger, without", Int64(20_010), 0) { (trigger: Int64) in
            var bench = GateBench()
            return bench.order(.buy) {
                $0.type = .stop
                $0.trigger = Ticks(trigger)
            }
        },
        Boundary(.malformed, "a stop good for the day, one to be filled at once", TimeInForce.day, .immediateOrCancel) {
            force in
            var bench = GateBench()
            return bench.order(.buy) {
                $0.type = .stop
                $0.trigger = Ticks(20_010)
                $0.timeInForce = force
            }
        },
        Boundary(.malformed, "a trailing stop with its distance, without", Int64(1), 0) { (trail: Int64) in
            var bench = GateBench()
            return bench.order(.buy) {
                $0.type = .trailingStop
                $0.trail = Ticks(trail)
            }
        },
        Boundary(.malformed, "an order of a person, of the gateway itself", OrderIssuer.manual, .execution) { issuer in
            var bench = GateBench()
            return bench.order(.buy, issuer: issuer)
        },
        Boundary(.orderQuantity, "five contracts, six", 5, 6) { (quantity: Int64) in
            var bench = GateBench { $0.orderQuantity = Quantity(5) }
            return bench.order(.buy, quantity)
        },
        Boundary(.orderQuantity, "one contract, none", 1, 0) { (quantity: Int64) in
            var bench = GateBench()
            return bench.order(.sell, quantity)
        },
        Boundary(.stopRequired, "a stop one tick away, none", 1, 0) { (distance: Int64) in
            var bench = GateBench()
            return bench.order(.buy) { $0.stopDistance = Ticks(distance) }
        },
        Boundary(.reduceOnly, "all that is held, one more", 2, 3) { (quantity: Int64) in
            var bench = GateBench()
            bench.fill(.buy, 2)
            return bench.order(.sell, quantity, limit: "5001.00") { $0.isReduceOnly = true }
        },
        Boundary(.reduceOnly, "the side that shrinks, the position's own", Side.sell, .buy) { side in
            var bench = GateBench()
            bench.fill(.buy, 2)
            return bench.order(side, 1, limit: "5000.00") { $0.isReduceOnly = true }
        },
    ]

    // MARK: States

    static let states = [
        Boundary(.tradingState, "ACTIVE, REDUCING", false, true) { isPaused in
            var bench = GateBench()
            if isPaused { _ = bench.gate.pause() }
            return bench.order(.buy)
        },
        Boundary(.tradingState, "a person while the feed is behind, a strategy", OrderIssuer.manual, .strategy) {
            issuer in
            var bench = GateBench()
            bench.gate.feedChanged(isLive: false, hasPresentBooks: true)
            return bench.order(.buy, issuer: issuer)
        },
        Boundary(.tradingState, "another strategy paused, its own", StrategyID(rawValue: 2), .level) { paused in
            var bench = GateBench()
            _ = bench.gate.pause(paused)
            return bench.order(.buy, issuer: .strategy, strategy: .level)
        },
        Boundary(.tradingState, "free, under the lock", false, true) { isHeld in
            var bench = GateBench()
            bench.gate.isHeld = isHeld
            return bench.order(.buy)
        },
        Boundary(.tradingState, "closing while HALTED, while FLATTENING", false, true) { isFlattening in
            var bench = GateBench()
            bench.fill(.buy)
            _ = isFlattening ? bench.gate.requestFlatten() : bench.gate.halt()
            return bench.close()
        },
        Boundary(.tradingState, "reducing while HALTED, while FLATTENING", false, true) { isFlattening in
            var bench = GateBench()
            bench.fill(.buy)
            _ = isFlattening ? bench.gate.requestFlatten() : bench.gate.halt()
            return bench.order(.sell, limit: "5001.00") { $0.isReduceOnly = true }
        },
        Boundary(.liveToken, "an armed account at a broker's venue, one that is not", true, false) { isArmed in
            var rules = RiskRules()
            rules.venue = .broker
            var bench = GateBench(rules: rules)
            if isArmed { _ = bench.gate.arm() }
            return bench.order(.buy)
        },
        Boundary(.nothingToClose, "one contract, none", true, false) { isOpen in
            var bench = GateBench()
            if isOpen { bench.fill(.buy) }
            return bench.close()
        },
        Boundary(.nothingToClose, "a strategy's own contract, another's", StrategyID.level, StrategyID(rawValue: 2)) {
            owner in
            var bench = GateBench()
            bench.fill(.buy, strategy: owner)
            return bench.close(.level)
        },
        Boundary(.otherBooksOpen, "a strategy alone, with another", false, true) { hasOther in
            var rules = RiskRules()
            rules.closesByStrategy = false
            var bench = GateBench(rules: rules)
            bench.fill(.buy, strategy: .level)
            if hasOther { bench.fill(.buy, strategy: StrategyID(rawValue: 2)) }
            return bench.close(.level)
        },
    ]

    // MARK: Times

    static let times = [
        Boundary(.sessionWindow, "the last instant of the entry window, its end", "49999.999999999", "50000") { time in
            var bench = GateBench()
            bench.book("5000.00x100 | 5000.25x100", at: "49999")
            return bench.order(.buy, at: time, issuer: .strategy, strategy: .level)
        },
        Boundary(.sessionWindow, "the last instant of the session, its end", "99999.999999999", "100000") { time in
            var bench = GateBench()
            bench.book("5000.00x100 | 5000.25x100", at: "99999")
            return bench.order(.buy, at: time)
        },
        Boundary(.contractRolls, "the instant before the last minutes, then", "69999.999999999", "70000") { time in
            var day = Script.day
            day.rollFlatBy = Script.time("70000")
            var bench = GateBench(day: day)
            bench.book("5000.00x100 | 5000.25x100", at: "69999")
            return bench.order(.buy, at: time)
        },
        Boundary(.newsWindow, "the instant before, the first", "9.999999999", "10") { newsOrder(at: $0) },
        Boundary(.newsWindow, "the end, the last instant", "20", "19.999999999") { newsOrder(at: $0) },
        Boundary(.marketDataStale, "a book five seconds old, a nanosecond more", "6", "6.000000001") { time in
            var bench = GateBench { $0.marketDataAge = .seconds(5) }
            return bench.order(.buy, at: time)
        },
        Boundary(.marketDataStale, "a person, over books of the present and of the past", true, false) { isPresent in
            var bench = GateBench()
            bench.gate.feedChanged(isLive: false, hasPresentBooks: isPresent)
            return bench.order(.buy, issuer: .manual)
        },
    ]

    private static func newsOrder(at time: String) -> RefusalReason? {
        var rules = RiskRules()
        let window = NewsWindow(from: Script.time("10"), to: Script.time("20"))
        let earlier = NewsWindow(from: Script.time("2"), to: Script.time("3"))
        rules.news = NewsCalendar([window, earlier]) ?? NewsCalendar()
        var bench = GateBench(rules: rules)
        bench.book("5000.00x100 | 5000.25x100", at: time)
        return bench.order(.buy, at: time, issuer: .strategy, strategy: .level)
    }

    // MARK: Data

    static let data = [
        quality(.noBook, .noBook), quality(.instrumentStatus, .halted), quality(.instrumentStatus, .closed),
        quality(.dataCrossed, .crossed), quality(.dataGap, .gap), quality(.dataWarming, .warming),
        quality(.marketDataBad, .badBook), quality(.marketDataBad, .oneSided), quality(.marketDataStale, .stale),
        Boundary(.noBook, "a book, none yet", true, false) { hasBook in
            var bench = GateBench(hasBook: hasBook)
            return bench.order(.buy)
        },
    ]

    private static func quality(_ reason: RefusalReason, _ bad: DataQuality) -> Boundary {
        Boundary(reason, "good data for a strategy, quality \(bad.rawValue)", DataQuality(), bad) { quality in
            var bench = GateBench()
            bench.quality(quality)
            return bench.order(.buy, issuer: .strategy, strategy: .level)
        }
    }

    // MARK: Prices

    static let prices = [
        collar(.buy, "above", "5005.25", "5005.50"), collar(.buy, "below", "4995.00", "4994.75"),
        collar(.sell, "above", "5005.25", "5005.50"), collar(.sell, "below", "4995.00", "4994.75"),
        Boundary(.priceCollar, "a trigger twenty ticks away, one more", "5005.25", "5005.50") { price in
            var bench = GateBench { $0.collar = Ticks(20) }
            return bench.order(.buy) {
                $0.type = .stop
                $0.trigger = Script.price(price)
            }
        },
        Boundary(.oppositeSide, "with the position, against", Side.buy, .sell) { side in
            var bench = GateBench()
            bench.fill(.buy, 2)
            return bench.order(side, 1)
        },
        Boundary(.oppositeSide, "with a working entry, against", Side.buy, .sell) { side in
            var bench = GateBench()
            bench.order(.buy, 1, limit: "4999.00")
            return bench.order(side, 1, limit: "5001.00")
        },
        Boundary(.oppositeSide, "books that net, against the account", true, false) { nets in
            var rules = RiskRules()
            rules.netsBooks = nets
            var bench = GateBench(rules: rules)
            bench.fill(.buy, 2, strategy: .level)
            return bench.order(.sell, 1)
        },
        cross("a limit below another book's target, at it", "5001.75", "5002.00", size: 100),
        Boundary(.selfCross, "a market order that the best ask fills, one contract too large", 100, 99) { size in
            crossing(limit: nil, askSize: size, quantity: 100)
        },
    ]

    private static func collar(_ side: Side, _ where: String, _ good: String, _ bad: String) -> Boundary {
        Boundary(.priceCollar, "\(side) twenty ticks \(`where`), one more", good, bad) { limit in
            var bench = GateBench { $0.collar = Ticks(20) }
            return bench.order(side, limit: limit)
        }
    }

    private static func cross(_ what: String, _ good: String, _ bad: String, size: Int) -> Boundary {
        Boundary(.selfCross, what, good, bad) { crossing(limit: $0, askSize: size, quantity: 1) }
    }

    /// A buy of a person while the level policy is long with its target at 5002.00.
    private static func crossing(limit: String?, askSize: Int, quantity: Int64) -> RefusalReason? {
        var bench = GateBench {
            $0.orderQuantity = Quantity(200)
            $0.position = Quantity(64)
        }
        bench.fill(.buy, 1, strategy: .level)
        bench.update(
            ClientOrderID(epoch: 1, issuer: .execution, count: 7), .sell, 1, role: .target, limit: "5002.00",
            strategy: .level)
        bench.book("5000.00x100 | 5000.25x\(askSize)", at: "1")
        let reason = bench.order(.buy, quantity, limit: limit)
        // The size is for the reach alone.
        return reason == .positionLimit && quantity == 100 ? nil : reason
    }

    // MARK: Sizes

    static let sizes = [
        Boundary(.positionLimit, "ten with all that works, eleven", 1, 2) { (quantity: Int64) in
            var bench = GateBench()
            bench.fill(.buy, 5)
            bench.order(.buy, 4, limit: "4999.00")
            return bench.order(.buy, quantity, limit: "4999.00")
        },
        Boundary(.positionLimit, "ten short with all that works, eleven", 1, 2) { (quantity: Int64) in
            var bench = GateBench()
            bench.fill(.sell, 5)
            bench.order(.sell, 4, limit: "5001.00")
            return bench.order(.sell, quantity, limit: "5001.00")
        },
        Boundary(.positionLimit, "ten on the other side by what works there, eleven", 11, 12) { (leaves: Int64) in
            var bench = GateBench()
            bench.fill(.buy, 1)
            bench.update(
                ClientOrderID(epoch: 1, issuer: .execution, count: 7), .sell, leaves, role: .close, strategy: .account)
            return bench.order(.buy, 1)
        },
        Boundary(.tooManyOrders, "the third of three, the fourth", 2, 3) { before in
            var bench = GateBench { $0.openOrders = 3 }
            for _ in 0..<before { bench.order(.buy, limit: "4999.00") }
            return bench.order(.buy, limit: "4999.00")
        },
    ]

    // MARK: One strategy, one instrument

    static let scopes =
        [("the instrument", true), ("the strategy", false)].flatMap { (name, isInstrument) in
            [
                scope(.orderQuantity, "\(name): three contracts, four", isInstrument, 3, 4) {
                    $0.orderQuantity = Quantity(3)
                },
                scope(.positionLimit, "\(name): a position of three, of four", isInstrument, 3, 4) {
                    $0.position = Quantity(3)
                },
                scope(.notional, "\(name): worth three contracts, four", isInstrument, 3, 4) {
                    // 5000.25 points at five dollars.
                    $0.notional = Money(cents: 3 * 2_500_125)
                },
                Boundary(.tooManyOrders, "\(name): the second of two, the third", 1, 2) { before in
                    var bench = bench(isInstrument) { $0.openOrders = 2 }
                    for _ in 0..<before { bench.order(.buy, limit: "4999.00", issuer: .strategy, strategy: .level) }
                    return bench.order(.buy, limit: "4999.00", issuer: .strategy, strategy: .level)
                },
                Boundary(.tradesPerDay, "\(name): the second of two, the third", 1, 2) { before in
                    var bench = bench(isInstrument) { $0.tradesPerDay = 2 }
                    for _ in 0..<before { bench.order(.buy, issuer: .strategy, strategy: .level) }
                    return bench.order(.buy, issuer: .strategy, strategy: .level)
                },
            ]
        }

    private static func bench(_ isInstrument: Bool, _ change: (inout ScopeLimits) -> Void) -> GateBench {
        var rules = RiskRules()
        if isInstrument { change(&rules.instrument) } else { change(&rules[.level]) }
        return GateBench(rules: rules)
    }

    private static func scope(
        _ reason: RefusalReason, _ what: String, _ isInstrument: Bool, _ good: Int64, _ bad: Int64,
        _ change: @escaping @Sendable (inout ScopeLimits) -> Void
    ) -> Boundary {
        Boundary(reason, what, good, bad) { quantity in
            var bench = bench(isInstrument, change)
            return bench.order(.buy, quantity, issuer: .strategy, strategy: .level)
        }
    }

    // MARK: Worth

    static let worth = [
        Boundary(.notional, "exactly what three contracts are worth, a cent less", 0, 1) { (less: Int64) in
            var bench = GateBench { $0.notional = Money(cents: 3 * 2_500_125 - less) }
            return bench.order(.buy, 3)
        },
        margin("the initial margin", at: "1", cents: 2 * 100_000),
        margin("the intraday margin", at: "101", cents: 2 * 60_000),
        Boundary(.valueAtRisk, "exactly the larger estimate, a billionth less", 0, 1) { (less: Int64) in
            let losses = [10_000, 10_000] + [Int64](repeating: 0, count: 18)
            var probe = GateBench()
            probe.lose(cents: losses)
            let estimates = (probe.gate.valueAtRisk.historical ?? .zero, probe.gate.valueAtRisk.parametric ?? .zero)
            let limit = max(estimates.0, estimates.1)
            var bench = GateBench { $0.valueAtRisk = Money(nanos: limit.nanos - less) }
            bench.lose(cents: losses)
            return bench.order(.buy)
        },
        exposure("one MES beside one ES is eleven, two are twelve", 1, 2, other: 1),
        exposure("three MES alone, beside one ES", Int64(3), 3, other: nil),
        Boundary(.positionLimit, "two contracts of the programme's tier, three", 2, 3) { (quantity: Int64) in
            var rules = RiskRules()
            rules.programme = RulePack(
                startingBalance: Money(cents: 5_000_000),
                tiers: [
                    ContractTier(balance: Money(cents: 4_000_000), contracts: Quantity(2)),
                    ContractTier(balance: Money(cents: 6_000_000), contracts: Quantity(5)),
                ])
            var bench = GateBench(rules: rules)
            return bench.order(.buy, quantity)
        },
    ]

    /// Two contracts of 1000 initial and 600 intraday margin, which begins at 100 s.
    private static func margin(_ what: String, at time: String, cents: Int64) -> Boundary {
        Boundary(.margin, "\(what) of two contracts, a cent less", 0, 1) { (less: Int64) in
            var rules = RiskRules()
            rules.margins = MarginTable(rows: [
                MarginRow(
                    contract: .mes, initial: Money(cents: 100_000), maintenance: Money(cents: 90_000),
                    intraday: Money(cents: 60_000))
            ])
            var day = Script.day
            day.entryOpen = Script.time("100")
            var bench = GateBench(day: day, rules: rules) { $0.balance = Money(cents: cents - less) }
            bench.book("5000.00x100 | 5000.25x100", at: time)
            return bench.order(.buy, 2, at: time)
        }
    }

    /// Eleven index contracts at most.
    private static func exposure(_ what: String, _ good: Int64, _ bad: Int64, other: Int64?) -> Boundary {
        Boundary(.correlatedExposure, what, (good, other), (bad, other ?? 1)) { (quantity, other) in
            var rules = RiskRules()
            rules.exposureLimit = ExactRatio(billionths: 11_000_000_000)
            var bench = GateBench(rules: rules)
            if let other { bench.gate.hold(ContractExposure(contract: .es, position: Quantity(other))) }
            return bench.order(.buy, quantity)
        }
    }

    // MARK: Counts

    static let counts = [
        Boundary(.tradesPerDay, "the third of three, the fourth", 2, 3) { before in
            var bench = GateBench { $0.tradesPerDay = 3 }
            for _ in 0..<before { bench.order(.buy) }
            return bench.order(.buy)
        },
        rate(.orderRate, "second", "2", "1.999999999") { $0.orderRate = RateLimit(perSecond: 3) },
        rate(.orderRate, "minute", "61", "60.999999999") { $0.orderRate = RateLimit(perMinute: 3) },
        Boundary(.orderRate, "the third of three in a second, the fourth", 2, 3) { before in
            var bench = GateBench { $0.orderRate = RateLimit(perSecond: 3) }
            for _ in 0..<before { bench.order(.buy) }
            return bench.order(.buy)
        },
    ]

    /// Three orders at 1 s, and one when the span is over.
    private static func rate(
        _ reason: RefusalReason, _ span: String, _ good: String, _ bad: String,
        _ limits: @escaping @Sendable (inout RiskLimits) -> Void
    ) -> Boundary {
        Boundary(reason, "a \(span) after three, a nanosecond less", good, bad) { time in
            var bench = GateBench {
                limits(&$0)
                $0.marketDataAge = .seconds(100)
            }
            for _ in 0..<3 { bench.order(.buy) }
            return bench.order(.buy, at: time)
        }
    }
}
