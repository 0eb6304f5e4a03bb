import Determinism

/// What goes wrong in one run, and how often. Drawn from the run's seed: one run in eight is calm, so that a failure
/// there needs no fault to explain it.
struct FaultPlan {
    /// Of a packet: lost, sent twice, late by up to `lateness`.
    var drop = 0.0
    var duplicate = 0.0
    var late = 0.0
    /// Microseconds.
    var lateness = 50_000
    /// Of a process at each of the points between its steps.
    var crash = 0.0
    /// Of all processes at once, in a round.
    var powerCut = 0.0
    /// Of a process in a round: it stops running for a while and goes on with what was in its sockets (SIGSTOP).
    var stop = 0.0
    /// Of a process's disk in a round: it is full for a while.
    var diskFull = 0.0
    /// Of a process in a round.
    var snapshot = 0.02
    /// Of what the venue says: late, told twice, never told, wrong.
    var lies = VenueLieRates()
    /// Of a message to the execution gateway: an approval that it had before comes with it.
    var replayedApproval = 0.0
    /// Of an operator in a round.
    var operatorRequest = 0.02
    /// Of a market record: a halt, a silence, a book that cannot be used.
    var marketTrouble = 0.0

    init(_ random: inout SeededGenerator) {
        if random.chance(0.125) { return }
        if random.chance(0.6) {
            drop = random.unit() * 0.1
            duplicate = random.unit() * 0.1
            late = random.unit() * 0.2
            lateness = random.draw(1_000...900_000)
        }
        if random.chance(0.6) { crash = random.unit() * 0.01 }
        if random.chance(0.2) { powerCut = random.unit() * 0.01 }
        if random.chance(0.4) { stop = random.unit() * 0.01 }
        if random.chance(0.2) { diskFull = random.unit() * 0.01 }
        if random.chance(0.5) { snapshot = random.unit() * 0.2 }
        if random.chance(0.3) { lies = VenueLieRates(&random) }
        if random.chance(0.3) { replayedApproval = random.unit() * 0.1 }
        if random.chance(0.7) { operatorRequest = random.unit() * 0.1 }
        if random.chance(0.4) { marketTrouble = random.unit() * 0.02 }
    }
}
