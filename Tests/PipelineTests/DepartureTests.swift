import Orders
import Pipeline
import Risk
import Testing
import Units

@Suite struct DepartureTests {
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

    @Test func `what opens nothing may leave for ever`() {
        var stop = Order.blank
        stop.role = .protectiveStop
        var reducing = Order.blank
        reducing.isReduceOnly = true
        let commands = [
            VenueCommand(.submit, stop), VenueCommand(.modify, stop), VenueCommand(.submit, reducing),
            VenueCommand(.cancel, .blank), VenueCommand(.queryOrder, .blank), VenueCommand(.queryPosition, .blank),
        ]
        for command in commands {
            #expect(command.deadline(after: nil, at: Self.now, life: Self.life) == nil)
            #expect(Self.look(command, deadline: nil, isVenueThere: false, isPermitted: false) == .leaves)
        }
        #expect(Self.command(1).opens && VenueCommand(.modify, Self.command(1).order).opens)
    }

    @Test func `what opens waits for an absent venue, and no longer than it may`() {
        let deadline = Self.now + Nanoseconds(1)
        #expect(Self.look(Self.command(1), deadline: deadline) == .leaves)
        #expect(Self.look(Self.command(1), deadline: deadline, isVenueThere: false) == .waits)
        for isVenueThere in [true, false] {
            let departure = Self.look(Self.command(1), deadline: Self.now, isVenueThere: isVenueThere)
            #expect(departure == .withheld(isExpired: true), "the instant itself is too late")
        }
    }

    @Test func `nothing opens against the lock word, and what the venue has had is only counted`() {
        let deadline = Self.now + Self.life
        let locked = Self.look(Self.command(1), deadline: deadline, isPermitted: false)
        #expect(locked == .withheld(isExpired: false))
        for time in [deadline, Self.now] {
            let taken = Self.look(Self.command(1), deadline: time, isTaken: true, isPermitted: false)
            #expect(taken == .leaves)
        }
        let question = Self.command(7).asQuestion
        #expect(question.kind == .queryOrder && question.order.id == Self.command(7).order.id && !question.opens)
    }

    private static func look(
        _ command: VenueCommand, deadline: Timestamp?, isVenueThere: Bool = true, isTaken: Bool = false,
        isPermitted: Bool = true
    ) -> Departure {
        command.departure(deadline: deadline, at: now, isVenueThere: isVenueThere, isTaken: isTaken) { _ in
            isPermitted
        }
    }
}
