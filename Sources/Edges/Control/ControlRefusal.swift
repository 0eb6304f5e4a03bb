/// Why a message was not taken. The first group cannot come from a holder of the key and gets no answer at all.
public enum ControlRefusal: String, Error, Sendable, CaseIterable {
    /// Longer than any message may be.
    case tooLong = "too_long"
    /// Shorter than its header, or than the header says.
    case truncated
    /// Longer than the header says.
    case trailingBytes = "trailing_bytes"
    /// Does not begin with `LHCM`.
    case notAMessage = "not_a_message"
    /// The code is not that of these bytes under our key: altered, or another key.
    case wrongCode = "wrong_code"

    /// Another version of the format.
    case version
    /// A verb, kind, outcome, text or number that means nothing.
    case malformed
    /// A command where an answer was expected, or the other way round.
    case wrongKind = "wrong_kind"
    /// Sent too long ago, too far in the future, or before this process started.
    case wrongTime = "wrong_time"
    /// The same message was here before.
    case replayed
    /// Another command had this id.
    case idReused = "id_reused"
    /// This process takes no more commands at the moment.
    case busy
}
