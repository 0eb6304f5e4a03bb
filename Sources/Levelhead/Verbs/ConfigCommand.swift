import ArgumentParser
import Configuration

/// `levelhead config`: what is in force and where it came from.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Prints every configuration value in force, with its origin.",
        discussion: """
            Precedence: command line, environment, file, default. A key is set in the environment by its name in \
            capitals with LEVELHEAD_ before it and underscores for points: LEVELHEAD_BARS_SMA_LENGTH=50.

            Example: levelhead config --config configs/level.toml --set bars.sma_length=50

            KEYS
            \(SettingTable.help)
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object: key to value and origin.")
    var json = false

    func run() throws {
        let resolved = try options.resolve(isDrill: true)
        print(json ? resolved.json : resolved.annotatedText, terminator: json ? "\n" : "")
    }
}
