import Configuration
import Determinism
import MarketCalendar
import Orders
import Pipeline
import Platform
import Risk
import Security
import Signals
import Storage
import Units

/// Where a run's outputs go: digests, the journal (canonical bytes) and the audit log (JSON lines).
///
/// The pipeline cannot be stopped in the middle of a record, so a failed write is kept in `failure`, which the run
/// looks at after each record.
final class RunOutput: TradingOutput {
    /// Types of the journal's frames.
    private enum FrameType: UInt16 { case signal = 1, verdict, update, fill, change }

    private let mode: DigestMode
    private let plan: InstrumentPlan
    private var features = FeatureDigest()
    private var signals = RecordDigest()
    private var orders = RecordDigest()
    private var journal: JournalWriter
    private var audit: AuditLog
    private var journalSequence: UInt64 = 0
    /// Behind a pointer: access to a variable of a class is checked, and this one is counted up at every group.
    private let rowCount = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    private(set) var fillCount: UInt64 = 0
    private(set) var failure: (any Error)?
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)

    /// Opens the run's files where `position` says that they stood.
    convenience init(
        mode: DigestMode, plan: InstrumentPlan, directory: borrowing RunDirectory, position: SnapshotPosition
    ) throws {
        try self.init(
            mode: mode, plan: plan, journal: directory.journalFile("trading"), audit: directory.auditFile,
            position: position)
    }

    /// Opens files of these names.
    init(
        mode: DigestMode, plan: InstrumentPlan, journal path: String, audit log: String,
        position: SnapshotPosition = SnapshotPosition(sequence: 0, time: 0)
    ) throws {
        rowCount.initialize(to: 0)
        self.mode = mode
        self.plan = plan
        // Only a run without a saved state may lack its files.
        let isStart = position.journal == .start && position.audit == .start
        journal =
            isStart && !PosixFile.exists(path)
            ? try JournalWriter.create(path) : try JournalWriter.resume(path, at: position.journal)
        audit =
            isStart && !PosixFile.exists(log)
            ? try AuditLog.create(log) : try AuditLog.resume(log, at: position.audit)
    }

    /// Bytes of an audit line and a journal frame that a killed run had not finished.
    var cutBytes: Int { journal.cutByteCount + audit.cutByteCount }

    deinit {
        scratch.deallocate()
        rowCount.deallocate()
    }

    var featureRows: UInt64 { rowCount.pointee }

    var signalCount: UInt64 { signals.count }
    var signalDigest: String { signals.chain.hexadecimal }
    var orderDigest: String { orders.chain.hexadecimal }

    func vector(_ values: UnsafeBufferPointer<Double>, time: UInt64) {
        rowCount.pointee &+= 1
        if mode == .tick { features.add(values) }
    }

    func secondVector(_ values: UnsafeBufferPointer<Double>, time: UInt64) {
        features.add(values)
        features.closeBlock()
    }

    func signal(_ signal: Signal, vector: UnsafeBufferPointer<Double>) {
        if mode == .second { features.add(vector) }
        write(signal, .signal, time: signal.time.nanoseconds) { signals.add($0) }
        log(AuditLine.signal(signal))
    }

    func verdict(_ verdict: VerdictRecord) {
        write(verdict, .verdict, time: verdict.time.nanoseconds) { orders.add($0) }
        log(AuditLine.verdict(verdict))
    }

    func update(_ update: OrderUpdate) {
        write(update, .update, time: update.time.nanoseconds) { orders.add($0) }
        log(AuditLine.update(update))
    }

    func fill(_ fill: Fill) {
        fillCount += 1
        write(fill, .fill, time: fill.time.nanoseconds) { orders.add($0) }
        log(AuditLine.fill(fill, terms: plan.tradedSpecification))
    }

    func change(_ change: StateChange) {
        write(change, .change, time: change.time.nanoseconds) { _ in }
        log(AuditLine.change(change))
    }

    func notice(_ notice: ExecutionNotice) { log(AuditLine.notice(notice)) }

    func session(_ session: SessionTimes, leader: Int) {
        log(
            AuditLine.session(
                session, signal: plan.signal[leader].contract.rawSymbol,
                traded: plan.tradedContract(leader: leader).rawSymbol))
    }

    /// Puts what was written so far where a killed process does not lose it, and says where the files stand.
    func checkpoint() throws -> (audit: AuditPosition, journal: JournalPosition) {
        (try audit.checkpoint(), try journal.checkpoint())
    }

    /// Ends the run and gives the features' digest.
    func finish() throws -> String {
        try journal.finish()
        try audit.finish()
        return features.finish().hexadecimal
    }

    func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("output")
        try features.persist(&archive)
        try signals.persist(&archive)
        try orders.persist(&archive)
        try archive.field(&journalSequence)
        try archive.field(&rowCount.pointee)
        try archive.field(&fillCount)
    }

    private func write<Item: CanonicalBytes>(
        _ item: Item, _ type: FrameType, time: UInt64, digest: (UnsafeRawBufferPointer) -> Void
    ) {
        var writer = CanonicalWriter(scratch)
        item.write(into: &writer)
        let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<writer.count])
        digest(bytes)
        journalSequence += 1
        attempt { try journal.append(JournalFrame(type: type.rawValue, sequence: journalSequence, time: time), bytes) }
    }

    private func log(_ line: String) { attempt { try audit.append(Array(line.utf8)) } }

    private func attempt(_ body: () throws -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }
}
