import Accounts
import Determinism
import Orders
import Risk
import Testing
import Units

/// A risk gate alone, with everything around it by hand. Times are seconds of the script's day; the book is 5000.00 to
/// 5000.25, one hundred contracts each, from 1 s on.
struct GateBench {
    var gate: RiskGate
    private let market = TestMarket()
    private var identities: [OrderIssuer: UInt64] = [:]
    private var fillCount: UInt64 = 0

    init(
        day: TradingDay = Script.day, hasBook: Bool = true, rules: RiskRules = RiskRules(),
        terms: ContractTerms = Script.terms, _ limits: (inout RiskLimits) -> Void = { _ in }
    ) {
        var made = RiskLimits()
        limits(&made)
        gate = RiskGate(terms: terms, limits: made, rules: rules)
        gate.begin(day)
        if hasBook { book("5000.00x100 | 5000.25x100", at: "1") }
    }

    // MARK: Market and clock

    mutating func book(_ text: String, at time: String, quality: DataQuality = []) {
        market.setBook(text)
        market.quality = quality
        market.time = Script.time(time)
        gate.apply(market.update)
    }

    mutating func quality(_ quality: DataQuality, at time: String = "1") {
        market.quality = quality
        market.time = Script.time(time)
        gate.apply(market.update)
    }

    /// The session after the script's day begins: from 200000 to 300000.
    mutating func beginNextDay() {
        var next = Script.day
        next.tradeDate += 1
        next.sessionOpen = Script.time("200000")
        next.sessionClose = Script.time("300000")
        gate.begin(next)
    }

    mutating func tick(_ time: String) { gate.advance(to: Script.time(time)) }

    // MARK: Orders

    func intent(
        _ id: ClientOrderID, _ side: Side, _ quantity: Int64, at time: String, limit: String? = nil,
        strategy: StrategyID = .account
    ) -> OrderIntent {
        var intent = OrderIntent(
            id: id, time: Script.time(time), receiveTime: Script.time(time), action: .open, side: side,
            quantity: Quantity(quantity), strategy: strategy, stopDistance: Ticks(8))
        if let limit {
            intent.type = .limit
            intent.limit = Script.price(limit)
        }
        return intent
    }

    mutating func next(_ issuer: OrderIssuer) -> ClientOrderID {
        identities[issuer, default: 0] += 1
        return ClientOrderID(epoch: 1, issuer: issuer, count: identities[issuer] ?? 1)
    }

    /// The reason; nil for a yes.
    mutating func review(_ intent: OrderIntent) -> RefusalReason? {
        switch gate.review(intent) {
        case .approved: nil
        case .refused(let reason): reason
        }
    }

    @discardableResult
    mutating func order(
        _ side: Side, _ quantity: Int64 = 1, at time: String = "1", limit: String? = nil,
        issuer: OrderIssuer = .manual, strategy: StrategyID = .account, _ change: (inout OrderIntent) -> Void = { _ in }
    ) -> RefusalReason? {
        var intent = intent(next(issuer), side, quantity, at: time, limit: limit, strategy: strategy)
        change(&intent)
        gate.verdicts.removeAll()
        return review(intent)
    }

    mutating func close(_ strategy: StrategyID = .account, at time: String = "1") -> RefusalReason? {
        order(.buy, 0, at: time, strategy: strategy) { $0.action = .close }
    }

    /// What the execution gateway says of an order.
    mutating func update(
        _ id: ClientOrderID, _ side: Side, _ leaves: Int64, role: OrderRole = .entry, limit: String? = nil,
        strategy: StrategyID = .account, state: OrderState = .working, link: ClientOrderID = .none, of all: Int64? = nil
    ) {
        let order = Order(
            id: id, parent: id, link: link, role: role, side: side, quantity: Quantity(all ?? leaves),
            type: limit == nil ? .market : .limit, price: limit.map { Script.price($0) } ?? .zero,
            timeInForce: .goodTillCancelled, strategy: strategy)
        gate.apply(
            OrderUpdate(
                sequence: 1, time: gate.clock, messageTime: gate.clock, order: order, state: state, reason: .none,
                leaves: Quantity(leaves)))
    }

    mutating func fill(
        _ side: Side, _ quantity: Int64 = 1, at price: String = "5000.25", time: String = "1",
        strategy: StrategyID = .account, role: OrderRole = .entry, issuer: OrderIssuer = .manual,
        fee: Money = .zero
    ) {
        fillCount += 1
        let id = ClientOrderID(epoch: 1, issuer: issuer, count: 1_000 + fillCount)
        gate.apply(
            Fill(
                sequence: fillCount, venueTime: Script.time(time), time: Script.time(time), order: id, parent: id,
                role: role, side: side, quantity: Quantity(quantity), price: Script.price(price), fee: fee,
                liquidity: .taker, strategy: strategy))
    }

    mutating func flat(at time: String, epoch: UInt64 = 0) {
        var notice = ExecutionNotice(kind: .flat, reason: .flat, time: Script.time(time), rounds: 0)
        notice.certificate.epoch = epoch
        gate.apply(notice)
    }

    // MARK: What came out

    /// The changes since the last look: "ACTIVE to REDUCING no_valid_mark".
    mutating func changes() -> [String] {
        var lines: [String] = []
        for i in gate.changes.indices {
            let change = gate.changes[i]
            let scope = change.scope == .account ? "" : "\(change.scope.name): "
            lines.append("\(scope)\(change.from.name) to \(change.to.name) \(change.reason.name)")
        }
        gate.changes.removeAll()
        return lines
    }

    /// Saved, and loaded into a gate with the same or other limits.
    mutating func reload(_ limits: RiskLimits? = nil) throws {
        gate = try reloaded(
            gate, into: RiskGate(terms: gate.terms, limits: limits ?? gate.limits, rules: gate.rules))
    }
}
