/// Where the tape is at a moment of a session. Both times in ns, as records have them.
public struct TapeInstant: Equatable, Sendable {
    /// The time by the tape's clock.
    public let time: UInt64
    /// What begins now and asks for no start gets the records from here on. 0: all that are not walked past yet.
    public let liveBegin: UInt64

    public init(time: UInt64, liveBegin: UInt64) {
        self.time = time
        self.liveBegin = liveBegin
    }
}
