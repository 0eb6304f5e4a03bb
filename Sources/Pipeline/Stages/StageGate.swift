import Orders

/// Holds a stage to logical time: it takes a step of the market when its conductor has done with the step before, and
/// messages at the step that the conductor names (`levelhead up --lockstep`).
public protocol StageGate: AnyObject {
    /// Waits until the stage, which has taken `steps` steps, may go on.
    /// - Returns: what it must do first, at this step; nil when it may take the next step.
    func request(at steps: UInt64) -> StageRequest?
    /// The same without waiting: nil also when nothing is known yet.
    func requestNow(at steps: UInt64) -> StageRequest?
    /// Answers a request with everything that was put out since the last answer.
    func answer(_ outputs: [StageMessage], isQuiet: Bool)
}

/// What a conductor asks of a stage.
public enum StageRequest: Sendable {
    /// Say what you have put out.
    case outputs
    /// Take this, and say what you have put out.
    case take(StageMessage)
}
