import Configuration
import Foundation
import Pipeline
import Tape

extension MarketSetup {
    /// What a process of a run needs: as a replay of the run's tape would set it up, from its first file's metadata.
    ///
    /// Waits for ingest to begin the tape.
    init(configuration: ResolvedConfiguration, run site: RunSite) throws {
        var parts = try site.tape.parts()
        while parts.isEmpty {
            if StopSignal.isRaised { throw RunOver() }
            usleep(1_000)
            parts = try site.tape.parts()
        }
        try NamedFiles.check(RunRecord(path: site.runFile), configuration)
        try self.init(
            configuration: configuration, tape: try MergedTape.open([parts[0].path]), history: site.keptHistory)
    }
}

/// The run was stopped before it had begun.
struct RunOver: Error, CustomStringConvertible {
    var description: String { "stopped before the run's tape began" }
}
