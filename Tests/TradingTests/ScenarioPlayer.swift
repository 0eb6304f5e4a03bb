import Determinism
import Testing

/// Something that takes script lines and says what happened.
protocol ScenarioSubject {
    /// Plays one line, and returns what came out, in order.
    mutating func play(_ line: String) -> [String]
    /// Saves all state and loads it into a fresh subject.
    mutating func reload() throws
}

/// Plays a script: lines that begin with `->` are what must come out of the line before them, no more and no less. It
/// is played twice, the second time with all state saved and loaded again after every line.
func play<Subject: ScenarioSubject>(
    _ make: () -> Subject, _ script: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    for reloads in [false, true] {
        var subject = make()
        var expected: [String] = []
        var found: [String] = []
        var last = "(start)"
        func check() {
            #expect(
                found == expected, "after '\(last)'\(reloads ? ", with state reloaded" : "")",
                sourceLocation: sourceLocation)
            found = []
            expected = []
        }
        for line in Script.lines(script) {
            if line.hasPrefix("->") {
                expected.append(line.dropFirst(2).trimmed)
                continue
            }
            check()
            found = subject.play(line)
            last = line
            if reloads { try subject.reload() }
        }
        check()
    }
}

/// What a value saves.
func saved(_ value: some PersistentState) throws -> [UInt8] {
    var copy = value
    var archive = StateArchive()
    try copy.persist(&archive)
    return archive.bytes
}

/// Saves `value` and loads it into `fresh`; checks that the result saves the same bytes.
func reloaded<T: PersistentState>(_ value: T, into fresh: T) throws -> T {
    let bytes = try saved(value)
    var result = fresh
    var archive = StateArchive(loading: bytes)
    try result.persist(&archive)
    try archive.checkEnd()
    #expect(try saved(result) == bytes)
    return result
}
