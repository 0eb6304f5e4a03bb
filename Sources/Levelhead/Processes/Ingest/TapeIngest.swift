import Configuration
import DBN
import Foundation
import Platform
import Tape
import Units

/// Plays recorded tape into a run.
struct TapeIngest {
    private let site: RunSite
    private let speed: Double?
    /// Longest sleep, so that the wish to stop is heard.
    private static let patience = Nanoseconds.milliseconds(20)

    /// - Parameter speed: seconds of tape in a second; nil for as fast as the readers take it.
    init(_ site: RunSite, speed: Double?) {
        self.site = site
        self.speed = speed
    }

    func run(_ tape: consuming MergedTape, window: Range<UInt64>?) throws {
        let desk = try ProcessDesk(.ingest, site)
        let configuration = try site.configuration()
        let sources = tape.sources
        var ingest = try IngestRun.open(
            site, metadata: RunMetadata.of(sources), capacity: configuration.ring.bytes, isPaced: true,
            isStopping: { StopSignal.isRaised })
        if ingest.cutByteCount > 0 {
            let what = "cut \(ingest.cutByteCount) bytes of an unfinished record"
            Terminal.writeError("levelhead: \(site.tapeDirectory): \(what)")
        }
        var feed = TapeFeed(tape, window: window)
        try ingest.republish()
        try feed.skip(to: ingest.nextSequence)
        var pacer = TapePacer(speed: speed)
        var isFirst = true
        var count = ingest.nextSequence
        while !StopSignal.isRaised, let (record, sequence) = try feed.next() {
            if isFirst {
                isFirst = false
                try ingest.begin(at: record.receiveTime)
                ingest.awaitReaders(ProcessRole.readers.count)
            }
            if pacer.hasBegun || Self.isTimed(record) { try wait(until: record.receiveTime, &pacer, &ingest) }
            try ingest.take(record)
            count = sequence + 1
            if sequence & 255 == 0 {
                desk.report(position: sequence + 1, clock: record.receiveTime, isDone: false)
            }
        }
        if StopSignal.isRaised {
            try ingest.pause()
            try write(FeedCounts(records: count))
        } else {
            try write(feed.finish())
            try ingest.finish()
        }
        desk.close()
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

    private func wait(until time: Timestamp, _ pacer: inout TapePacer, _ ingest: inout IngestRun) throws {
        var delay = pacer.delay(until: time.nanoseconds, now: MonotonicClock.now())
        guard delay > .zero else { return }
        try ingest.flush()
        while delay > .zero, !StopSignal.isRaised {
            usleep(UInt32(clamping: max(1, min(delay, Self.patience).count / 1_000)))
            delay = pacer.delay(until: time.nanoseconds, now: MonotonicClock.now())
            try ingest.flush()
        }
    }
}
