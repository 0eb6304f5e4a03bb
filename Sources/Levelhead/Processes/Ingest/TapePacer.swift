import Platform
import Units

/// Says when a record of the tape is due.
struct TapePacer {
    /// Seconds of tape in a second; nil for as fast as the readers take it.
    private let speed: Double?
    /// A century, ns: more is no wait, and no number of nanoseconds after a while.
    private static let longest = 3.2e18
    private var start: (tape: UInt64, clock: Nanoseconds)?

    /// The first record that has a time to keep has come.
    var hasBegun: Bool { start != nil }

    init(speed: Double?) { self.speed = speed }

    /// How long until a record received at `time` is due; not positive when it is. The first record is due at once.
    mutating func delay(until time: UInt64, now: Nanoseconds) -> Nanoseconds {
        guard let speed else { return .zero }
        guard let start else {
            self.start = (time, now)
            return .zero
        }
        guard time > start.tape else { return .zero }
        let tape = min(Double(time - start.tape) / speed, Self.longest)
        return Nanoseconds(start.clock.count + Int64(tape.rounded())) - now
    }
}
