import ArgumentParser

@main struct RingBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ring-bench",
        abstract: "Measures and tortures the shared-memory ring between processes.",
        discussion: """
            Examples:
              ring-bench hop --json
              ring-bench torture --frames 200000000
            """,
        subcommands: [Hop.self, Torture.self, HopWriter.self, TortureWriter.self, TortureReader.self])
}
