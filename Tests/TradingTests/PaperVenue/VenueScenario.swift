import Orders
import PaperVenue
import Units

/// The paper venue alone. Lines: `TIME book B | A`, `TIME trade SIDE N @ P => B | A`, `TIME tick`, `TIME quality WORD`,
/// `TIME session OPEN CLOSE`, `TIME submit ID SIDE N TYPE [P] [limit P] [trail P] [link ID] [ioc|fok|day] [reduce]
/// [closes]`,
/// `TIME modify ID N [at P] [limit P] [trail P]`, `TIME cancel ID`, `TIME query ID|orders|position NUMBER`, `TIME hold
/// EPOCH`, `TIME close`, `TIME open`; commands also take `epoch N` and `direct`.
struct VenueScenario: ScenarioSubject {
    var venue: PaperVenue
    let market = TestMarket()
    let configuration: PaperVenueConfiguration
    var names: [ClientOrderID: String] = [:]
    var orders: [String: Order] = [:]

    init(
        latency: Nanoseconds = .milliseconds(1), _ change: (inout PaperVenueConfiguration) -> Void = { _ in }
    ) {
        var configuration = PaperVenueConfiguration(terms: Script.terms)
        configuration.commandLatency = latency
        configuration.eventLatency = latency
        change(&configuration)
        self.configuration = configuration
        venue = PaperVenue(configuration)
    }

    mutating func play(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        let now = Script.time(words[0])
        switch words[1] {
        case "book", "trade", "quality": applyMarket(line, words, now)
        case "submit": send(.submit, newOrder(words), words, now)
        case "modify": send(.modify, changedOrder(words), words, now)
        case "cancel": send(.cancel, orders[words[2]]!, words, now)
        case "query": query(words, now)
        case "tick": venue.advance(to: now)
        case "hold": venue.hold(UInt64(words[2])!)
        case "close": venue.closeSession()
        case "open": venue.openSession()
        case "session": begin(words)
        default: preconditionFailure("unknown line: \(line)")
        }
        var told: [String] = []
        while let event = venue.nextEvent(until: now) { told.append(text(event)) }
        return told
    }

    mutating func reload() throws { venue = try reloaded(venue, into: PaperVenue(configuration)) }

    private mutating func applyMarket(_ line: String, _ words: [String], _ now: Timestamp) {
        MarketLine.apply(line, words, now, to: market)
        venue.apply(market.update)
        market.setTrades([])
    }

    private mutating func begin(_ words: [String]) {
        let (open, close) = (Script.time(words[2]), Script.time(words[3]))
        venue.begin(
            TradingDay(
                tradeDate: venue.day.tradeDate + 1, sessionOpen: open, sessionClose: close, entryOpen: open,
                entryClose: close, flatBy: close))
    }

    mutating func send(_ kind: VenueCommandKind, _ order: Order, _ words: [String], _ now: Timestamp) {
        let command = VenueCommand(
            kind, order, query: UInt64(words.last!) ?? 0, epoch: words.value("epoch").map { UInt64($0)! } ?? 0,
            isDirect: words.contains("direct"))
        venue.receive(command, at: now, market: market.update)
    }

    private mutating func query(_ words: [String], _ now: Timestamp) {
        switch words[2] {
        case "orders": send(.queryOrders, .blank, words, now)
        case "position": send(.queryPosition, .blank, words, now)
        default: send(.queryOrder, orders[words[2]] ?? named(words[2], .blank), words, now)
        }
    }

    private mutating func named(_ name: String, _ order: Order) -> Order {
        var order = order
        order.id = ClientOrderID(epoch: 1, issuer: .execution, count: UInt64(names.count + 1))
        order.parent = order.id
        names[order.id] = name
        return order
    }

    private static let types: [String: OrderType] = [
        "market": .market, "limit": .limit, "stop": .stop, "stoplimit": .stopLimit, "trailing": .trailingStop,
    ]

