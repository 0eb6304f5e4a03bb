import Units

/// What one process answered.
public struct ControlAnswer: Sendable {
    public let process: String
    public let run: String
    public let outcome: ControlOutcome
    /// Of `status`.
    public let status: ProcessStatus?
    /// Of every other verb.
    public let details: AnswerDetails
    /// Its place among the answers of this process to this command.
    public let number: UInt32
}

/// What came of asking every registered process.
public struct Survey: Sendable {
    public let id: CommandID

    /// Nobody asked yet.
    public init(id: CommandID) { self.id = id }

    /// The newest answer of each process.
    public internal(set) var answers: [String: ControlAnswer] = [:]
    /// Everybody asked: registered and alive when we looked.
    public internal(set) var asked: Set<String> = []
    /// Registered by processes that are dead.
    public internal(set) var stale: [Registration] = []
    /// How often the question was sent.
    public internal(set) var rounds = 0
    public internal(set) var elapsed = Nanoseconds.zero
    /// When the one that decides gave its last word, by the monotonic clock; nil when none did, or nobody decides.
    public internal(set) var decidedAt: Nanoseconds?
    /// Answers that were not taken: not authentic, or not to this question.
    public internal(set) var refusedAnswers: [ControlRefusal: Int] = [:]

    /// Nobody is registered, dead or alive.
    public var askedNobody: Bool { asked.isEmpty && stale.isEmpty }
    public var answered: [String] { answers.keys.sorted() }
    /// Registered and alive, and silent.
    public var missing: [String] { asked.subtracting(answers.keys).sorted() }
}

/// Why nobody could be asked.
public enum ControlError: Error, Equatable, Sendable {
    case registration(RegistrationError)
    /// The library's words.
    case socket(String)
}

extension ControlError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .registration(let error): error.description
        case .socket(let text): text
        }
    }
}
