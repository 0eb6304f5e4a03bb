import DBN
import Units

/// What the ledger knows of one schema: its records' times, and the boundaries from which they are counted.
struct SchemaClock: BitwiseCopyable {
    /// `Schema.rawValue`, for holes: two schemas can have one record type.
    var schema: UInt16 = .max
    /// No replay is under way: boundaries move.
    var isLive = true
    /// Something is known: a record was taken, or a beginning was told.
    var isKnown = false
    /// A replay would start here, ns: everything older has come.
    var older: UInt64 = 0
    /// The next boundary, a whole window later or more, ns.
    var newer: UInt64 = 0
    /// The largest time of a record, ns; 0 for none.
    var latest: UInt64 = 0
    /// Where the subscription began, ns: as long as no record came, everything from there on is still to come.
    var start: UInt64 = 0
    /// Records of the replay that we had.
    var duplicates: UInt64 = 0

    /// A replay that begins at an instant gives all there is from there on.
    mutating func beginReplay(at time: UInt64) {
        isKnown = true
        start = time
        older = time
        newer = time
    }

    /// Of a subscription without a replay nobody knows with which record it began: only what is a whole window younger
    /// is surely complete.
    mutating func beginPresent(at time: UInt64, window: UInt64) {
        isKnown = true
        start = time
        older = (time / window &+ 1) &* window
        newer = older
    }

    /// Where a replay has to begin; nil when the break came too soon for any proof.
    var resumeStart: UInt64? {
        guard isKnown else { return nil }
        if latest >= older { return older }
        return latest == 0 ? start : nil
    }

    /// A record of the present is a window or more behind the newer boundary: that becomes the older one, unless a
    /// later one will do.
    mutating func advance(to time: UInt64, window: UInt64) {
        let next = newer &+ (time &- newer) / window &* window
        older = next &- window
        newer = next
    }

    /// The replay is complete. The newer boundary lies behind every record there is, so that counts since then begin
    /// at nothing.
    mutating func becomeLive(window: UInt64) {
        isLive = true
        newer = older &+ ((max(latest, older) &- older) / window &+ 1) &* window
    }
}

/// What the ledger knows of one schema of one instrument.
struct ReplayStream: BitwiseCopyable {
    /// Record type and instrument.
    let key: UInt64
    /// `SchemaClock.newer` when the counts were brought up to date.
    var epoch: UInt64
    /// Of the records since the older boundary, and the digest of them all in their order.
    var count: UInt64 = 0
    var digest: UInt64 = 0
    /// Of the first of them.
    var first: UInt64 = 0
    /// The same since the newer boundary.
    var newerCount: UInt64 = 0
    var newerDigest: UInt64 = 0
    var newerFirst: UInt64 = 0
    /// The largest time of a record that was handed on, ns.
    var last: UInt64 = 0
    /// Before the replay under way; a count of 0 when there is nothing to compare with, or no longer.
    var hadCount: UInt64 = 0
    var hadDigest: UInt64 = 0
    var hadFirst: UInt64 = 0
    /// Whether the replay does not begin as it must: the gateway may have less than it was asked for.
    var isCutOff = false
    /// The last record, ns, from which on the replay proved not to be what we had; 0 while it may be.
    var gapStart: UInt64 = 0

    init(key: UInt64, epoch: UInt64) {
        self.key = key
        self.epoch = epoch
    }

    var instrument: InstrumentID { InstrumentID(UInt32(truncatingIfNeeded: key)) }
    var type: RecordType { RecordType(rawValue: UInt8(truncatingIfNeeded: key >> 32)) }

    static func key(_ type: RecordType, _ instrument: InstrumentID) -> UInt64 {
        UInt64(type.rawValue) << 32 | UInt64(instrument.raw)
    }

    /// The boundaries have moved since the last record.
    mutating func settle(_ clock: SchemaClock) {
        guard epoch != clock.newer else { return }
        // Since an older boundary that is not the former newer one there was no record.
        (count, digest, first) = epoch == clock.older ? (newerCount, newerDigest, newerFirst) : (0, 0, 0)
        (newerCount, newerDigest, newerFirst) = (0, 0, 0)
        epoch = clock.newer
    }

    mutating func add(_ recordDigest: UInt64, isSinceNewer: Bool) {
        if count == 0 { first = recordDigest }
        count &+= 1
        digest = RecordFingerprint.chain(digest, recordDigest)
        guard isSinceNewer else { return }
        if newerCount == 0 { newerFirst = recordDigest }
        newerCount &+= 1
        newerDigest = RecordFingerprint.chain(newerDigest, recordDigest)
    }

    /// From here on the gateway sends everything since the older boundary again.
    mutating func beginReplay() {
        // A replay that broke off before it had repeated all: what was handed on then still stands.
        if hadCount == 0 { (hadCount, hadDigest, hadFirst) = (count, digest, first) }
        // What a replay that broke off was on the way to show, the next one shows.
        if gapStart == 0 { isCutOff = false }
        (count, digest, first) = (0, 0, 0)
        (newerCount, newerDigest, newerFirst) = (0, 0, 0)
    }

    /// Whether the record just added to the replay is one that we had.
    mutating func isRepeated(time: UInt64) -> Bool {
        // Of a replay that cannot be compared what is not younger is no news.
        guard hadCount > 0 else { return gapStart > 0 && time <= gapStart }
        if count == 1, first != hadFirst { isCutOff = true }
        if time > last {
            // The present, before all of the past came again.
            doubt()
            return false
        }
        if count == hadCount {
            if digest != hadDigest { doubt() }
            hadCount = 0
        }
        return true
    }

    /// The replay is not what we had: nothing proves that it is complete.
    mutating func doubt() {
        if gapStart == 0 { gapStart = max(last, 1) }
        hadCount = 0
    }
}
