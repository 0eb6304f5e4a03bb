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
            tell(due, sink: &sink)
        }
    }

    /// Writes the vector as it was at an instant inside a second. That leaves no trace: the rows of before are put back,
    /// and the next group writes anew what it would have written.
    private mutating func tell<Sink: FeatureSink & ~Copyable>(_ due: UInt64, sink: inout Sink) {
        let (rowsDue, version) = (secondRowsDue, optionVersion)
        let kept = UnsafeMutablePointer<Double>.allocate(capacity: FeatureSchema.columnCount)
        defer { kept.deallocate() }
        kept.initialize(from: values, count: FeatureSchema.columnCount)
        var instant = state.pointee.clock
        instant.move(to: due)
        writeVector(at: instant, time: due)
        sink.instantPassed(self, time: due)
        values.update(from: kept, count: FeatureSchema.columnCount)
        (secondRowsDue, optionVersion) = (rowsDue, version)
        forgetRows()
    }
}
