import Configuration
import DBN
import Foundation
import Platform
import Ring
import Tape
import Units

/// Plays recorded tape into a run.
struct TapeIngest {
    private let site: RunSite
    private let speed: Double?
    /// At the tape's end it is there until it is told to end.
    private let stays: Bool
    /// Longest sleep, so that the wish to stop is heard.
    private static let patience = Nanoseconds.milliseconds(20)

    /// - Parameters:
    ///   - speed: seconds of tape in a second; nil for as fast as the readers take it.
    ///   - stays: the end of the tape does not end it.
    init(_ site: RunSite, speed: Double?, stays: Bool) {
        self.site = site
        self.speed = speed
        self.stays = stays
    }

    func run(_ tape: consuming MergedTape, window: Range<UInt64>?) throws {
        // Records that come too late come in bursts, which the tape has not.
        JoinableThread.wakeExactly()
        let desk = try ProcessDesk(.ingest, site)
        let configuration = try site.configuration()
        let sources = tape.sources
        var ingest: IngestRun
        do {
            ingest = try IngestRun.open(
                site, metadata: RunMetadata.of(sources), configuration: configuration, isPaced: true,
                isStopping: { StopSignal.isRaised })
        } catch RingError.retired {
            // The one before this has read it all, written what that came to, and died then.
            let count = try RunTapeWriter.resume(site.tapeDirectory)?.recordCount ?? 0
            return end(desk, ProcessPlace(position: count))
        }
        site.removeResult(.ingest)
        var feed = TapeFeed(tape, window: window)
        try ingest.republish()
        try feed.skip(to: ingest.nextSequence)
        var pacer = TapePacer(speed: speed)
        // Nobody waits for a stamp that cannot be.
        var clock = DataClock()
        var isFirst = true
        var place = ProcessPlace(position: ingest.nextSequence)
        var progress = ProgressBar("tape")
        while !StopSignal.isRaised, let (record, sequence) = try feed.next() {
            if isFirst {
                isFirst = false
                let now = WallClock.now()
                try ingest.begin(at: DataClock.beginning(record, now: now) ?? now)
                ingest.awaitReaders(ProcessRole.readers.count)
            }
            clock.hear(record)
            if clock.time.nanoseconds > 0, pacer.hasBegun || Self.isTimed(record) {
                let tape = feed.position
                try wait(until: clock.time, &pacer, &ingest) {
                    report(desk, place, isDone: false)
                    progress.update(done: tape.bytesRead, of: tape.byteCount, items: Int(place.position))
                }
            }
            try ingest.take(record)
            place = ProcessPlace(position: sequence + 1, clock: clock.time)
            guard sequence & 255 == 0 else { continue }
            report(desk, place, isDone: false)
            progress.update(done: feed.position.bytesRead, of: feed.position.byteCount, items: Int(place.position))
        }
        progress.clear()
        // A tape without records is one all the same: those who wait for its beginning see that it is over.
        if isFirst, ingest.nextSequence == 0, !StopSignal.isRaised { try ingest.begin(at: WallClock.now()) }
        if StopSignal.isRaised {
            try ingest.pause()
            try write(FeedCounts(records: place.position))
        } else {
            try write(feed.finish())
            try ingest.finish()
        }
        end(desk, place)
    }

    /// Answers until it may end.
    private func end(_ desk: ProcessDesk, _ place: ProcessPlace) {
        report(desk, place, isDone: true)
        while stays, !StopSignal.isRaised { usleep(UInt32(Self.patience.count / 1_000)) }
        desk.close()
    }

    private func report(_ desk: ProcessDesk, _ place: ProcessPlace, isDone: Bool) {
        desk.report(position: place.position, clock: place.clock, isDone: isDone)
    }

    private func write(_ counts: FeedCounts) throws {
        try PosixFile.replace(site.result(.ingest), with: Array(try JSONEncoder().encode(counts)) + [0x0A])
    }

    /// Definitions, statistics and status come hours before the market that they are about: nobody waits for them.
    private static func isTimed(_ record: RecordView) -> Bool {
        switch record.type {
        case .instrumentDefinition, .statistics, .status: false
        default: true
        }
    }

    /// - Parameter report: called when there is something to wait for.
    private func wait(
        until time: Timestamp, _ pacer: inout TapePacer, _ ingest: inout IngestRun, report: () -> Void
    ) throws {
        var delay = pacer.delay(until: time.nanoseconds, now: MonotonicClock.now())
        guard delay > .zero else { return }
        try ingest.flush()
        report()
        while delay > .zero, !StopSignal.isRaised {
            usleep(UInt32(clamping: max(1, min(delay, Self.patience).count / 1_000)))
            delay = pacer.delay(until: time.nanoseconds, now: MonotonicClock.now())
            try ingest.flush()
        }
    }
}

/// How far a process has come.
private struct ProcessPlace {
    /// The number of the next record.
    let position: UInt64
    /// Receive time of the last one.
    var clock = Timestamp.undefined
}
