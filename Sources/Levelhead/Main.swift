import ArgumentParser

@main
struct LevelheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "levelhead",
        abstract: "A live trading engine for the Micro E-mini S&P 500 around price levels.",
        subcommands: [
            InspectCommand.self,
            ConvertCommand.self,
            CalendarCommand.self,
            ConfigCommand.self,
            SynthCommand.self,
        ])
}
