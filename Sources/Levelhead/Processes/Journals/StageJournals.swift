import Configuration
import Pipeline
import Platform
import Storage

/// The journals of a stage: what it took, and what it put out.
struct StageJournals: ~Copyable {
    var inputs: InputJournal
    var outputs: OutputJournal
    /// What is kept outlives the machine's power, and not this process alone.
    let outlivesPower: Bool

    init(inputs: consuming InputJournal, outputs: consuming OutputJournal, _ settings: JournalSettings) {
        self.inputs = inputs
        self.outputs = outputs
        outlivesPower = settings.outlivesPower
        self.inputs.keepReserve(settings.reserve / 2)
        self.outputs.keepReserve(settings.reserve / 2)
    }

    /// The disk is full, and only the reserve is left.
    var isLow: Bool { inputs.isLow || outputs.isLow }
    /// What the disk said, for people; nil when it has all that it was given.
    var trouble: String? { inputs.trouble ?? outputs.trouble }

    /// Adds what was put out. Never is more of that on the disk than what it follows from: it could not be made again.
    mutating func put(_ message: StageMessage, at position: UInt64) throws {
        if outputs.isHalfFull {
            try keepInputs()
            try outputs.flush()
        }
        try outputs.append(message, at: position)
    }

    /// What was taken is safe from here on; while the disk does not take it, it has nothing of what was put out since.
    mutating func keepInputs() throws {
        if outlivesPower { try inputs.sync() } else { try inputs.flush() }
        outputs.isHeld = inputs.isUnwritten
    }

    /// The same, and not for longer than the machine has power.
    mutating func flushInputs() throws {
        try inputs.flush()
        outputs.isHeld = inputs.isUnwritten
    }

    /// What was taken is safe from here on, and so is what was put out where it may not be made again otherwise: with
    /// `withOutputs`, and whenever power may fail.
    mutating func keep(withOutputs: Bool) throws {
        try keepInputs()
        if outlivesPower { try outputs.sync() } else if withOutputs { try outputs.flush() }
    }
}

extension JournalWriter {
    /// What the disk said and what follows from it, for people; nil when it has all that it was given.
    var trouble: String? {
        guard let failure else { return nil }
        return hasLost
            ? "\(failure): the disk has lost what cannot be written again: nothing opens; end the run"
            : "the disk takes nothing: \(failure): nothing opens until there is space"
    }
}
