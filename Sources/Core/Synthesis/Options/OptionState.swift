import Units

/// What the stream of options keeps of one contract between its quotes.
struct OptionState {
    /// How soon and how often a contract is quoted: today's expiry near the money, the others near it, and all that is
    /// far from it.
    enum Interest { case today, near, far }

    let instrumentID: InstrumentID
    /// Points.
    let strike: Double
    let isCall: Bool
    let isToday: Bool
    /// Seconds from 00:00 ET.
    let expiration: Double
    var quote = OptionQuote()
    var interest = Interest.near

    func value(_ second: Double, _ moment: SyntheticSmile.Moment) -> OptionValue {
        let years = (expiration - second) / SyntheticSmile.secondsPerYear
        return OptionValue(strike: strike, isCall: isCall, years: years, moment)
    }

    mutating func setInterest(_ value: OptionValue) {
        interest = abs(value.distance) > 1.5 ? .far : isToday ? .today : .near
    }
}

/// What is looked at in every step, for every contract: when it is to be quoted.
struct OptionWatch {
    /// The step at which it is quoted next, whatever happens; `Int32.max` after its expiry.
    var due: Int32 = 0
    /// The theoretical price has moved since the last quote by, to first order,
    /// base + delta·forward + levelSensitivity·level; beyond ±threshold it is quoted anew.
    private var base = 0.0
    private var delta = 0.0
    private var levelSensitivity = 0.0
    private var threshold = Double.infinity

    /// Measures moves from a value, by half of its tick.
    mutating func anchor(_ value: OptionValue, _ moment: SyntheticSmile.Moment) {
        delta = value.delta
        levelSensitivity = value.levelSensitivity
        base = -delta * moment.forward - levelSensitivity * moment.level
        threshold = 0.5 * OptionQuote.tick(value.price)
    }

    /// Notices no moves until it is anchored again.
    mutating func rest() { threshold = .infinity }

    func hasMoved(_ moment: SyntheticSmile.Moment) -> Bool {
        abs(base + delta * moment.forward + levelSensitivity * moment.level) > threshold
    }
}
