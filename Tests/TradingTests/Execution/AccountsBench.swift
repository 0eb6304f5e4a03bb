import Execution
import Orders
import Risk
import Units

/// The execution gateways of two accounts: the test is risk gate, market and venue. Every call answers with what came
/// out of it; what is of the second account begins with "2".
struct AccountsBench {
    var accounts: ExecutionAccounts
    var now = Script.time("1")
    private var sequences: [VenueAccount: UInt64] = [:]
    private var approvals: UInt64 = 0
    let market = TestMarket()
    /// Everything that has come out so far.
    var commands: [VenueCommand] = []
    var notices: [ExecutionNotice] = []
    var updates: [OrderUpdate] = []
    var fills: [Fill] = []

    static func manual(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .manual, count: count) }
    static func own(_ count: UInt64) -> ClientOrderID { ClientOrderID(epoch: 1, issuer: .execution, count: count) }

    init() {
        accounts = ExecutionAccounts(ExecutionConfiguration(terms: Script.terms), epoch: 1, areTwo: true)
        market.quality = []
        market.setBook("5000.00x10 | 5000.25x10")
    }

    /// Level long 2 in the first account (stop own 1, target own 2), the account's own book short 3 in the second (stop
    /// own 3, target own 4).
    static func opposed() -> AccountsBench {
        var bench = AccountsBench()
        bench.hold(1, .buy, 2, .level)
        bench.hold(2, .sell, 3, .account)
        return bench
    }

    mutating func hold(_ count: UInt64, _ side: Side, _ quantity: Int64, _ strategy: StrategyID) {
        let account = VenueAccount.holding(side)
        approve(Self.manual(count), .open, side, quantity, strategy)
        say(.accepted, Self.manual(count), account) { $0.leaves = Quantity(quantity) }
        fill(Self.manual(count), side, quantity, side == .buy ? "5000.25" : "5000.00", account)
        let own = accounts[account]!.live.indices.map { accounts[account]!.live[$0].order }
        for order in own where order.parent == Self.manual(count) {
            say(.accepted, order.id, account) { $0.leaves = order.quantity }
        }
    }

    var clock: TradingClock { TradingClock(now) }

    // MARK: In

    @discardableResult mutating func approve(
        _ id: ClientOrderID, _ action: IntentAction, _ side: Side, _ quantity: Int64, _ strategy: StrategyID,
        sequence: UInt64? = nil, change: (inout OrderIntent) -> Void = { _ in }
    ) -> [String] {
        var intent = OrderIntent(
            id: id, time: now, receiveTime: now, action: action, side: side, quantity: Quantity(quantity),
            strategy: strategy, stopDistance: Ticks(8), targetDistance: Ticks(16))
        change(&intent)
        approvals = sequence ?? approvals + 1
        return step {
            $0.accounts.accept(
                Approval(intent: intent, sequence: $0.approvals, epoch: 1, expiry: .undefined), $0.clock)
        }
    }

    @discardableResult mutating func tell(_ command: OperatorCommand) -> [String] {
        step { $0.accounts.apply(command, $0.clock) }
    }

    @discardableResult mutating func take(_ change: StateChange) -> [String] {
        step { $0.accounts.apply(change, $0.clock) }
    }

    @discardableResult mutating func wait(_ milliseconds: Int64) -> [String] {
        now = now + .milliseconds(milliseconds)
        return step { $0.accounts.advance($0.clock) }
    }

    @discardableResult mutating func say(
        _ kind: VenueEventKind, _ order: ClientOrderID, _ account: VenueAccount,
        _ change: (inout VenueEvent) -> Void = { _ in }
    ) -> [String] {
        sequences[account, default: 0] += 1
        var event = VenueEvent.blank
        event.sequence = sequences[account] ?? 1
        event.time = now
        event.deliveryTime = now
        event.kind = kind
        event.order = order
        event.account = account
        change(&event)
        return step { $0.accounts.apply(event, $0.clock) }
    }

    @discardableResult mutating func fill(
        _ order: ClientOrderID, _ side: Side, _ quantity: Int64, _ price: String, _ account: VenueAccount
    ) -> [String] {
        say(.filled, order, account) {
            $0.side = side
            $0.quantity = Quantity(quantity)
            $0.price = Script.price(price)
            $0.fee = Script.terms.fee(Quantity(quantity))
        }
    }

    /// Ends everything that is live in an account, as cancelled.
    mutating func cancelAll(_ account: VenueAccount) {
        let live = accounts[account]!.live.indices.map { accounts[account]!.live[$0].order.id }
        for id in live { say(.cancelled, id, account) { $0.reason = .requested } }
    }

    /// Answers the account's read under way: nothing live, and this position.
    @discardableResult mutating func answerRead(_ account: VenueAccount, _ position: Int64) -> [String] {
        let query = commands.last { $0.kind == .queryOrders && $0.account == account }!.query
        let out = say(.queryEnd, .none, account) { $0.query = query }
        return out + say(.positionStatus, .none, account) {
            $0.query = query + 1
            $0.quantity = Quantity(position)
        }
    }

    // MARK: Out

    private mutating func step(_ body: (inout AccountsBench) -> Void) -> [String] {
        market.time = now
        accounts.follow(market.update)
        body(&self)
        let first = accounts.first
        fills += first.fills.indices.map { first.fills[$0] }
        updates += first.updates.indices.map { first.updates[$0] }
        notices += first.notices.indices.map { first.notices[$0] }
        commands += first.commands.indices.map { first.commands[$0] }
        var out = first.notices.indices.map { Self.mark(first.notices[$0].account) + "\(first.notices[$0].kind)" }
        out += first.commands.indices.map { Self.text(first.commands[$0]) }
        accounts.first.fills.removeAll()
        accounts.first.updates.removeAll()
        accounts.first.notices.removeAll()
        accounts.first.commands.removeAll()
        return out
    }

    private static func mark(_ account: VenueAccount) -> String { account == .second ? "2 " : "" }

    private static func text(_ command: VenueCommand) -> String {
        let order = command.order
        let name = "\(order.id.issuer == .execution ? "x" : "m")\(order.id.count)"
        let what =
            switch command.kind {
            case .submit: "\(name) \(order.role) \(order.side) \(order.quantity.contracts)"
            case .cancel: "cancel \(name)"
            case .modify: "change \(name)"
            case .queryOrder: "ask \(name)"
            case .queryOrders: "orders?"
            case .queryPosition: "position?"
            }
        return mark(command.account) + what
    }
}
