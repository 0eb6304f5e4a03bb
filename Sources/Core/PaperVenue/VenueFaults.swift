import Determinism
import Orders
import Units

/// How badly a venue under test behaves. All zero, as by default, for one that is not.
///
/// What happens to an order and to a word is a function of the seed and of its number, so a venue that is folded again
/// does the same. Answers to questions are true, and every fill is told.
@frozen public struct VenueFaults: Hashable, BitwiseCopyable, Sendable {
    /// Shares, 0 to 1, of its acknowledgements: told behind up to three later words, told twice, never told.
    public var late = 0.0
    public var twice = 0.0
    public var never = 0.0
    /// Share of the cancelled orders that fill all the same, behind the word that they are cancelled.
    public var fillsAfterCancel = 0.0

    public init() {}

    public var isNone: Bool { late + twice + never + fillsAfterCancel == 0 }
}

/// A word that is told behind others.
struct HeldWord: BitwiseCopyable {
    var event: VenueEvent
    /// How many come first.
    var others: Int
}

extension HeldWord: BoundedElement {
    static var blank: HeldWord { HeldWord(event: .blank, others: 0) }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try event.persist(&archive)
        try archive.field(&others)
    }
}

/// The words of a venue as one under test tells them: in a stream without gaps, whatever it leaves out or repeats.
public struct FaultyVoice {
    private let faults: VenueFaults
    private let seed: UInt64
    /// It says everything as it is: nothing need go through it.
    public let isHonest: Bool
    /// Number of the last word that was told.
    private var told: UInt64 = 0
    private var held = BoundedList<16, HeldWord>()

    public init(_ faults: VenueFaults, seed: UInt64) {
        self.faults = faults
        self.seed = seed
        isHonest = faults.isNone
    }

    /// Takes what is to be told, and tells what is told now.
    public mutating func tell(_ event: VenueEvent, _ body: (VenueEvent) -> Void) {
        let late = tellNow(event, body)
        for index in held.indices { held[index].others -= 1 }
        if let late, !held.isFull { held.append(late) }
        while let index = held.indices.first(where: { held[$0].others < 0 }) {
            say(held[index].event, body)
            held.remove(at: index)
        }
    }

    /// The word itself when it is to come later.
    private mutating func tellNow(_ event: VenueEvent, _ body: (VenueEvent) -> Void) -> HeldWord? {
        guard event.kind.isAcknowledgement else {
            say(event, body)
            return nil
        }
        var random = SeededGenerator(seed: seed &+ event.sequence)
        let draw = random.unit()
        if draw < faults.never { return nil }
        if draw < faults.never + faults.late { return HeldWord(event: event, others: Int(1 + random.below(3))) }
        say(event, body)
        if draw < faults.never + faults.late + faults.twice { say(event, body) }
        return nil
    }

    private mutating func say(_ event: VenueEvent, _ body: (VenueEvent) -> Void) {
        var event = event
        told += 1
        event.sequence = told
        body(event)
    }
}

extension FaultyVoice: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&told)
        try held.persist(&archive)
    }
}

extension VenueEventKind {
    /// It says what became of a command, and moves no position.
    fileprivate var isAcknowledgement: Bool {
        switch self {
        case .accepted, .rejected, .cancelled, .cancelRejected, .modified, .modifyRejected: true
        case .filled, .reduced, .triggered, .orderStatus, .positionStatus, .queryEnd: false
        }
    }
}

extension PaperVenue {
    /// Whether this order is one that fills behind the word that it is cancelled.
    func fillsAfterCancel(_ index: Int) -> Bool {
        let share = configuration.faults.fillsAfterCancel
        guard share > 0, orders[index].phase != .taking, orders[index].workingPrice > .zero else { return false }
        var random = SeededGenerator(seed: configuration.seed &+ orders[index].order.id.raw)
        return random.unit() < share
    }

    /// The cancel crossed a fill of all that was left.
    mutating func cancelThenFill(_ index: Int) {
        tell(.cancelled, .requested, orders[index].order)
        fill(index, orders[index].leaves, at: orders[index].workingPrice, .maker)
    }
}
