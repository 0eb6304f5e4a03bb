import Determinism
import Pipeline
import Units

/// What a process took beside the records, as it is journaled.
struct SimulatedEntry {
    /// The channel's place among those into the process; negative for what came through none.
    let source: Int
    /// Records taken before it.
    let position: Int
    /// In its channel.
    let sequence: Int
    let time: Timestamp
    let message: StageMessage

    static let control = -1
    static let clock = -2
}

/// What a process put out: where it stood among the records, the message and its bytes.
struct SimulatedOutput {
    let position: Int
    let message: StageMessage
    let bytes: [UInt8]
}

/// What a process saved of itself.
struct SimulatedSnapshot {
    /// Records taken, entries journaled, messages put out.
    let position: Int
    let entries: Int
    let outputs: Int
    let time: Timestamp
    /// By channel into the process, the next message wanted.
    let next: [Int]
    /// By channel out of the process, what is kept.
    let kept: [(oldest: Int, messages: [SimulatedEnvelope])]
    /// Of the fold, and of what stands between the fold and the channels.
    let state: [UInt8]
    let tap: [UInt8]
    let follower: LockFollower?
}

/// The files of one process: they outlive it. A journal loses at a crash what was appended and not flushed, all of it
/// or its tail.
final class SimulatedDisk {
    private(set) var entries: [SimulatedEntry] = []
    private(set) var flushedEntries = 0
    /// Everything put out, in order.
    private(set) var outputs: [SimulatedOutput] = []
    private(set) var flushedOutputs = 0
    var snapshot: SimulatedSnapshot?
    /// How often something was cut off: what was counted before is to be counted again.
    private(set) var cuts = 0
    /// Until when it is full, ns.
    var fullUntil: UInt64 = 0

    func append(_ entry: SimulatedEntry) { entries.append(entry) }
    func append(_ output: SimulatedOutput) { outputs.append(output) }

    /// - Returns: false when there is no room.
    func flush(at now: UInt64) -> Bool {
        if flushedEntries == entries.count, flushedOutputs == outputs.count { return true }
        guard now >= fullUntil else { return false }
        flushedEntries = entries.count
        flushedOutputs = outputs.count
        return true
    }

    /// Cuts what a killed process had not flushed. A write that was under way may have brought a part of it out.
    func lose(_ random: inout SeededGenerator) {
        cuts += 1
        let kept = random.chance(0.3) ? random.draw(flushedEntries...entries.count) : flushedEntries
        entries.removeLast(entries.count - kept)
        flushedEntries = kept
        outputs.removeLast(outputs.count - flushedOutputs)
    }

    /// Forgets the newest flushed entries, which no disk does: a seeded defect.
    func loseFlushed(_ count: Int) {
        cuts += 1
        entries.removeLast(min(count, entries.count - (snapshot?.entries ?? 0)))
        flushedEntries = entries.count
    }
}
