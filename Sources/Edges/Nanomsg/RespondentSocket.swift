import CNanomsg
import Units

/// The answering side of a survey, bound to an endpoint of its own. Each question may be answered once, before the next
/// one is received.
///
/// Belongs to one thread at a time; closed with this value.
public struct RespondentSocket: ~Copyable {
    private var socket: NanomsgSocket

    public var endpoint: String { socket.endpoint }

    /// Binds. A dead process's endpoint is taken over; a living one's is `EADDRINUSE` (`isAddressInUse`).
    /// - Parameter largestMessageBytes: the library breaks the connection of whoever sends more.
    public init(endpoint: String, largestMessageBytes: Int) throws(NanomsgError) {
        var bound = try NanomsgSocket(protocol: LH_NN_RESPONDENT)
        try bound.set(NN_RCVMAXSIZE, of: NN_SOL_SOCKET, to: Int32(clamping: largestMessageBytes))
        try bound.bind(endpoint)
        socket = bound
    }

    /// Surveyors that are connected at this moment.
    public var connectionCount: Int { Int(clamping: socket.statistic(NN_STAT_CURRENT_CONNECTIONS)) }

    /// The next question, or `nothing` when none came within `timeout`.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, timeout: Nanoseconds
    ) throws(NanomsgError) -> NanomsgArrival {
        try socket.receive(into: buffer, timeout: timeout)
    }

    /// Answers the question received last. A surveyor that has gone, or has asked anew, never sees the answer.
    public func answer(_ bytes: UnsafeRawBufferPointer) throws(NanomsgError) { try socket.send(bytes) }
}
