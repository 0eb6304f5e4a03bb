import Platform
import Synchronization
import Units

/// A command on its way through a process: made by the server's thread, worked on by the data thread, which says how
/// it goes on with `report` and `finish`.
///
/// Whoever asks again under the same id is told the newest answer.
public final class ControlCommand: Sendable {
    public let id: CommandID
    public let verb: ControlVerb
    public let arguments: CommandArguments
    /// Who sent it, by the name in the message.
    public let sender: String
    /// When it was sent, by the sender's wall clock.
    public let sentAt: Timestamp

    private struct Answer {
        var outcome: ControlOutcome
        var details: AnswerDetails
        var number: UInt32
    }

    private let answer: Mutex<Answer>
    private let finished = FinishedFlag()

    public init(id: CommandID, verb: ControlVerb, arguments: CommandArguments, sender: String, sentAt: Timestamp) {
        self.id = id
        self.verb = verb
        self.arguments = arguments
        self.sender = sender
        self.sentAt = sentAt
        answer = Mutex(Answer(outcome: .accepted, details: AnswerDetails(), number: 1))
    }

    /// It opens, or lets others open, and has waited in the process for longer than a message may be on its way. An arm
    /// is held to the lock's epoch however late it is.
    public func isTooLate(_ now: Timestamp) -> Bool {
        switch verb {
        case .order, .modify, .resume: now - sentAt > CommandWindow.tolerance
        case .status, .pause, .flatten, .arm, .stop, .cancel, .venue, .reconcile: false
        }
    }

    /// How it goes. Ignored once it is finished.
    public func report(_ details: AnswerDetails) { become(.accepted, details) }

    /// The last word. Only the first one counts.
    public func finish(_ outcome: ControlOutcome, _ details: AnswerDetails = AnswerDetails()) {
        precondition(outcome.isTerminal, "a command does not finish as accepted")
        become(outcome, details)
        finished.set()
    }

    /// The newest answer, and its number: 1 when it was taken, counted up with every change.
    public func currentAnswer() -> (outcome: ControlOutcome, details: AnswerDetails, number: UInt32) {
        answer.withLock { ($0.outcome, $0.details, $0.number) }
    }

    /// Waits until it is finished, at most `timeout`. For the server's thread.
    func waitUntilFinished(timeout: Nanoseconds) { _ = finished.wait(atMost: timeout) }

    private func become(_ outcome: ControlOutcome, _ details: AnswerDetails) {
        answer.withLock { answer in
            guard !answer.outcome.isTerminal else { return }
            answer = Answer(outcome: outcome, details: details, number: answer.number + 1)
        }
    }
}

/// Commands on their way from the server's thread to the data thread, which looks with `pop`: one atomic load when
/// there are none.
public typealias ControlMailbox = BoundedMailbox<ControlCommand>
