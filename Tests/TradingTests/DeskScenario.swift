import Execution
import Orders
import Risk
import Units

/// The whole desk. Market lines as in `MarketLine`; and `TIME tick`, `TIME s1 buy 2 [limit P] [stop N] [target N]
/// [timestop S] [quality W]` (s: strategy, m: manual), `TIME s2 close`, `TIME pause|resume|halt|flatten|arm`, `TIME day
/// N`, `TIME feed live|behind|past`, `TIME mute|unmute` (the venue's answers), `TIME pull ID`, `TIME profit`.
struct DeskScenario: ScenarioSubject {
    var desk: Desk

    init(_ limits: RiskLimits = RiskLimits()) { desk = Desk(limits: limits) }

    mutating func play(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        let now = Script.time(words[0])
        desk.now = now
        switch words[1] {
        case "book", "trade", "quality":
            MarketLine.apply(line, words, now, to: desk.market)
            desk.group()
        case "tick": desk.tick(now)
        case "pause", "resume", "halt", "flatten", "arm": operate(words[1])
        case "feed":
            desk.risk.feedChanged(isLive: words[2] == "live", hasPresentBooks: words[2] != "past")
            desk.settle()
        case "day": desk.risk.begin(Self.day(Int32(words[2])!))
        case "mute": desk.isVenueSilent = true
        case "unmute": desk.isVenueSilent = false
        case "pull":
            let id = desk.execution.live.indices.map { desk.execution.live[$0].order.id }
                .first { desk.name($0) == words[2] } ?? .none
            desk.log.append("pull \(desk.execution.cancel(id, desk.clock).rawValue)")
            desk.settle()
        case "profit":
            desk.log.append("profit \(desk.risk.dayProfit) drawdown \(desk.risk.drawdown)")
        default: desk.take(intent(words, now))
        }
        defer { desk.log = [] }
        return desk.log
    }

    mutating func reload() throws { try desk.reload() }

    private mutating func operate(_ word: String) {
        let outcome =
            switch word {
            case "pause": desk.risk.pause()
            case "resume": desk.risk.resume()
            case "halt": desk.risk.halt()
            case "flatten": desk.risk.requestFlatten()
            default: desk.risk.arm()
            }
        if outcome != .done { desk.log.append(outcome.rawValue) }
        desk.settle()
    }

    /// The next trade dates differ in nothing but the date.
    static func day(_ date: Int32) -> TradingDay {
        var day = Script.day
        day.tradeDate = date
        return day
    }

    private func intent(_ words: [String], _ now: Timestamp) -> OrderIntent {
        let issuer: OrderIssuer = words[1].first == "s" ? .strategy : (words[1].first == "m" ? .manual : .execution)
        var intent = OrderIntent(
            id: ClientOrderID(epoch: 1, issuer: issuer, count: UInt64(words[1].dropFirst())!), time: now,
            receiveTime: now, action: words[2] == "close" ? .close : .open,
            strategy: issuer == .strategy ? .level : .account)
        guard intent.action == .open else { return intent }
        intent.side = words[2] == "buy" ? .buy : .sell
        intent.quantity = Quantity(Int64(words[3])!)
        if let price = words.value("limit") {
            intent.type = .limit
            intent.limit = Script.price(price)
        }
        if words.contains("asstop") { intent.type = .stop }
        intent.stopDistance = Ticks(Int64(words.value("stop") ?? "8")!)
        intent.targetDistance = Ticks(Int64(words.value("target") ?? "16")!)
        intent.timeStop = .seconds(Int64(words.value("timestop") ?? "600")!)
        if let word = words.value("quality") { intent.quality = MarketLine.quality(word) }
        return intent
    }
}
