import Determinism
import Orders
import Pipeline
import Signals
import Units

/// The engine of the simulation: a function of the tape that decides a level now and then. It keeps nothing; killed, it
/// begins again and makes the same signals under the same numbers.
final class SignalProcess: SimulatedProcess {
    let name = ProcessName.engine
    let disk = SimulatedDisk()
    private(set) var isAlive = true
    var stoppedUntil: UInt64 = 0
    var restartAt: UInt64 = 0

    private let world: SimulatedWorld
    private let channel: SimulatedChannel
    private let seed: UInt64
    private var position = 0
    private var count: UInt64 = 0

    init(_ world: SimulatedWorld, _ channel: SimulatedChannel, seed: UInt64) {
        self.world = world
        self.channel = channel
        self.seed = seed
    }

    var isQuiet: Bool { channel.isSettled }

    func work() throws(ProcessEnded) {
        for _ in 0..<world.random.draw(1...40) {
            guard let record = world.tape.record(position, at: world.now) else { break }
            position += 1
            try judge(record)
        }
        world.transmit(channel)
        if world.random.chance(world.faults.crash) { throw ProcessEnded(reason: "killed") }
    }

    /// Decides a level at one record in fifteen.
    private func judge(_ record: SimulatedRecord) throws(ProcessEnded) {
        var random = SeededGenerator(seed: seed &+ UInt64(position))
        guard random.chance(1.0 / 15) else { return }
        count += 1
        let time = Timestamp(nanoseconds: record.received)
        var signal = Signal.blank
        signal.sequence = count
        signal.time = time
        signal.receiveTime = time
        signal.level = UInt8(random.draw(0...4))
        signal.quality = random.chance(0.05) ? .warming : []
        signal.test = UInt32(truncatingIfNeeded: count)
        signal.score = random.chance(0.5) ? 0.5 : -0.5
        signal.confidence = 0.5
        guard let bytes = try? StageMessage.signal(signal).bytes else {
            throw ProcessEnded(reason: "a signal cannot be written")
        }
        if !channel.append(SimulatedEnvelope(position: position, bytes: bytes)) {
            world.report(.refoldEqual, "engine: another signal under the same number")
        }
    }

    func kill() { isAlive = false }

    func restart() throws(ProcessEnded) {
        isAlive = true
        stoppedUntil = 0
        position = 0
        count = 0
        channel.restoreSender(oldest: 0, kept: [])
    }
}
