import ArgumentParser

@main
enum Program {
    static func main() {
        // Read before anything else: a run's wall time counts from here.
        _ = ProcessStart.time
        StandardStreams.keep()
        do {
            var command = try LevelheadCommand.parseAsRoot()
            try command.run()
            try reportingErrors(StandardOutput.check)
        } catch {
            if LevelheadCommand.exitCode(for: error) == .success { help(LevelheadCommand.fullMessage(for: error)) }
            LevelheadCommand.exit(withError: error)
        }
    }

    private static func help(_ text: String) -> Never {
        if !text.isEmpty { print(text) }
        if text.contains("\nUSAGE: levelhead features ") { print("\n" + FeaturesCommand.columnHelp) }
        do {
            try reportingErrors(StandardOutput.check)
        } catch {
            LevelheadCommand.exit(withError: error)
        }
        LevelheadCommand.exit()
    }
}

struct LevelheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "levelhead",
        abstract: "A live trading engine for the Micro E-mini S&P 500 around price levels.",
        version: ProgramIdentity.version,
        subcommands: [
            ReplayCommand.self,
            FeaturesCommand.self,
            LabelsCommand.self,
            ColumnsCommand.self,
            BenchCommand.self,
            HistoryCommand.self,
            SynthCommand.self,
            InspectCommand.self,
            ConvertCommand.self,
            UpCommand.self,
            VerifyCommand.self,
            RecordCommand.self,
            SubscribeCommand.self,
            StreamKeysCommand.self,
            IngestCommand.self,
            EngineCommand.self,
            RiskCommand.self,
            ExecutionCommand.self,
            PaperCommand.self,
            ServeCommand.self,
            CalendarCommand.self,
            ConfigCommand.self,
            DoctorCommand.self,
            StatusCommand.self,
            DashboardCommand.self,
            PauseCommand.self,
            ResumeCommand.self,
            FlattenCommand.self,
            ArmCommand.self,
            OrderCommand.self,
            ModifyCommand.self,
            CancelCommand.self,
            ReconcileCommand.self,
            WhyCommand.self,
            DrillCommand.self,
        ])
}
