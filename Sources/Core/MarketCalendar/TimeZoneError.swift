/// Why bytes are not a usable time zone file. Offsets are in bytes from the start of the file.
public enum TimeZoneError: Error, Equatable, Sendable {
    /// The four bytes at `offset` are not "TZif".
    case notTZif(offset: Int)
    case truncated(offset: Int, needed: Int, available: Int)
    /// RFC 8536 asks for at least one local time type, and at most 256.
    case typeCount(Int, offset: Int)
    /// The file counts leap seconds (a "right/" zone); DBN's clock has none.
    case leapSeconds(count: Int)
    case transitionsNotAscending(index: Int)
    case transitionTypeOutOfRange(index: Int, type: Int, types: Int)
    /// The POSIX rule after the table does not parse; `text` is what stands there.
    case invalidFooter(text: String, offset: Int)
}
