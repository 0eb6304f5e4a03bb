/// Reads the TZif layout of RFC 8536, big-endian:
///
///     header  "TZif" version 15×0  isutcnt isstdcnt leapcnt timecnt typecnt charcnt (u32 each)        44 bytes
///     block   timecnt × time, timecnt × type index u8, typecnt × (offset i32, isdst u8, name u8),
///             charcnt bytes, leapcnt × (time + i32), isstdcnt × u8, isutcnt × u8
///     v1: header, block with 32-bit times.  v2 and later: that, header, block with 64-bit times, "\n" rule "\n"
enum TZifReader {
    struct Header {
        let version: UInt8
        let utCount, standardCount, leapCount, timeCount, typeCount, nameBytes: Int

        func blockBytes(timeBytes: Int) -> Int {
            timeCount * (timeBytes + 1) + typeCount * 6 + nameBytes + leapCount * (timeBytes + 4)
                + standardCount + utCount
        }
    }

    static let headerBytes = 44

    static func read(_ bytes: [UInt8]) throws(TimeZoneError) -> TimeZoneRules {
        let first = try header(bytes, at: 0)
        guard first.version >= UInt8(ascii: "2") else {
            return try block(bytes, at: headerBytes, first, timeBytes: 4, footer: nil)
        }
        try require(bytes, headerBytes, first.blockBytes(timeBytes: 4))
        let second = headerBytes + first.blockBytes(timeBytes: 4)
        let head = try header(bytes, at: second)
        let start = second + headerBytes
        try require(bytes, start, head.blockBytes(timeBytes: 8))
        let footerOffset = start + head.blockBytes(timeBytes: 8)
        return try block(bytes, at: start, head, timeBytes: 8, footer: try footer(bytes, at: footerOffset))
    }

    static func header(_ bytes: [UInt8], at offset: Int) throws(TimeZoneError) -> Header {
        try require(bytes, offset, 4)
        guard bytes[offset..<offset + 4].elementsEqual("TZif".utf8) else { throw .notTZif(offset: offset) }
        try require(bytes, offset, headerBytes)
        func count(_ index: Int) -> Int { Int(UInt32(truncatingIfNeeded: integer(bytes, offset + 20 + index * 4, 4))) }
        let header = Header(
            version: bytes[offset + 4], utCount: count(0), standardCount: count(1), leapCount: count(2),
            timeCount: count(3), typeCount: count(4), nameBytes: count(5))
        guard (1...256).contains(header.typeCount) else { throw .typeCount(header.typeCount, offset: offset + 36) }
        return header
    }

    static func block(
        _ bytes: [UInt8], at start: Int, _ header: Header, timeBytes: Int, footer: PosixTimeZone?
    ) throws(TimeZoneError) -> TimeZoneRules {
        try require(bytes, start, header.blockBytes(timeBytes: timeBytes))
        guard header.leapCount == 0 else { throw .leapSeconds(count: header.leapCount) }
        let indices = start + header.timeCount * timeBytes
        let types = indices + header.timeCount
        func offset(type: Int) -> Int32 { Int32(truncatingIfNeeded: integer(bytes, types + type * 6, 4)) }
        var transitions: [Int64] = []
        var offsets: [Int32] = []
        for index in 0..<header.timeCount {
            let time = integer(bytes, start + index * timeBytes, timeBytes)
            if let last = transitions.last, time <= last { throw .transitionsNotAscending(index: index) }
            let type = Int(bytes[indices + index])
            guard type < header.typeCount else {
                throw .transitionTypeOutOfRange(index: index, type: type, types: header.typeCount)
            }
            transitions.append(time)
            offsets.append(offset(type: type))
        }
        return TimeZoneRules(
            transitions: transitions, offsets: offsets, initialOffset: offset(type: 0), footer: footer)
    }

    /// The rule between two newlines; nil when it is empty.
    static func footer(_ bytes: [UInt8], at offset: Int) throws(TimeZoneError) -> PosixTimeZone? {
        try require(bytes, offset, 2)
        let rest = bytes[(offset + 1)...]
        guard bytes[offset] == UInt8(ascii: "\n"), let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw .invalidFooter(text: String(decoding: bytes[offset...].prefix(64), as: UTF8.self), offset: offset)
        }
        let text = Array(bytes[(offset + 1)..<end])
        if text.isEmpty { return nil }
        guard let rule = PosixTimeZone(text) else {
            throw .invalidFooter(text: String(decoding: text, as: UTF8.self), offset: offset + 1)
        }
        return rule
    }

    /// A signed big-endian integer of 4 or 8 bytes. The caller has checked the range.
    static func integer(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int64 {
        var value = UInt64(0)
        for index in 0..<width { value = value << 8 | UInt64(bytes[offset + index]) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    /// The caller has checked everything before `offset`.
    static func require(_ bytes: [UInt8], _ offset: Int, _ needed: Int) throws(TimeZoneError) {
        guard bytes.count - offset >= needed else {
            throw .truncated(offset: offset, needed: needed, available: bytes.count - offset)
        }
    }
}
