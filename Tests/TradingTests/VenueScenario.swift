import Orders
import PaperVenue
import Units

/// The paper venue alone. Lines: `TIME book B | A`, `TIME trade SIDE N @ P => B | A`, `TIME submit ID SIDE N TYPE [P]
/// [link ID] [ioc]`, `TIME cancel ID`, `TIME tick`, `TIME quality WORD`.
struct VenueScenario: ScenarioSubject {
    var venue: PaperVenue
    let market = TestMarket()
    let configuration: PaperVenueConfiguration
    var names: [ClientOrderID: String] = [:]
    var orders: [String: Order] = [:]

    init(latency: Nanoseconds = .milliseconds(1)) {
        var configuration = PaperVenueConfiguration(terms: Script.terms)
        configuration.commandLatency = latency
        configuration.eventLatency = latency
        self.configuration = configuration
        venue = PaperVenue(configuration)
    }

    mutating func play(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        let now = Script.time(words[0])
        switch words[1] {
        case "book", "trade", "quality": applyMarket(line, words, now)
        case "submit": submit(words, now)
        case "cancel": venue.receive(VenueCommand(.cancel, orders[words[2]]!), at: now, market: market.update)
        case "tick": venue.advance(to: now)
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

    private mutating func submit(_ words: [String], _ now: Timestamp) {
        let name = words[2]
        let id = ClientOrderID(epoch: 1, issuer: .execution, count: UInt64(names.count + 1))
        let linkName = words.value("link")
        let link = linkName == nil ? ClientOrderID.none : (linkName == name ? id : orders[linkName!]!.id)
        let type: OrderType = words[5] == "market" ? .market : (words[5] == "limit" ? .limit : .stop)
        let order = Order(
            id: id, parent: id, link: link, role: .entry, side: words[3] == "buy" ? .buy : .sell,
            quantity: Quantity(Int64(words[4])!), type: type, price: type == .market ? .zero : Script.price(words[6]),
            timeInForce: words.contains("ioc") ? .immediateOrCancel : .goodTillCancelled)
        names[id] = name
        orders[name] = order
        venue.receive(VenueCommand(.submit, order), at: now, market: market.update)
    }

    private func text(_ event: VenueEvent) -> String {
        let name = names[event.order]!
        switch event.kind {
        case .accepted: return "accepted \(name)"
        case .rejected: return "rejected \(name) \(event.reason.name)"
        case .filled:
            return "filled \(name) \(event.side) \(event.quantity.contracts) @ \(Script.text(event.price))"
                + " \(event.liquidity) leaves \(event.leaves.contracts) fee \(event.fee)"
        case .reduced: return "reduced \(name) to \(event.leaves.contracts)"
        case .cancelled: return "cancelled \(name) \(event.reason.name)"
        case .cancelRejected: return "cancel rejected \(name) \(event.reason.name)"
        case .modified, .modifyRejected, .triggered, .orderStatus, .positionStatus, .queryEnd:
            return "\(event.kind) \(name)"
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
