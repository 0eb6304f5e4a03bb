import ArgumentParser
import Configuration
import Foundation

/// The options of every verb that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Configuration file, TOML.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets one key, above file and environment.", valueName: "key=value"))
    var assignments: [String] = []

    /// Neither command line nor environment say anything of the configuration.
    var saysNothing: Bool {
        let environment = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("LEVELHEAD_") }
        return config == nil && assignments.isEmpty && environment.allSatisfy { $0 == "LEVELHEAD_STATE_DIR" }
    }

    /// Command line over environment over file over default.
    /// - Parameters:
    ///   - overrides: a verb's own flags that stand for keys; they win over `--set`.
    ///   - isDrill: the paper venue may be told to go wrong.
    func resolve(
        overrides: [ConfigurationSources.Override] = [], isDrill: Bool = false
    ) throws -> ResolvedConfiguration {
        var sources = ConfigurationSources(file: config, environment: ProcessInfo.processInfo.environment)
        sources.overrides = try assignments.map(ConfigurationSources.Override.init(assignment:)) + overrides
        let configuration = try sources.resolve()
        if configuration.drill.isOn, !isDrill { throw NotInADrill() }
        return configuration
    }
}

/// Of the verbs that speak to running processes or read finished runs, which have their own configuration: a script may
/// give one file to every verb, and these do not open it.
struct UnreadConfiguration: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Not read: the run has its own; taken as by the other verbs.", valueName: "file"))
    var config: String?
}

/// A venue that goes wrong was asked for outside a drill.
struct NotInADrill: Error, CustomStringConvertible {
    var description: String { "drill.*: a venue that goes wrong is for levelhead drill alone" }
}

/// The past sessions of a run.
struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Past sessions, made by levelhead history; without them the time-of-day rows are not defined.",
            valueName: "dir"))
    var history: String?
}
