import ArgumentParser
import Foundation
import Platform

/// `levelhead stream-keys`: the keys with which streams leave this machine.
struct StreamKeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream-keys",
        abstract: "Makes the CURVE keys of streams that are published by TCP.",
        discussion: """
            streams.key stays here (streams.curve_secret_file); streams.pub goes to whoever may subscribe, and to \
            nobody else: it is what lets them in.

            Example: levelhead stream-keys --out ~/.levelhead/streams
            """)

    @Option(help: ArgumentHelp("Where the two files are made.", valueName: "dir"))
    var out: String

    @Flag(help: "One JSON object.")
    var json = false

    func run() throws {
        try reportingErrors {
            let made = try StreamKeyFile.make(in: URL(fileURLWithPath: out).path)
            let result = JSONText.object([
                "secret": JSONText.string(made.secret), "public": JSONText.string(made.public),
            ])
            print(json ? result : "\(made.secret)\n\(made.public)")
        }
    }
}
