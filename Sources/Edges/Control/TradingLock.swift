import Glibc
import Orders
import Platform
import Units

/// Who locked trading, and why: `STATE_DIR/locked.json`, a file of mode 0600 that is there as long as the lock is.
public struct LockRecord: Codable, Equatable, Sendable {
    public var epoch: UInt64
    public var sender: String
    public var reason: String
    /// Wall time.
    public var lockedNanoseconds: UInt64
    /// Close at the reopen if the market is closed.
    public var waitsForOpen: Bool
    /// The directory of the run that was locked; empty when none was in progress.
    public var run: String
    /// It outlives the run: a live one, whose account goes on. A run over recorded tape starts anew in its directory.
    public var isLasting: Bool
    /// Of a limit that was breached, as one number (20260310): no arm takes the lock off on this trade date.
    /// Nil for a lock that an arm ends at any time.
    public var tradeDate: Int32?

    enum CodingKeys: String, CodingKey {
        case epoch, sender, reason, run
        case lockedNanoseconds = "locked_ns"
        case waitsForOpen = "at_open"
        case isLasting = "lasting"
        case tradeDate = "trade_date"
    }

    public init(
        epoch: UInt64, sender: String, reason: String, waitsForOpen: Bool = false, run: String = "",
        isLasting: Bool = true, tradeDate: Int32? = nil
    ) {
        self.epoch = epoch
        self.sender = sender
        self.reason = reason
        self.waitsForOpen = waitsForOpen
        self.run = run
        self.isLasting = isLasting
        self.tradeDate = tradeDate
        lockedNanoseconds = WallClock.now().nanoseconds
    }
}

/// The lock of a state directory: the epoch word, which is what processes look at before each send, and the record
/// beside it that tells people why.
public struct TradingLock: Sendable {
    public static let fileName = "locked.json"

    public let word: EpochWord
    public let path: String
    /// Where a record is looked at before it goes for good.
    private var asidePath: String { path + ".opened" }

    /// Makes the word when it is missing; the state directory must exist.
    public init(stateDirectory: String) throws(PrivatePathError) {
        word = try EpochWord(stateDirectory: stateDirectory)
        path = FilePath.join(stateDirectory, Self.fileName)
    }

    /// What is known of the lock; nil when there is no record, which says nothing about the word.
    public var record: LockRecord? {
        // One that is being looked at is put back under its name, if it is in force.
        read(path) ?? read(asidePath).flatMap { isInForce($0) ? $0 : nil } ?? read(path)
    }

    private func read(_ path: String) -> LockRecord? {
        (try? PosixFile.contents(of: path)).flatMap { Payload.decode(LockRecord.self, from: $0) }
    }

    /// A newer lock than the last one that was taken off, or that one while it is on.
    private func isInForce(_ record: LockRecord) -> Bool {
        let state = word.load()
        return record.epoch > state.epoch || state.isLocked && record.epoch == state.epoch
    }

    /// Locks and raises the epoch: first the record, then the word, which needs no space on the disk. From here on no
    /// process's death takes the lock off; `settle` makes it outlive the machine's.
    ///
    /// - Parameter record: its epoch is what it would be if nobody else raised the word at the same time.
    /// - Returns: the state, and why the record could not be written, if so: the word locks all the same.
    public func raise(_ record: LockRecord) -> (state: EpochState, failure: SystemCallError?) {
        restoreRecord()
        var record = record
        // What was to outlive its run still has to, and a breached limit is not over either.
        if let held = self.record, held.isLasting {
            record.isLasting = true
            record.tradeDate = record.tradeDate ?? held.tradeDate
        }
        record.epoch = word.load().epoch + 1
        var failure: SystemCallError?
        do throws(SystemCallError) { try write(record) } catch { failure = error }
        let state = word.raiseAndLock()
        // Somebody else has raised the word to what the record says, and an arm of that may have taken this for it.
        if failure == nil, state.epoch > record.epoch, self.record.map({ $0.epoch < state.epoch }) ?? true {
            record.epoch = state.epoch
            do throws(SystemCallError) { try write(record) } catch { failure = error }
        }
        return (state, failure)
    }

    /// A limit was breached while the lock was on already: its record says so, and keeps who locked and why.
    public func note(tradeDate: Int32) throws(SystemCallError) {
        guard var record, record.tradeDate != tradeDate else { return }
        record.tradeDate = tradeDate
        try write(record)
    }

    /// Waits until word and record are on the disk.
    public func settle() {
        // Without the disk the page in memory still is what everybody reads.
        try? word.sync()
        if let file = try? PosixFile(path, .read) { try? file.sync() }
    }

    /// Takes the lock off if the epoch is still `epoch`, and then its record: one that somebody who locks again has
    /// written meanwhile stays.
    public func open(ifEpochIs epoch: UInt64, keepsRecord: Bool = false) -> Bool {
        guard word.unlock(ifEpochIs: epoch) else { return false }
        if !keepsRecord { removeRecord(upTo: epoch) }
        try? word.sync()
        return true
    }

    /// Removes the record, unless it is of a later epoch. Looking at what has the record's name and then removing that
    /// name would be two steps, with room for a new record between them: so it is renamed first, looked at, and put
    /// back unless a newer one has come. Whoever asks in between, or after a death there, finds it all the same.
    private func removeRecord(upTo epoch: UInt64) {
        guard rename(path, asidePath) == 0 else { return }
        let isOpened = read(asidePath).map { $0.epoch <= epoch } ?? false
        if !isOpened { link(asidePath, path) }
        unlink(asidePath)
    }

    /// Gives the record its name back that somebody was looking at who died.
    private func restoreRecord() {
        guard PosixFile.isMissing(path), let left = read(asidePath), isInForce(left) else { return }
        link(asidePath, path)
        unlink(asidePath)
    }

    /// A run begins. One that carries the account on is locked when a lasting record or the word says so; one that
    /// starts anew has no lock, and an epoch of its own, so that nothing approved before counts.
    ///
    /// - Parameter carriesAccount: another run's lasting lock is one of this run, too; over recorded tape, which goes
    ///   on with what is its own, it waits.
    /// - Throws: a lock that nobody has recorded cannot be recorded now.
    public func begin(run: String, startsAnew: Bool, carriesAccount: Bool = true) throws(SystemCallError) {
        restoreRecord()
        let state = word.load()
        let record = record
        guard startsAnew else {
            let applies = record.map { $0.isLasting && carriesAccount || $0.run == run } ?? false
            if applies, !state.isLocked { word.raiseAndLock() }
            if !applies, !carriesAccount, state.isLocked, record != nil {
                // Somebody else's, which is not over for that.
                let raised = word.raiseAndLock()
                _ = word.unlock(ifEpochIs: raised.epoch)
            }
            try? word.sync()
            return
        }
        if state.isLocked, record == nil {
            // Locked when there was no space for a record: whoever goes on with the account must find it.
            try write(LockRecord(epoch: state.epoch, sender: "unknown", reason: "locked without a record"))
        } else if let record, !record.isLasting {
            removeRecord(upTo: record.epoch)
        }
        let raised = word.raiseAndLock()
        _ = word.unlock(ifEpochIs: raised.epoch)
        try? word.sync()
    }

    private func write(_ record: LockRecord) throws(SystemCallError) {
        var writer = try AtomicFileWriter(path: path, mode: PrivatePath.fileMode)
        try writer.write(Payload.encode(record) + [0x0A])
        try writer.commit()
    }
}
