import MarketCalendar
import MarketData
import Units

// What past sessions give, and what this one leaves to later ones.
extension ContractEngine {
    /// V of VPIN's volume buckets for the session under way, contracts; 0 without five sessions of history.
    public var volumeBucketSize: Int64 { operators.pointee.baseline.volumeBucketSize }

    /// Whether there are five sessions that this one can be compared with: without them the rows that do are not
    /// defined, all session.
    public var knowsUsualDay: Bool { volumeBucketSize > 0 }

    /// Gives away the sessions that have ended since the last call; none unless the configuration collects them.
    ///
    /// - Parameter keepsLast: not the last one: records of it may still turn out to be missing.
    public mutating func takeEndedSessions(keepsLast: Bool = false) -> [CollectedSession] {
        collector?.pointee.takeEnded(keepsLast: keepsLast) ?? []
    }

    /// The tape ends here, and with it the session that is being collected: the engine takes no record any more. The
    /// market stays as it is to the close.
    public mutating func endTape<Sink: FeatureSink & ~Copyable>(sink: inout Sink) {
        guard let close = collector?.pointee.session?.close.nanoseconds else { return }
        tick(clock: max(clock, close + Self.clockGrace), upTo: close, sink: &sink)
    }

    mutating func beginHistory(at time: UInt64) {
        operators.pointee.baseline.begin(state.pointee.session)
        operators.pointee.tradeHistory.bucketSize =
            operators.pointee.baseline.volumeBucketSize > 0 ? operators.pointee.baseline.volumeBucketSize : nil
        collector?.pointee.begin(state.pointee.session, at: time)
    }

    @inline(__always)
    mutating func applyHistory(_ context: borrowing GroupContext, records: Int32) {
        state.pointee.activity.apply(context, records: records)
        if operators.pointee.baseline.isPresent, context.mid.isValid { operators.pointee.baseline.watch(context.after) }
        collector?.pointee.apply(context, records: records)
    }

    mutating func closeHistorySecond(at end: UInt64) {
        collector?.pointee.closeSecond(at: end, twiceMid: operators.pointee.grid.twiceMid(lag: 0))
        guard operators.pointee.baseline.isPresent else { return }
        operators.pointee.baseline.closeSecond(
            values + FeatureSchema.marketOffset, grid: operators.pointee.grid, at: end,
            start: state.pointee.sessionStart)
    }

    mutating func watchHistory(usable: Bool, at time: UInt64) {
        let isValid = state.pointee.isBookValid
        if operators.pointee.baseline.isPresent, isValid { operators.pointee.baseline.watch(assembler.settledBook) }
        collector?.pointee.watch(assembler.settledBook, usable: usable, isValid: isValid, at: time)
    }
}
