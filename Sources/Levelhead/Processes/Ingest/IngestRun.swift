import Configuration
import DBN
import Foundation
import MarketCalendar
import Platform
import Ring
import Storage
import Tape
import Units

/// What an ingest writes of a run, live or over recorded tape: every record to the run's tape, and then to the ring.
struct IngestRun: ~Copyable {
    /// Records between two publications while there is no reason to wait: as many may be on the tape and not in the
    /// ring when it dies.
    static let batchCount = 64
    /// How often the places of readers that died are freed.
    private static let readerLook = Nanoseconds.milliseconds(100)
    /// How long readers are waited for at the start, and when the run is to stop.
    private static let patience = Nanoseconds.seconds(10)

    private let site: RunSite
    private var tape: RunTapeWriter
    private var ring: RingWriter
    private let memory: RingMemory
    private let calendar: TradingCalendar
    private var tradeDate = 0
    private var nextSession = Timestamp(nanoseconds: 0)
    /// Of the records so far: a wrong stamp does not date the tape.
    private var clock = DataClock()
    /// Records that are not on the tape yet, one after the other, and where each ends.
    private var batch: [UInt8] = []
    private var ends: [Int] = []
    private var lookedAt = MonotonicClock.now()
    private let isStopping: () -> Bool
    /// Nothing is shown that a power cut would lose.
    private let isSynced: Bool
    /// The readers were too slow for a run that is to stop: what follows is on the tape alone, from where they read it
    /// when the run goes on.
    private var isCut = false

    /// Makes the run's tape and ring, or goes on with those that a killed ingest left.
    ///
    /// - Parameter isPaced: the ring waits for its readers.
    static func open(
        _ site: RunSite, metadata: @autoclosure () throws -> DBNMetadata, configuration: ResolvedConfiguration,
        isPaced: Bool, isStopping: @escaping () -> Bool
    ) throws -> IngestRun {
        let capacity = configuration.ring.bytes
        var tape = try tape(site, metadata)
        if tape.cutByteCount > 0 {
            let what = "cut \(tape.cutByteCount) bytes of an unfinished record"
            Terminal.writeError("levelhead: \(site.tapeDirectory): \(what)")
        }
        let isSynced = configuration.journal.outlivesPower
        // Of what a killed ingest had written the disk may have nothing yet.
        if isSynced { try tape.sync() }
        tape.showsSyncedOnly = isSynced
        let first = tape.recordCount
        let file = try SharedMemoryFile.own(
            path: site.ringPath, byteCount: RingLayout.byteCount(capacity: capacity)
        ) { bytes in
            RingMemory.format(
                bytes, capacity: capacity, pacing: isPaced ? .paced : .live, firstSequence: first)
        }
        let memory = try RingMemory(attaching: file.bytes, owner: file)
        return IngestRun(
            site, tape: tape, ring: try RingWriter(memory, identity: SharedMemoryProcess.current), memory: memory,
            calendar: .cmeEquityIndex(zone: try ZoneData.newYork(), windows: .regular), isSynced: isSynced,
            isStopping: isStopping)
    }

    private init(
        _ site: RunSite, tape: consuming RunTapeWriter, ring: consuming RingWriter, memory: RingMemory,
        calendar: TradingCalendar, isSynced: Bool, isStopping: @escaping () -> Bool
    ) {
        self.site = site
        self.tape = tape
        self.ring = ring
        self.memory = memory
        self.calendar = calendar
        self.isSynced = isSynced
        self.isStopping = isStopping
    }

    private static func tape(_ site: RunSite, _ metadata: () throws -> DBNMetadata) throws -> RunTapeWriter {
        if let left = try RunTapeWriter.resume(site.tapeDirectory) { return left }
        return try RunTapeWriter.create(site.tapeDirectory, metadata: try metadata())
    }

    /// The number of the next record.
    var nextSequence: UInt64 { tape.recordCount }

    /// Begins the tape's file of the session of `time`, so that the other processes can read what the run is about.
    mutating func begin(at time: Timestamp) throws {
        clock = DataClock(at: time)
        enterSession(time)
        try tape.begin(tradeDate)
    }

    /// Waits until so many readers have registered. Who comes later reads from the tape what the ring has no more.
    func awaitReaders(_ count: Int) {
        let end = MonotonicClock.now() + Self.patience
        while !isStopping(), MonotonicClock.now() < end {
            let living = memory.readers().filter { SharedMemoryProcess.isAlive($0.identity) }
            if living.count >= count { return }
            usleep(500)
        }
    }

    /// Publishes what a killed ingest had written to the tape and not yet to the ring.
    mutating func republish() throws {
        guard ring.nextSequence < tape.recordCount else { return }
        var reader = try site.tape.reader(at: ring.nextSequence)
        while ring.nextSequence < tape.recordCount, let (record, _) = try reader.next() {
            publish(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount), at: WallClock.now())
        }
        ring.publish()
    }

    /// Takes the next record: to the tape's buffer, and to the batch.
    mutating func take(_ record: RecordView) throws {
        // A gateway stamps a mapping with its own time, not that of the data.
        if record.type != .symbolMapping {
            clock.hear(record)
            if clock.time.nanoseconds > 0, clock.time >= nextSession { enterSession(clock.time) }
        }
        try tape.append(record, tradeDate: tradeDate)
        batch.append(contentsOf: UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
        ends.append(batch.count)
        if ends.count >= Self.batchCount { try flush() }
    }

    /// Everything taken so far is written, then put into the ring and shown to the readers.
    mutating func flush() throws {
        if isSynced { try tape.sync() } else { try tape.flush() }
        show()
        freeReaders()
    }

    /// Frees the places of readers that died, now and then: nobody waits for them.
    private mutating func freeReaders() {
        let now = MonotonicClock.now()
        guard now - lookedAt >= Self.readerLook else { return }
        lookedAt = now
        _ = ring.reclaimReaders(where: { !SharedMemoryProcess.isAlive($0) })
    }

    /// Ends this process's part: the next one goes on with the same tape and ring.
    consuming func pause() throws {
        try tape.close()
        show()
    }

    /// Ends the run's input: the tape is on the disk and the ring is over.
    consuming func finish() throws {
        try tape.close()
        show()
        ring.retire()
    }

    /// Each record is shown as soon as it is in the ring, so that the readers work on the first of a burst while the
    /// next is copied; a full batch, which nobody waits for, at one time.
    private mutating func show() {
        if ends.isEmpty { return }
        let isFull = ends.count >= Self.batchCount
        var start = 0
        batch.withUnsafeBytes { bytes in
            for end in ends {
                publish(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: WallClock.now())
                if !isFull { ring.publish() }
                start = end
            }
        }
        batch.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        ring.publish()
    }

    /// Puts a record that is on the tape into the ring, as soon as its readers let it.
    private mutating func publish(_ record: UnsafeRawBufferPointer, at time: Timestamp) {
        var end: Nanoseconds?
        while !isCut {
            switch ring.append(record, receiveTime: time) {
            case .appended: return
            case .batchFull: ring.publish()
            case .readersBehind:
                ring.publish()
                freeReaders()
                if isStopping() {
                    let now = MonotonicClock.now()
                    end = end ?? now + Self.patience
                    if let end, now > end { isCut = true }
                }
                Yield.once()
            }
        }
    }

    private mutating func enterSession(_ time: Timestamp) {
        tradeDate = calendar.sessionInForce(time).tradeDate.yyyymmdd
        nextSession = calendar.nextSession(after: time).open
    }
}
