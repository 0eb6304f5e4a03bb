import DBN
import Platform
import Units

/// One file of a merge, as its metadata and first record describe it.
public struct TapeSource: Sendable {
    public let path: String
    /// Nil for a fragment.
    public let metadata: DBNMetadata?
    /// The DBN version the file is written in.
    public let version: UInt8
    /// Bytes on the disk; 0 when unknown.
    public let byteCount: Int
    /// The first record as version 3; empty when there is none.
    let firstRecord: [UInt8]
    /// Receive time, event time and venue sequence of the first record.
    let begin: (time: UInt64, event: UInt64, sequence: UInt32)
    /// What all segments of one tape share.
    let family: Family

    struct Family: Hashable, Comparable, Sendable {
        let dataset: String
        let schema: UInt16
        let symbols: [String]

        static func < (a: Family, b: Family) -> Bool {
            if a.dataset != b.dataset { return a.dataset < b.dataset }
            if a.schema != b.schema { return a.schema < b.schema }
            return a.symbols.lexicographicallyPrecedes(b.symbols)
        }
    }

    /// Opens the file, reads its metadata and first record, and closes it.
    init(_ path: String, fragment: FragmentFormat?) throws(TapeError) {
        var file = try TapeFile.open(path, fragment: fragment)
        self.path = path
        metadata = file.metadata
        version = file.version
        byteCount = file.position.byteCount
        family = Family(
            dataset: file.metadata?.dataset ?? "", schema: file.metadata?.schema?.rawValue ?? .max,
            symbols: (file.metadata?.symbols ?? []).sorted())
        if let record = try file.next() {
            firstRecord = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
            begin = (record.mergeTime.nanoseconds, record.eventTime.nanoseconds, record.venueSequence)
        } else {
            firstRecord = []
            begin = (.max, .max, .max)
        }
    }

    /// That a plain file does not end inside a record. Records of one schema have one length, so that its size tells;
    /// another file is read. The end of a compressed one is known when all of it has been read.
    public func checkEnd() throws(TapeError) {
        var file = try TapeFile.open(path)
        let begin = Int(file.streamOffset)
        guard !file.isCompressed, try file.next() != nil else { return }
        let length = Int(file.streamOffset) - begin
        if schema != nil, (byteCount - begin).isMultiple(of: length) { return }
        while try file.next() != nil {}
    }

    var isEmpty: Bool { firstRecord.isEmpty }
    var schema: Schema? { metadata?.schema }
    var dataset: String { family.dataset }
}

extension RecordView {
    /// The time by which tapes are merged: the event's where the record was received at no defined time, or at one that
    /// Databento calls wrong.
    public var mergeTime: Timestamp {
        let received = receiveTime
        return received.isDefined && !hasWrongReceiveTime ? received : eventTime
    }

    /// The venue's sequence number, 0 for records that have none.
    var venueSequence: UInt32 {
        switch type {
        case .mbo: load(52, as: UInt32.self)
        case .trade, .mbp1, .mbp10, .bbo1s, .bbo1m: load(44, as: UInt32.self)
        case .statistics: load(48, as: UInt32.self)
        default: 0
        }
    }

    /// Whether it is one of a book's, of quotes or of trades, and counts when it comes. Definitions and statistics may
    /// be said again.
    var isOfFlow: Bool {
        switch type {
        case .mbo, .trade, .mbp1, .mbp10, .cmbp1, .tcbbo: true
        default: false
        }
    }

    /// Whether this record closes its event; records that have no flags do.
    var closesEvent: Bool {
        switch type {
        case .mbo: RecordFlags(rawValue: load(36, as: UInt8.self)).contains(.last)
        case .trade, .mbp1, .mbp10, .cmbp1, .tcbbo: RecordFlags(rawValue: load(30, as: UInt8.self)).contains(.last)
        default: true
        }
    }
}

/// The order of a merge's files, from their content alone: never from their names or the order they were given in.
enum TapeSourceOrder {
    /// Sorts by family and then by where a segment lies in its tape.
    /// - Throws: `.repeated`, and what is wrong with a file that has to be read further than its first record.
    static func sort(_ sources: [TapeSource], fragment: FragmentFormat?) throws(TapeError) -> [TapeSource] {
        try refuseSameFile(sources)
        var result: [TapeSource] = []
        for family in Set(sources.map(\.family)).sorted() {
            let members = sources.filter { $0.family == family }
            var keys: [SegmentKey] = []
            for member in members {
                let isTied = members.filter { $0.begin.time == member.begin.time }.count > 1
                keys.append(try SegmentKey(member, isTied: isTied && !member.isEmpty, fragment: fragment))
            }
            keys.sort(by: <)
            for (a, b) in zip(keys, keys.dropFirst()) where a.source.firstRecord == b.source.firstRecord {
                try refuseSameContent(a.source, b.source, fragment)
            }
            result += keys.map(\.source)
        }
        return result
    }

    private static func refuseSameFile(_ sources: [TapeSource]) throws(TapeError) {
        var seen: [FileIdentity: String] = [:]
        for source in sources {
            let identity = try TapeError.system { () throws(SystemCallError) in try FileIdentity(of: source.path) }
            if let other = seen[identity] { throw .repeated(path: source.path, other: other) }
            seen[identity] = source.path
        }
    }

    /// Reads two files side by side until they differ, which ends at once unless one is a copy of the other.
    private static func refuseSameContent(
        _ a: TapeSource, _ b: TapeSource, _ fragment: FragmentFormat?
    ) throws(TapeError) {
        // Without records nothing counts double: two quiet days may well look the same.
        if a.isEmpty { return }
        var first = try TapeFile.open(a.path, fragment: fragment)
        var second = try TapeFile.open(b.path, fragment: fragment)
        while true {
            let (x, y) = (try first.next(), try second.next())
            guard let x, let y else {
                if x == nil, y == nil { throw .repeated(path: a.path, other: b.path) }
                return
            }
            let left = UnsafeRawBufferPointer(start: x.bytes, count: x.byteCount)
            let right = UnsafeRawBufferPointer(start: y.bytes, count: y.byteCount)
            if !left.elementsEqual(right) { return }
        }
    }

    /// Where a segment begins. Of two that begin at the same time, the one that holds nothing later lies before the
    /// other.
    private struct SegmentKey {
        let source: TapeSource
        private var goesOn = false
        private var endsItsEvent = false

        init(_ source: TapeSource, isTied: Bool, fragment: FragmentFormat?) throws(TapeError) {
            self.source = source
            guard isTied else { return }
            var file = try TapeFile.open(source.path, fragment: fragment)
            while let record = try file.next() {
                endsItsEvent = record.closesEvent
                guard record.mergeTime.nanoseconds == source.begin.time else {
                    goesOn = true
                    break
                }
            }
        }

        static func < (a: SegmentKey, b: SegmentKey) -> Bool {
            let (x, y) = (a.source.begin, b.source.begin)
            if x.time != y.time { return x.time < y.time }
            if a.goesOn != b.goesOn { return b.goesOn }
            if x.event != y.event { return x.event < y.event }
            if x.sequence != y.sequence { return x.sequence < y.sequence }
            // Inside one event: what leaves it open comes before what ends it.
            if a.endsItsEvent != b.endsItsEvent { return b.endsItsEvent }
            return a.source.firstRecord.lexicographicallyPrecedes(b.source.firstRecord)
        }
    }
}
