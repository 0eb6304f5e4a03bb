import Units

/// Questions that are answered among other things that happen: each collects what happens until everything that it
/// waits for has been answered, but not for longer than anybody waits.
public struct PendingQuestions<Asker, Key: Hashable> {
    private struct Question {
        let asker: Asker
        let end: Nanoseconds
        /// What is not answered.
        var open: Set<Key>
        var events: [String] = []
    }

    private let patience: Nanoseconds
    private var questions: [Question] = []

    /// - Parameter patience: how long a question is waited for.
    public init(patience: Nanoseconds) { self.patience = patience }

    public var isEmpty: Bool { questions.isEmpty }

    /// - Parameter now: monotonic.
    public mutating func ask(_ asker: Asker, awaiting keys: Set<Key>, at now: Nanoseconds) {
        questions.append(Question(asker: asker, end: now + patience, open: keys))
    }

    /// Something happened, and was the answer to `key` if there is one.
    public mutating func hear(_ event: String, answering key: Key?) {
        for index in questions.indices {
            questions[index].events.append(event)
            if let key { questions[index].open.remove(key) }
        }
    }

    /// Those that are answered, in the order in which they were asked, with what has happened since.
    public mutating func takeAnswered() -> [(asker: Asker, events: [String])] {
        let answered = questions.filter(\.open.isEmpty).map { ($0.asker, $0.events) }
        questions.removeAll(where: \.open.isEmpty)
        return answered
    }

    /// Those that nobody waits for any more.
    public mutating func takeLate(at now: Nanoseconds) -> [Asker] {
        let late = questions.filter { $0.end < now }.map(\.asker)
        questions.removeAll { $0.end < now }
        return late
    }
}
