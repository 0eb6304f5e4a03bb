import Determinism
import Orders
import Pipeline
import Units

/// How often the venue says something late, twice, never or wrong, of one event.
struct VenueLieRates {
    var late = 0.0
    var twice = 0.0
    var never = 0.0
    var wrong = 0.0

    init() {}

    init(_ random: inout SeededGenerator) {
        late = random.chance(0.5) ? random.unit() * 0.1 : 0
        twice = random.chance(0.5) ? random.unit() * 0.1 : 0
        never = random.chance(0.5) ? random.unit() * 0.05 : 0
        wrong = random.chance(0.3) ? random.unit() * 0.05 : 0
    }

    var isHonest: Bool { late + twice + never + wrong == 0 }
}

/// A venue that does not always say what happened. What happened is kept as `truth`; what it answers to a question is
/// true. Each lie is a function of the event that it is about, so a venue that is folded again tells the same.
final class VenueLies: MessageTap {
    /// By account, every event of the venue, in order: what really happened.
    private(set) var truth: [[VenueEvent]] = [[], []]
    /// By account: from this event on it tells the truth, and what it held back with it.
    private var healedFrom = [UInt64.max, .max]
    private(set) var lieCount = 0

    private let rates: VenueLieRates
    private let seed: UInt64
    /// By account, the sequence of the last event that was told, and what is told later.
    private var told: [UInt64] = [0, 0]
    private var heldBack: [[HeldEvent]] = [[], []]

    private struct HeldEvent {
        var event: VenueEvent
        /// Told behind so many others.
        var others: Int
    }

    private let trace: (String) -> Void

    init(_ rates: VenueLieRates, seed: UInt64, trace: @escaping (String) -> Void) {
        self.trace = trace
        self.rates = rates
        self.seed = seed
    }

    func heal() { healedFrom = truth.map { UInt64($0.count) + 1 } }

    func admit(_ message: StageMessage) -> [StageMessage] { [message] }

    func pass(_ message: StageMessage) -> [StageMessage] {
        guard case .event(let event) = message else { return [message] }
        let account = event.account.place
        truth[account].removeLast(max(0, truth[account].count - Int(event.sequence) + 1))
        truth[account].append(event)
        if rates.isHonest { return [message] }
        let isHealed = event.sequence >= healedFrom[account]
        var events = tell(event, isHealed)
        for index in heldBack[account].indices { heldBack[account][index].others -= 1 }
        events += heldBack[account].filter { $0.others < 0 || isHealed }.map { number($0.event) }
        heldBack[account].removeAll { $0.others < 0 || isHealed }
        return events.map { .event($0) }
    }

    private func tell(_ event: VenueEvent, _ isHealed: Bool) -> [VenueEvent] {
        switch event.kind {
        case .orderStatus, .positionStatus, .queryEnd: return [number(event)]
        default: break
        }
        if isHealed { return [number(event)] }
        var random = SeededGenerator(seed: seed &+ event.sequence &+ UInt64(event.account.place) << 40)
        if random.chance(rates.never) {
            count("never told", event)
            return []
        }
        if random.chance(rates.late) {
            count("told late", event)
            heldBack[event.account.place].append(HeldEvent(event: event, others: random.draw(1...3)))
            return []
        }
        if random.chance(rates.twice) {
            count("told twice", event)
            let first = number(event)
            return [first, random.chance(0.5) ? first : number(event)]
        }
        if random.chance(rates.wrong) {
            count("told wrong", event)
            return [number(distorted(event, &random))]
        }
        return [number(event)]
    }

    private func count(_ lie: String, _ event: VenueEvent) {
        lieCount += 1
        trace("venue: \(lie): \(StageMessage.event(event).summary)")
    }

    private func distorted(_ event: VenueEvent, _ random: inout SeededGenerator) -> VenueEvent {
        var event = event
        switch event.kind {
        case .accepted: event.kind = .rejected
        case .filled:
            if random.chance(0.5) { event.quantity += Quantity(1) } else { event.side = event.side.opposite }
        case .cancelled: event.kind = .cancelRejected
        case .rejected: event.kind = .accepted
        default: event.order = ClientOrderID(raw: event.order.raw &+ 1)
        }
        return event
    }

    /// The venue's stream has no gaps, whatever it says.
    private func number(_ event: VenueEvent) -> VenueEvent {
        var event = event
        told[event.account.place] += 1
        event.sequence = told[event.account.place]
        return event
    }

    // MARK: State

    var saved: [UInt8] {
        get {
            var archive = StateArchive()
            try? persist(&archive)
            return archive.bytes
        }
        set {
            told = [0, 0]
            heldBack = [[], []]
            if newValue.isEmpty { return }
            var archive = StateArchive(loading: newValue)
            try? persist(&archive)
        }
    }

    private func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        for account in told.indices {
            try archive.field(&told[account])
            var count = heldBack[account].count
            try archive.field(&count)
            if archive.isLoading { heldBack[account] = (0..<count).map { _ in HeldEvent(event: .blank, others: 0) } }
            for index in heldBack[account].indices {
                try heldBack[account][index].event.persist(&archive)
                try archive.field(&heldBack[account][index].others)
            }
        }
    }
}

extension VenueAccount {
    /// Where it is in what is kept by account.
    var place: Int { self == .first ? 0 : 1 }
}
