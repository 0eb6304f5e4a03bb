import Orders

/// A stage in another process, held to the conductor's steps.
///
/// The conductor counts the steps that the stage takes by itself, and speaks to it only when it has something to tell
/// or the stage may have put something out.
public struct StageRemote {
    /// The way to a stage's process. Every request is answered before it returns.
    public protocol Line: AnyObject {
        func ask(_ request: StageRequest, at steps: UInt64) -> (outputs: [StageMessage], isQuiet: Bool)
        /// The stage may take this many steps by itself: nothing comes before.
        func clear(to steps: UInt64)
    }

    private let line: any Line
    private var steps: UInt64 = 0
    private var isQuiet = true

    init(_ line: any Line) { self.line = line }

    /// The stage takes the next step.
    mutating func step() { steps &+= 1 }

    /// What it has put out since it was last spoken to.
    mutating func outputs() -> [StageMessage] { isQuiet ? [] : ask(.outputs) }

    /// The same, after a step at which also a quiet stage may put something out.
    mutating func outputsOfAnyStep() -> [StageMessage] { ask(.outputs) }

    /// Hands it a message.
    mutating func take(_ message: StageMessage) -> [StageMessage] { ask(.take(message)) }

    func clear() { line.clear(to: steps) }

    private mutating func ask(_ request: StageRequest) -> [StageMessage] {
        let answer = line.ask(request, at: steps)
        isQuiet = answer.isQuiet
        return answer.outputs
    }
}
