import Control
import Testing
import Units

/// Questions at a door, and what happens while they wait.
@Suite struct PendingQuestionsTests {
    private var questions = PendingQuestions<String, Int>(patience: .seconds(1))

    private mutating func answered() -> [String] {
        questions.takeAnswered().map { "\($0.asker): \($0.events.joined(separator: " "))" }
    }

    @Test mutating func `each has what happened since it was asked, once all of it is answered`() {
        questions.ask("a", awaiting: [1, 2], at: .zero)
        questions.hear("x", answering: nil)
        questions.ask("b", awaiting: [2], at: .zero)
        questions.hear("one", answering: 1)
        #expect(answered().isEmpty)
        questions.hear("two", answering: 2)
        #expect(answered() == ["a: x one two", "b: one two"])
        #expect(questions.isEmpty)
    }

    @Test mutating func `one that is never answered ends, and collects no more`() {
        questions.ask("a", awaiting: [1], at: .zero)
        questions.ask("b", awaiting: [2], at: .milliseconds(600))
        questions.hear("two", answering: 2)
        #expect(questions.takeLate(at: .seconds(1)).isEmpty)
        #expect(answered() == ["b: two"])
        #expect(questions.takeLate(at: .milliseconds(1_001)) == ["a"])
        #expect(questions.isEmpty)
        questions.hear("one", answering: 1)
        #expect(answered().isEmpty)
    }

    @Test mutating func `one that waits for nothing is answered at once`() {
        questions.ask("a", awaiting: [], at: .zero)
        #expect(answered() == ["a: "])
    }
}
