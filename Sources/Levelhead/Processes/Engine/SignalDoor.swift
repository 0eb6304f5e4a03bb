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

    /// Hands a signal to the risk gateway, which has it when it looks; `call` wakes it when it sleeps, for waking takes
    /// longer than all of this.
    func put(_ signal: Signal, at position: UInt64) {
        do { try outbox.put(signal, at: position, origin: origin) } catch { failure = failure ?? error }
        if origin > 0 { stages.record(.ringToSignal, WallClock.now() - Timestamp(nanoseconds: origin)) }
    }

    func call() { outbox.call() }

    /// Keeps what `put` needs near: a signal is rare, and what lies between two of them takes its place in the caches.
    func rehearse() throws { try outbox.put(.blank, at: 0, origin: 0, isRehearsal: true) }

    /// - Throws: what kept a signal from being sent.
    func check() throws { if let failure { throw failure } }
}
