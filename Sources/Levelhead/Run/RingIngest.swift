import DBN
import Ring
import Tape
import Units

/// Fills a paced ring from a tape: batches as large as readers allow, nothing lost.
enum RingIngest {
    /// Records between two publications while readers keep up.
    private static let batch: UInt64 = 64

    /// Refused appends after which the readers are looked at.
    private static let patience = 10_000

    /// Writes all records of `feed`, then retires the ring, also when it throws.
    ///
    /// - Parameters:
    ///   - isReaderDead: asked of registered readers when they have been behind for long; the dead are not waited for.
    ///   - isAbandoned: asked with the tape's position while readers are behind; true ends the work.
    static func run(
        _ feed: inout TapeFeed, into memory: RingMemory, identity: UInt64,
        isReaderDead: (UInt64) -> Bool, isAbandoned: (TapePosition) -> Bool
    ) throws {
        var writer = try RingWriter(memory, identity: identity)
        var failure: (any Error)?
        do {
            while let (record, sequence) = try feed.next() {
                let bytes = UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)
                var refusals = 0
                append: while true {
                    switch writer.append(bytes, receiveTime: record.receiveTime) {
                    case .appended: break append
                    case .batchFull: writer.publish()
                    case .readersBehind:
                        writer.publish()
                        if isAbandoned(feed.position) { return writer.retire() }
                        refusals += 1
                        if refusals % patience == 0 { _ = writer.reclaimReaders(where: isReaderDead) }
                        Yield.once()
                    }
                }
                if sequence % batch == batch - 1 { writer.publish() }
            }
        } catch {
            failure = error
        }
        writer.retire()
        if let failure { throw failure }
    }
}
