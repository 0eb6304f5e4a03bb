import Observability
import Pipeline
import Platform
import Signals
import Units

/// The way of the engine's signals to the risk gateway.
///
/// A signal follows from the tape alone, which has the records already, and is made again after a crash: it leaves in
/// the instant in which it is decided, before the row of its group is published, and is journaled later.
final class SignalDoor {
    var outbox: StageOutbox
    private let stages: StageClock
    private var failure: (any Error)?
    /// When the record that is being taken was put into the ring, ns; 0 when unknown.
    var origin: UInt64 = 0

    init(_ outbox: consuming StageOutbox, _ stages: StageClock) {
        self.outbox = outbox
        self.stages = stages
    }

    func send(_ signal: Signal, at position: UInt64) {
        outbox.add(.signal(signal), at: position, origin: origin)
        do { try outbox.send() } catch { failure = failure ?? error }
        if origin > 0 { stages.record(.ringToSignal, MonotonicClock.wallTime() - Timestamp(nanoseconds: origin)) }
    }

    /// Keeps what `send` needs near: a signal is rare, and what lies between two of them takes its place in the caches.
    func rehearse() throws { try outbox.rehearse() }

    /// - Throws: what kept a signal from being sent.
    func check() throws { if let failure { throw failure } }
}
