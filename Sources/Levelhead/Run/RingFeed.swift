import DBN
import Foundation
import Platform
import Ring
import Synchronization
import Tape
import Units

enum Yield {
    /// Gives the core to whoever is ready.
    static func once() { sched_yield() }
}

/// The ring lost something on the way, which a paced ring does not do.
struct RingBroken: Error, CustomStringConvertible {
    let event: String
    var description: String { "ring: \(event): the input side wrote what could not be read" }
}

/// Reads a paced ring from its first record on until its writer retires it or is gone.
struct RingFeedReader: ~Copyable {
    private var reader: RingReader
    private let wait: WaitPolicy

    init(_ memory: RingMemory, inPlace: Bool, identity: UInt64, wait: WaitPolicy) throws {
        reader = try RingReader(memory, from: .oldest, as: .pacing(identity: identity, inPlace: inPlace))
        self.wait = wait
    }

    /// - Parameter isWriterGone: asked when nothing came for as long as the wait policy goes.
    mutating func next(isWriterGone: () -> Bool) throws -> (record: RecordView, sequence: UInt64)? {
        while true {
            switch reader.next() {
            case .frame(let frame): return (RecordView(frame.record), frame.sequence)
            case .drained:
                if !reader.wait(wait), isWriterGone(), !reader.wait(.spin) { return nil }
            case .newEpoch: continue
            case .retired: return nil
            case .lost(let first, let count): throw RingBroken(event: "records \(first) to \(first + count - 1) lost")
            case .corrupt(let position): throw RingBroken(event: "no frame at byte \(position)")
            }
        }
    }
}

/// Decodes the tape in a second thread, over a ring in this process's memory.
struct ThreadFeed: RecordFeed, ~Copyable {
    /// What the two threads share.
    private final class Shared: Sendable {
        let bytesRead = Atomic<Int>(0)
        let isAbandoned = Atomic<Bool>(false)
        let isOver = Atomic<Bool>(false)
        let outcome = Mutex<Result<FeedCounts, any Error>?>(nil)
        let finished = DispatchSemaphore(value: 0)
    }

    /// Moves a value that cannot be copied into the thread that owns it from then on.
    private final class Handover: @unchecked Sendable {
        // SAFETY: written before the thread starts and taken once by it.
        var feed: TapeFeed?
        init(_ feed: consuming TapeFeed) { self.feed = consume feed }
    }

    /// A ring that stays in the cache: the threads are a few thousand records apart at most.
    private static let capacity = 1 << 22

    private var reader: RingFeedReader
    private let shared = Shared()
    private let byteCount: Int

    init(_ feed: consuming TapeFeed, first: UInt64, wait: WaitPolicy) throws {
        let memory = try RingMemory.plain(capacity: Self.capacity, pacing: .paced, firstSequence: first)
        reader = try RingFeedReader(memory, inPlace: true, identity: 1, wait: wait)
        byteCount = feed.position.byteCount
        let handover = Handover(feed)
        let shared = shared
        Thread.detachNewThread {
            let result = Result<FeedCounts, any Error> {
                guard var feed = handover.feed.take() else { return FeedCounts() }
                try feed.skip(to: first)
                try RingIngest.run(&feed, into: memory, identity: 2, isReaderDead: { _ in false }) { position in
                    shared.bytesRead.store(position.bytesRead, ordering: .relaxed)
                    return shared.isAbandoned.load(ordering: .relaxed)
                }
                return feed.finish()
            }
            shared.outcome.withLock { $0 = result }
            shared.isOver.store(true, ordering: .releasing)
            shared.finished.signal()
        }
    }

    mutating func next() throws -> (record: RecordView, sequence: UInt64)? {
        try reader.next { shared.isOver.load(ordering: .acquiring) }
    }

    var position: TapePosition {
        TapePosition(bytesRead: shared.bytesRead.load(ordering: .relaxed), byteCount: byteCount)
    }

    mutating func finish() throws -> FeedCounts {
        shared.isAbandoned.store(true, ordering: .relaxed)
        shared.finished.wait()
        return try shared.outcome.withLock { $0 }?.get() ?? FeedCounts()
    }
}
