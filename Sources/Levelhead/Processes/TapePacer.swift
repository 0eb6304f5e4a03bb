import Foundation
import Platform
import Units

/// How fast recorded tape is played.
enum PlaySpeed: Equatable, Sendable {
    /// As fast as the readers take it.
    case max
    /// So many seconds of tape in a second.
    case times(Double)
}

extension PlaySpeed {
    /// Reads `max`, `1x`, `10x`, `0.5x`.
    init?(_ text: String) {
        if text == "max" {
            self = .max
        } else if text.hasSuffix("x"), let factor = Double(text.dropLast()), factor > 0, factor.isFinite {
            self = .times(factor)
        } else {
            return nil
        }
    }
}

/// Says when a record of the tape is due.
struct TapePacer {
    private let speed: PlaySpeed
    private var start: (tape: UInt64, clock: Nanoseconds)?

    init(_ speed: PlaySpeed) { self.speed = speed }

    /// How long until a record received at `time` is due; not positive when it is. The first record is due at once.
    mutating func delay(until time: UInt64, now: Nanoseconds) -> Nanoseconds {
        guard case .times(let factor) = speed else { return .zero }
        guard let start else {
            self.start = (time, now)
            return .zero
        }
        guard time > start.tape else { return .zero }
        let tape = Double(time - start.tape) / factor
        return Nanoseconds(start.clock.count + Int64(tape.rounded())) - now
    }
}
