/// How a trade date breathes: activity, volatility and depth by time of day, as straight lines between knots.
///
/// Times are seconds from 00:00 Eastern Time of the trade date: −21 600 is the 18:00 open, 61 200 the 17:00 close.
struct DayShape {
    struct Knot {
        var hour: Double
        var value: Double
    }

    static let openSecond = -21_600.0
    static let closeSecond = 61_200.0

    /// Activity of ES at rate 1, before bursts; its scale is `InstrumentStream.recordsPerGroup`'s. The proportions
    /// follow the average volume of ES by time of day in 2025 (half of a day's volume in six of its 46 half hours),
    /// flattened, as quotes fall less than volume.
    static let activity: [Knot] = [
        Knot(hour: -6, value: 130), Knot(hour: -5.9, value: 60), Knot(hour: -5, value: 34), Knot(hour: -4, value: 40),
        Knot(hour: -2, value: 32), Knot(hour: 1, value: 26), Knot(hour: 2, value: 40), Knot(hour: 3, value: 78),
        Knot(hour: 4, value: 66), Knot(hour: 5, value: 52), Knot(hour: 7, value: 74), Knot(hour: 8.2, value: 110),
        Knot(hour: 8.5, value: 180), Knot(hour: 9.2, value: 165), Knot(hour: 9.49, value: 240),
        Knot(hour: 9.5, value: 900),
        Knot(hour: 9.75, value: 640), Knot(hour: 10.5, value: 470), Knot(hour: 11.5, value: 280),
        Knot(hour: 12, value: 190),
        Knot(hour: 13.5, value: 190), Knot(hour: 14.5, value: 230), Knot(hour: 15.5, value: 340),
        Knot(hour: 15.9, value: 620),
        Knot(hour: 16, value: 600), Knot(hour: 16.05, value: 200), Knot(hour: 16.5, value: 60),
        Knot(hour: 17, value: 40),
    ]

    /// Volatility of the efficient price in ticks per square root of a second. Midday follows the measured 0.35 ticks
    /// of one second's mid change; the shape over the day is that of the absolute five-minute return of ES in 2025.
    static let volatility: [Knot] = [
        Knot(hour: -6, value: 0.70), Knot(hour: -5.5, value: 0.30), Knot(hour: -4, value: 0.36),
        Knot(hour: 0, value: 0.25),
        Knot(hour: 2, value: 0.30), Knot(hour: 3, value: 0.45), Knot(hour: 5, value: 0.32), Knot(hour: 7, value: 0.36),
        Knot(hour: 8.4, value: 0.42), Knot(hour: 8.5, value: 0.70), Knot(hour: 8.75, value: 0.48),
        Knot(hour: 9.45, value: 0.55), Knot(hour: 9.5, value: 1.40), Knot(hour: 9.75, value: 1.10),
        Knot(hour: 10, value: 0.95), Knot(hour: 10.5, value: 0.75), Knot(hour: 11, value: 0.58),
        Knot(hour: 11.5, value: 0.45),
        Knot(hour: 12, value: 0.33), Knot(hour: 13.5, value: 0.33), Knot(hour: 14, value: 0.42),
        Knot(hour: 15, value: 0.55),
        Knot(hour: 15.5, value: 0.70), Knot(hour: 15.9, value: 0.95), Knot(hour: 16, value: 0.75),
        Knot(hour: 16.1, value: 0.38), Knot(hour: 17, value: 0.28),
    ]

    /// Displayed depth as a share of midday's.
    static let depth: [Knot] = [
        Knot(hour: -6, value: 0.25), Knot(hour: -5, value: 0.35), Knot(hour: 2, value: 0.35),
        Knot(hour: 4, value: 0.45),
        Knot(hour: 8, value: 0.55), Knot(hour: 8.48, value: 0.30), Knot(hour: 8.6, value: 0.55),
        Knot(hour: 9.48, value: 0.55),
        Knot(hour: 9.75, value: 0.65), Knot(hour: 11, value: 0.9), Knot(hour: 12, value: 1), Knot(hour: 14, value: 1),
        Knot(hour: 15.5, value: 1), Knot(hour: 16, value: 1.1), Knot(hour: 16.1, value: 0.5),
        Knot(hour: 17, value: 0.35),
    ]

    /// Half of the width between the edges of the balance area, in ticks: the price rotates between them.
    static let balance: [Knot] = [
        Knot(hour: -6, value: 34), Knot(hour: 9.5, value: 34), Knot(hour: 9.75, value: 42), Knot(hour: 9.9, value: 82),
        Knot(hour: 17, value: 82),
    ]

    /// Activity, volatility, depth and half of the balance area's width at `second`.
    static func values(at second: Double) -> SIMD4<Double> {
        SIMD4(
            value(activity, at: second), value(volatility, at: second), value(depth, at: second),
            value(balance, at: second))
    }

    /// The value at `second`; constant outside the knots.
    static func value(_ knots: [Knot], at second: Double) -> Double {
        let hour = second / 3_600
        var previous = knots[0]
        if hour <= previous.hour { return previous.value }
        for knot in knots {
            if hour < knot.hour {
                let share = (hour - previous.hour) / (knot.hour - previous.hour)
                return previous.value + share * (knot.value - previous.value)
            }
            previous = knot
        }
        return previous.value
    }
}
