import Determinism
import Orders
import Pipeline
import Units

/// What all processes of one run share: the clock, the market, the lock word, what goes wrong, and who watches.
final class SimulatedWorld {
    let seed: UInt64
    var now: UInt64
    var random: SeededGenerator
    var faults: FaultPlan
    let tape: SimulatedTape
    var lock = LockWord()
    var step = 0
    /// Taken so far.
    var snapshots = 0
    private(set) var violation: Violation?
    /// Looks at what has become durable.
    var onFlush: () -> Void = {}
    /// What an operator hears.
    var onAnswer: (OperatorCommand, ProcessName) -> Void = { _, _ in }
    /// Sees what leaves, when it leaves.
    var onLeft: (StageMessage) -> Void = { _ in }
    /// Nobody looks at the lock word before a send: a seeded defect.
    var looksAway = false
    /// The same of the age of an approval.
    var looksAwayFromAge = false
    /// Of an approval.
    var approvalLife = Nanoseconds.seconds(2)
    /// Lines of the trace; nil when nobody reads them.
    private(set) var lines: [String]?

    init(seed: UInt64, now: UInt64, random: SeededGenerator, faults: FaultPlan, tape: SimulatedTape, traces: Bool) {
        self.seed = seed
        self.now = now
        self.random = random
        self.faults = faults
        self.tape = tape
        lines = traces ? [] : nil
        start = now
    }

    private let start: UInt64

    func transmit(_ channel: SimulatedChannel) { channel.transmit(at: now, faults, &random) }

    func say(_ channel: SimulatedChannel) { channel.say(at: now, faults, &random) }

    func flushed() { onFlush() }
    func left(_ message: StageMessage) { onLeft(message) }
    func answered(_ command: OperatorCommand, by name: ProcessName) { onAnswer(command, name) }

    /// The first invariant that does not hold ends the run.
    func report(_ invariant: Invariant, _ detail: String) {
        trace("VIOLATED \(invariant.rawValue): \(detail)")
        guard violation == nil else { return }
        violation = Violation(invariant: invariant, detail: detail, step: step, seed: seed)
    }

    /// - Parameter line: made only when somebody reads it.
    func trace(_ line: @autoclosure () -> String) {
        guard lines != nil else { return }
        lines?.append("\(step) +\(Double(now - start) / 1e6) ms: \(line())")
    }
}
