import MarketCalendar
import MarketData
import Units

// Rows at instants inside a second, for research: nobody else asks, and then this is a comparison per record.
extension ContractEngine {
    /// Tells the instants inside the open second that the sink asks for, up to `time`.
    mutating func passInstants<Sink: FeatureSink & ~Copyable>(upTo time: UInt64, sink: inout Sink) {
        let end = state.pointee.secondEnd
        let start = max(end - ContractState.second, state.pointee.sessionStart)
        while true {
            let due = sink.instantDue(after: start)
            guard due <= time, due < end, isLeading, state.pointee.session.contains(Timestamp(nanoseconds: due)) else {
                return
            }
            if assembler.isOpen { closeLeftGroup(sink: &sink) }
            tell(due, sink: &sink)
        }
    }

    /// Writes the vector as it is at an instant inside a second, as the end of a second does: with a copy of the decay
    /// clock. A warm-up that ends then is undone, for a late group may still come before it.
    private mutating func tell<Sink: FeatureSink & ~Copyable>(_ due: UInt64, sink: inout Sink) {
        let rowsDue = secondRowsDue
        writeVector(atInstant: due)
        sink.instantPassed(self, time: due)
        guard secondRowsDue != rowsDue else { return }
        let second = state.pointee.secondEnd - ContractState.second
        writeSecond(values + FeatureSchema.marketOffset, at: max(second, state.pointee.clock.time))
    }
}
