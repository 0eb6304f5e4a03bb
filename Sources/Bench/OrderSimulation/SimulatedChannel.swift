import Determinism

/// One message on its way: where its sender stood among the records, and its bytes.
struct SimulatedEnvelope: Equatable {
    let position: Int
    let bytes: [UInt8]
}

/// A numbered channel between two processes, by the protocol of `ReliableSender` and `ReliableReceiver`, over a network
/// that loses, repeats and delays.
///
/// What is not acknowledged is kept and sent again. The receiver takes each number once and in order, and acknowledges
/// what it has journaled. A sender that was killed makes the same messages again under the same numbers, and sends
/// nothing before it has heard from its receiver.
final class SimulatedChannel {
    private struct Packet {
        let sequence: Int
        let envelope: SimulatedEnvelope
        let arrival: UInt64
    }

    let name: String

    // The sender's half.
    private(set) var oldest = 0
    private(set) var kept: [SimulatedEnvelope] = []
    /// When each was sent last, ns; 0 for never.
    private var sent: [UInt64] = []
    private(set) var isConnected = false
    private var heardAt: UInt64 = 0
    /// The receiver had these before a restart of the sender.
    private var replayedBefore = 0

    // The network.
    private var wire: [Packet] = []
    private var acknowledgements: [(sequence: Int, arrival: UInt64)] = []

    // The receiver's half: what has reached its socket and not been read, and what it has said.
    private var socket: [Packet] = []
    private var acknowledged = 0
    private var saidAt: UInt64 = 0

    /// What the receiver has taken, by number: what its sender has under that number must be the same.
    private var taken: [Int: SimulatedEnvelope] = [:]
    /// Numbers under which a question stands for an order.
    private var inPlace: Set<Int> = []
    /// The receiver has taken a message that its sender has replaced by another.
    private(set) var isCrossed = false

    private static let resendAfter: UInt64 = 20_000_000
    private static let beatInterval: UInt64 = 10_000_000
    /// A receiver that was not heard for so long is not there.
    private static let silence: UInt64 = 500_000_000

    init(_ name: String) { self.name = name }

    var next: Int { oldest + kept.count }
    /// Everything was taken and acknowledged.
    var isSettled: Bool { kept.isEmpty }
    /// The receiver has the next message already: it is made again after a restart, and only counted.
    var isNextTaken: Bool { next < replayedBefore }

    // MARK: Sender

    /// - Parameter isInPlace: it stands for another that may have left before.
    /// - Returns: false when the receiver has taken another message under this number.
    func append(_ envelope: SimulatedEnvelope, isInPlace: Bool = false) -> Bool {
        if isInPlace { inPlace.insert(next) }
        let before = taken[next], isQuestion = inPlace.contains(next)
        if isNextTaken {
            oldest += 1
        } else {
            kept.append(envelope)
            sent.append(0)
        }
        return before == nil || before == envelope || isQuestion
    }

    /// Hears what was acknowledged, and sends what was never sent or not acknowledged for long.
    func transmit(at now: UInt64, _ faults: FaultPlan, _ random: inout SeededGenerator) {
        for acknowledgement in acknowledgements where acknowledgement.arrival <= now {
            hear(acknowledgement.sequence)
            heardAt = now
        }
        acknowledgements.removeAll { $0.arrival <= now }
        if now > heardAt + Self.silence { isConnected = false }
        guard isConnected else { return }
        for index in kept.indices where sent[index] == 0 || now >= sent[index] + Self.resendAfter {
            sent[index] = now
            send(oldest + index, kept[index], at: now, faults, &random)
        }
    }

    private func hear(_ wanted: Int) {
        if !isConnected {
            isConnected = true
            if wanted > next { replayedBefore = wanted }
        }
        let count = min(wanted - oldest, kept.count)
        guard count > 0 else { return }
        kept.removeFirst(count)
        sent.removeFirst(count)
        oldest += count
    }

    private func send(
        _ sequence: Int, _ envelope: SimulatedEnvelope, at now: UInt64, _ faults: FaultPlan,
        _ random: inout SeededGenerator
    ) {
        if random.chance(faults.drop) { return }
        for _ in 0..<(random.chance(faults.duplicate) ? 2 : 1) {
            var delay = random.microseconds(5...400)
            if random.chance(faults.late) { delay += random.microseconds(0...faults.lateness) }
            wire.append(Packet(sequence: sequence, envelope: envelope, arrival: now + delay))
        }
    }

    /// The sender was killed: it goes on from what it had saved, and knows nothing of its receiver.
    func restoreSender(oldest: Int, kept: [SimulatedEnvelope]) {
        self.oldest = oldest
        self.kept = kept
        sent = kept.map { _ in 0 }
        isConnected = false
        replayedBefore = 0
        acknowledgements = []
    }

    // MARK: Receiver

    /// Takes the message of this number out of the socket; others of the socket that come before it are of no use.
    func read(_ wanted: Int, at now: UInt64) -> SimulatedEnvelope? {
        deliver(at: now)
        while let first = socket.first {
            socket.removeFirst()
            guard first.sequence == wanted else { continue }
            taken[wanted] = first.envelope
            let place = wanted - oldest
            if !inPlace.contains(wanted), kept.indices.contains(place), kept[place] != first.envelope {
                isCrossed = true
            }
            return first.envelope
        }
        return nil
    }

    private func deliver(at now: UInt64) {
        let arrived = wire.filter { $0.arrival <= now }
        guard !arrived.isEmpty else { return }
        wire.removeAll { $0.arrival <= now }
        socket += arrived.sorted { ($0.arrival, $0.sequence) < ($1.arrival, $1.sequence) }
    }

    /// Everything before this number is journaled at the receiver.
    func acknowledge(before next: Int) { acknowledged = max(acknowledged, next) }

    /// Says what is journaled: soon after that changed, and now and then in any case.
    func say(at now: UInt64, _ faults: FaultPlan, _ random: inout SeededGenerator) {
        guard saidAt == 0 || now >= saidAt + Self.beatInterval else { return }
        saidAt = now
        if random.chance(faults.drop) { return }
        acknowledgements.append((acknowledged, now + random.microseconds(5...400)))
    }

    /// The receiver was killed: what its socket held is gone.
    func restoreReceiver(next: Int) {
        socket = []
        taken = taken.filter { $0.key < next }
        acknowledged = next
        saidAt = 0
    }
}
