import Units

/// Keeps near what the option chain's next refresh needs, when that is about to come: it is due with the first record
/// behind a whole second, which nobody knows before, and a signal of that record waits for it.
public struct RefreshRehearsal: Sendable {
    /// It begins so long before, and is done again so often, for caches lose things within a millisecond or two.
    private static let lead = Nanoseconds.milliseconds(1)
    private static let interval = Nanoseconds.microseconds(400)
    /// In a quiet market no record comes for long: so long after it is done more rarely.
    private static let patience = Nanoseconds.milliseconds(5)
    private static let lateInterval = Nanoseconds.milliseconds(5)

    private var pace = DataPace()
    private var doneAt = Nanoseconds.zero
    /// What it came to the last time. Nothing follows from it.
    public private(set) var result = 0.0

    public init() {}

    /// Rehearses when it is time; nothing where there is no chain. Some 10 µs; changes nothing of the pipeline.
    ///
    /// - Parameter now: what the machine's monotonic clock shows.
    public mutating func step<Output: EngineOutput & ~Copyable>(
        _ pipeline: inout EnginePipeline<Output>, now: Nanoseconds
    ) {
        pace.hear(pipeline.market.clock, now: now)
        let next = pipeline.market.nextRefresh
        guard next != .max else { return }
        let left = pace.time(until: next, now: now)
        guard left <= Self.lead, now - doneAt >= (left < .zero - Self.patience ? Self.lateInterval : Self.interval)
        else { return }
        doneAt = now
        result = pipeline.rehearseRefresh()
    }
}

/// How fast the data's time goes beside the machine's: as fast on a live feed, many times as fast on a tape.
struct DataPace: BitwiseCopyable, Sendable {
    /// It is measured over so long at least.
    private static let span = Nanoseconds.milliseconds(100)
    /// A live feed's is 1; what differs from that by so little was late or early somewhere.
    private static let slack = 0.2

    private var (fromData, fromMachine) = (UInt64(0), Nanoseconds.zero)
    private var (data, machine) = (UInt64(0), Nanoseconds.zero)
    private(set) var rate = 1.0

    /// The data's time is this now, or was when it was last heard of.
    mutating func hear(_ time: UInt64, now: Nanoseconds) {
        guard time != data else { return }
        (data, machine) = (time, now)
        guard fromData > 0, time > fromData else { return (fromData, fromMachine) = (time, now) }
        let span = now - fromMachine
        guard span >= Self.span else { return }
        let measured = min(max(Double(time - fromData) / Double(span.count), 0.01), 1e6)
        rate = abs(measured - 1) <= Self.slack ? 1 : measured
        (fromData, fromMachine) = (time, now)
    }

    /// The machine's time until the data's is `time`; negative when that should have been.
    func time(until time: UInt64, now: Nanoseconds) -> Nanoseconds {
        let left = Double(Int64(clamping: time) - Int64(clamping: data)) / rate
        return Nanoseconds(Int64(min(max(left, -1e15), 1e15))) - (now - machine)
    }
}
