import CNanomsg
import Glibc
import Units

/// The asking side of a survey: a question goes to every respondent that is connected at that moment, and answers come
/// back until the deadline.
///
/// A respondent whose connection is not up yet is not asked and nobody says so: wait with `waitForConnections`, and ask
/// again when an answer is missing. Belongs to one thread at a time; closed with this value.
public struct SurveyorSocket: ~Copyable {
    private var socket: NanomsgSocket

    public init() throws(NanomsgError) { socket = try NanomsgSocket(protocol: LH_NN_SURVEYOR) }

    /// Connects to one more respondent, in the background and again whenever the connection breaks (after 50 to 200
    /// ms). Throws when the endpoint makes no sense, not when nobody is there.
    public mutating func connect(_ endpoint: String) throws(NanomsgError) { try socket.connect(endpoint) }

    /// Respondents that can be asked at this moment.
    public var connectionCount: Int { Int(clamping: socket.statistic(NN_STAT_CURRENT_CONNECTIONS)) }

    /// Waits until `count` respondents can be asked, at most `timeout`. False when fewer can.
    public func waitForConnections(_ count: Int, timeout: Nanoseconds) -> Bool {
        var left = max(0, timeout.count / 1_000_000)
        while connectionCount < count {
            guard left > 0 else { return false }
            usleep(1_000)
            left -= 1
        }
        return true
    }

    /// Asks. Answers to an earlier question are thrown away from now on. Answers are taken until `deadline` from now.
    public func ask(_ bytes: UnsafeRawBufferPointer, deadline: Nanoseconds) throws(NanomsgError) {
        try socket.set(NN_SURVEYOR_DEADLINE, of: LH_NN_SURVEYOR, to: Milliseconds.roundedUp(deadline))
        try socket.send(bytes)
    }

    /// The next answer to the last question; `nothing` when its deadline, or `timeout` from now, has passed.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, timeout: Nanoseconds? = nil
    ) throws(NanomsgError) -> NanomsgArrival {
        try socket.receive(into: buffer, timeout: timeout)
    }
}
