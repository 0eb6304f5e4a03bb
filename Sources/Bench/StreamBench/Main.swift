import ArgumentParser

@main struct StreamBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream-bench",
        abstract: "Measures ZeroMQ hops between processes: a published frame, and two hops through a relay.",
        discussion: """
            Each way of passing a message on runs in the same minute. `bare` is the plain loop over the library: \
            blocking calls, nothing kept and nothing checked. Latency is from before the send to after the last receive.

            Example: stream-bench run --json
            """,
        subcommands: [Run.self, Role.self])
}
