import Platform
import Tape

/// What an ingest is started with is what its run was begun with: a service manager gives it again.
enum IngestInput {
    /// - Parameter tapes: what is given, as paths of files; none for a live feed.
    /// - Throws: the run was begun with something else.
    static func check(_ site: RunSite, tapes: [String]) throws {
        let path = site.runFile
        let run = try RunRecord(path: path)
        if try site.isLive() {
            guard tapes.isEmpty else { throw AnotherInput(path: path, what: "with a live feed, without --tape") }
            return
        }
        guard run.isMade(from: try TapeIdentity.files(tapes)) else {
            let names = run.tapes.map { "--tape \(ShellText.quoted($0.path))" }.joined(separator: " ")
            throw AnotherInput(path: path, what: "with \(names)")
        }
    }
}

struct AnotherInput: Error, CustomStringConvertible {
    let path: String
    let what: String
    var description: String { "\(path): the run was begun \(what)" }
}
