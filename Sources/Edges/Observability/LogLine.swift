import Logging
import Platform
import Units

/// One event of a log as a line of JSON. Keys, in this order: `time_ns` (wall clock), `level`, `process`, `run`,
/// `sequence` and `instrument` where they are known, `message`, the event's other metadata, and `repeated` where lines
/// like it were left out before.
struct LogLine {
    /// Metadata keys that have a place of their own.
    static let sequenceKey = "sequence"
    static let instrumentKey = "instrument"
    /// A longer message is cut: a log line is for people.
    private static let longestMessage = 4_096

    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    func text(time: Timestamp, process: String, run: String, repeated: Int) -> String {
        var members = [
            ("time_ns", JSONText.integer(time.nanoseconds)), ("level", JSONText.string(level.rawValue)),
            ("process", JSONText.string(process)), ("run", JSONText.string(run)),
        ]
        if let sequence = metadata[Self.sequenceKey] {
            let digits = "\(sequence)"
            members.append((Self.sequenceKey, UInt64(digits) == nil ? JSONText.string(digits) : digits))
        }
        if let instrument = metadata[Self.instrumentKey] {
            members.append((Self.instrumentKey, JSONText.string("\(instrument)")))
        }
        members.append(("message", JSONText.string(String(message.prefix(Self.longestMessage)))))
        let others = metadata.keys.filter { ![Self.sequenceKey, Self.instrumentKey].contains($0) }.sorted()
        for key in others { members.append((key, JSONText.string("\(metadata[key] ?? "")"))) }
        if repeated > 0 { members.append(("repeated", JSONText.integer(repeated))) }
        return JSONText.object(members) + "\n"
    }
}
