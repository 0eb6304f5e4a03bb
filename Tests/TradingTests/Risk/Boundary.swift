import Orders
import Risk
import Testing
import Units

/// One check at its limit, where it passes, and one beyond, where it refuses.
struct Boundary: CustomTestStringConvertible, Sendable {
    let reason: RefusalReason
    let what: String
    /// Nil is a yes.
    let atLimit: @Sendable () -> RefusalReason?
    let beyond: @Sendable () -> RefusalReason?

    init(
        _ reason: RefusalReason, _ what: String, at: @escaping @Sendable () -> RefusalReason?,
        beyond: @escaping @Sendable () -> RefusalReason?
    ) {
        self.reason = reason
        self.what = what
        atLimit = at
        self.beyond = beyond
    }

    /// The same thing done with the value at the limit and with the one beyond.
    init<Value: Sendable>(
        _ reason: RefusalReason, _ what: String, _ good: Value, _ bad: Value,
        _ body: @escaping @Sendable (Value) -> RefusalReason?
    ) {
        self.init(reason, what, at: { body(good) }, beyond: { body(bad) })
    }

    var testDescription: String { "\(reason.rawValue): \(what)" }
}

extension GateBench {
    /// Asks to change the order that was approved first, or another.
    mutating func modify(
        _ quantity: Int64, _ price: String, id: ClientOrderID = ClientOrderID(epoch: 1, issuer: .manual, count: 1)
    ) -> RefusalReason? {
        var intent = intent(id, .buy, quantity, at: "1", limit: price)
        intent.action = .modify
        return review(intent)
    }

    mutating func cancel(_ id: ClientOrderID) -> RefusalReason? {
        review(OrderIntent(id: id, time: .undefined, receiveTime: .undefined, action: .cancel))
    }

    /// Asks to cancel the order that was approved first.
    mutating func cancelFirst() -> RefusalReason? { cancel(ClientOrderID(epoch: 1, issuer: .manual, count: 1)) }

    /// Sessions that end with these losses. A point of one contract is five dollars.
    mutating func lose(cents: [Int64]) {
        var day = gate.day
        for loss in cents {
            fill(.buy, at: "5000.00")
            fill(.sell, at: "5000.00", role: .close, fee: Money(cents: loss))
            day.tradeDate += 1
            gate.begin(day)
        }
        gate.changes.removeAll()
    }
}
