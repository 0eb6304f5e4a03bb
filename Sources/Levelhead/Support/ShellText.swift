/// Commands that a person is told to type.
enum ShellText {
    /// One word for a shell, whatever is in it.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    /// The command that goes on with a run.
    static func resuming(_ run: String, stateDirectory: String) -> String {
        "levelhead up --resume --run-dir \(quoted(run)) --state-dir \(quoted(stateDirectory))"
    }
}
