import Orders
import Pipeline
import Risk
import Testing
import Units

@Suite struct DeadlineTests {
    private static let life = Nanoseconds.seconds(2)
    private static let now = Timestamp(nanoseconds: 10_000_000_000)

    private static func command(_ count: UInt64) -> VenueCommand {
        var order = Order.blank
        order.id = ClientOrderID(epoch: 1, issuer: .manual, count: count)
        return VenueCommand(.submit, order)
    }

    private static func approval(_ count: UInt64, expiry: Timestamp) -> StageMessage {
        var approval = Approval.blank
        approval.intent.id = ClientOrderID(epoch: 1, issuer: .manual, count: count)
        approval.expiry = expiry
        return .approval(approval)
    }

    @Test func `an order may leave as long as its approval holds`() {
        let expiry = Self.now + .milliseconds(300)
        let deadline = Self.command(1).deadline(
            after: Self.approval(1, expiry: expiry), at: Self.now, life: Self.life)
        #expect(deadline == expiry, "and not for a whole life from when the gateway took it")
    }

    @Test func `what follows from anything else has the life of an approval`() {
        let other = Self.approval(2, expiry: Self.now)
        for cause in [other, .tick, nil] {
            #expect(Self.command(1).deadline(after: cause, at: Self.now, life: Self.life) == Self.now + Self.life)
        }
    }
}
