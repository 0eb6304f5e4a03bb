/// The instants between the stores of a writer that somebody else can see. A process may die at each of them.
@usableFromInline enum RingWriterStep: CaseIterable, Sendable {
    case epochRaised, marksForgotten
    case claimed, padded, marked, recordCopied, frameComplete
    case batchEnded, headMoved, sleepersWoken
}

/// Told of each step right after it. Tests look at the memory there, as a reader or as a successor would find it; the
/// program uses `NoObservation`, of which nothing is left after optimisation.
@usableFromInline protocol RingWriterObserver {
    mutating func reached(_ step: RingWriterStep)
}

@frozen @usableFromInline struct NoObservation: RingWriterObserver {
    @inlinable init() {}
    @inlinable func reached(_ step: RingWriterStep) {}
}