    private mutating func newOrder(_ words: [String]) -> Order {
        let name = words[2]
        let type = Self.types[words[5]]!
        var order = named(
            name,
            Order(
                id: .none, parent: .none, link: .none, role: .entry, side: words[3] == "buy" ? .buy : .sell,
                quantity: Quantity(Int64(words[4])!), type: type,
                price: type == .market ? .zero : Script.price(words[6]), timeInForce: .goodTillCancelled))
        if let link = words.value("link") { order.link = link == name ? order.id : orders[link]!.id }
        if type == .stopLimit { order.limit = Script.price(words[words.lastIndex(of: "limit")! + 1]) }
        if let trail = words.value("trail") { order.trail = Script.price(trail) }
        if words.contains("ioc") { order.timeInForce = .immediateOrCancel }
        if words.contains("fok") { order.timeInForce = .fillOrKill }
        if words.contains("day") { order.timeInForce = .day }
        order.isReduceOnly = words.contains("reduce")
        if words.contains("closes") { order.role = .close }
        orders[name] = order
        return order
    }

    private func changedOrder(_ words: [String]) -> Order {
        var order = orders[words[2]]!
        order.quantity = Quantity(Int64(words[3])!)
        if let price = words.value("at") { order.price = Script.price(price) }
        if let limit = words.value("limit") { order.limit = Script.price(limit) }
        if let trail = words.value("trail") { order.trail = Script.price(trail) }
        return order
    }

    private func text(_ event: VenueEvent) -> String {
        let name = names[event.order] ?? ""
        let contracts = event.leaves.contracts
        switch event.kind {
        case .accepted: return "accepted \(name)"
        case .rejected: return "rejected \(name) \(event.reason.name)"
        case .filled:
            return "filled \(name) \(event.side) \(event.quantity.contracts) @ \(Script.text(event.price))"
                + " \(event.liquidity) leaves \(contracts) fee \(event.fee)"
        case .reduced: return "reduced \(name) to \(contracts)"
        case .cancelled: return "cancelled \(name) \(event.reason.name)"
        case .cancelRejected: return "cancel rejected \(name) \(event.reason.name)"
        case .modified: return "modified \(name) leaves \(contracts) @ \(Script.text(event.price))"
        case .modifyRejected: return "modify rejected \(name) \(event.reason.name)"
        case .triggered: return "triggered \(name) @ \(Script.text(event.price))"
        case .orderStatus:
            return "\(event.query): \(name) \(event.state) filled \(event.filled.contracts) leaves \(contracts)"
                + " @ \(Script.text(event.price)) \(event.reason.name)"
        case .positionStatus:
            return "\(event.query): position \(event.quantity.contracts) @ \(Script.text(event.price))"
                + " fees \(event.fee)"
        case .queryEnd: return "\(event.query): end"
        }
    }
}

/// Market lines shared by all scenarios.
enum MarketLine {
    /// `TIME book B | A`, `TIME trade SIDE N @ P [SIDE N @ P …] => B | A` (the book stays without `=>`), `TIME quality
    /// WORD…`.
    static func apply(_ line: String, _ words: [String], _ now: Timestamp, to market: TestMarket) {
        market.time = now
        market.setTrades([])
        switch words[1] {
        case "book":
            market.quality = []
            market.setBook(String(line[line.range(of: "book")!.upperBound...]))
        case "quality": market.quality = words.dropFirst(2).reduce(into: []) { $0.formUnion(quality($1)) }
        default:
            market.quality = []
            if let arrow = line.range(of: "=>") { market.setBook(String(line[arrow.upperBound...])) }
            var trades: [MarketTrade] = []
            var i = 2
            while i + 3 < words.count + 0, words[i] != "=>" {
                let aggressor: Int8 = words[i] == "buy" ? 1 : (words[i] == "sell" ? -1 : 0)
                trades.append(
                    MarketTrade(price: Script.price(words[i + 3]), size: UInt32(words[i + 1])!, aggressor: aggressor))
                i += 4
            }
            market.setTrades(trades)
        }
    }

    static func quality(_ word: String) -> DataQuality {
        switch word {
        case "good": []
        case "gap": .gap
        case "stale": .stale
        case "replayed": .replayed
        case "crossed": .crossed
        case "onesided": .oneSided
        case "bad": .badBook
        case "halted": .halted
        case "closed": .closed
        case "warming": .warming
        case "nobook": .noBook
        case "nohistory": .noHistory
        default: preconditionFailure("unknown quality \(word)")
        }
    }
}

extension String {
    /// The first place of `text`, without Foundation.
    func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
