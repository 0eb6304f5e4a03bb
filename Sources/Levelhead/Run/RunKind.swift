/// What made a run. A run goes on only as what it is: the files of one kind are not those of another.
enum RunKind: String {
    /// `levelhead replay`: one process, one journal.
    case replay
    /// `levelhead up --lockstep`: processes in logical time, with a replay's journal.
    case lockstep
    /// `levelhead up`: each process has journals of its own.
    case up

    /// The key in `run.json`.
    static let key = "kind"

    /// How it is begun, and gone on with where that is possible.
    var verb: String {
        switch self {
        case .replay: "levelhead replay"
        case .lockstep: "levelhead up --lockstep"
        case .up: "levelhead up"
        }
    }
}
