import DBN
import Determinism
import Units

/// What a live feed says of itself in one run: that it is gone, replays, has caught up, comes late. In three runs of
/// five it says nothing, as on a plain tape.
struct SimulatedFeed {
    private enum Place { case live, gone, replaying, catchingUp, late }

    private var random: SeededGenerator
    /// Of a mark before a record.
    private let rate: Double
    private var place = Place.live

    /// - Parameter seed: of its own, so that it moves nothing else of the run.
    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        rate = random.chance(0.4) ? random.unit() * 0.05 : 0
    }

    /// What it says now; nil for nothing.
    ///
    /// - Parameter isCalm: it only comes back to the present.
    mutating func next(isCalm: Bool) -> (kind: FeedMark.Kind, schema: Schema?)? {
        guard rate > 0, isCalm ? place != .live : random.chance(place == .live ? rate : 0.015) else { return nil }
        let breaks = !isCalm && random.chance(0.2)
        if breaks, place != .gone {
            place = .gone
            return (.down, nil)
        }
        switch place {
        case .live:
            if random.chance(0.5) {
                place = .late
                return (.behind, nil)
            }
            // Options that are chosen later.
            place = .catchingUp
            return (.replaying, .mbp1)
        case .late:
            place = .live
            return (.abreast, nil)
        case .gone:
            place = .replaying
            return (.replaying, .mbp10)
        case .replaying:
            place = .catchingUp
            return (.replayed, .mbp10)
        case .catchingUp:
            place = .live
            return (.live, nil)
        }
    }
}
