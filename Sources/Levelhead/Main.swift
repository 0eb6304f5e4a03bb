import ArgumentParser

@main
enum Program {
    static func main() {
        // Read before anything else: a run's wall time counts from here.
        _ = ProcessStart.time
        LevelheadCommand.main()
    }
}

struct LevelheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "levelhead",
        abstract: "A live trading engine for the Micro E-mini S&P 500 around price levels.",
        subcommands: [
            ReplayCommand.self,
            FeaturesCommand.self,
            ColumnsCommand.self,
            HistoryCommand.self,
            SynthCommand.self,
            InspectCommand.self,
            ConvertCommand.self,
            IngestCommand.self,
            CalendarCommand.self,
            ConfigCommand.self,
            DoctorCommand.self,
        ])
}
