import Orders
import Platform
import Units

/// What a flatten came to.
struct FlattenReport {
    private let epoch: UInt64
    private let isLocked: Bool
    var isFlat = false
    var certificate: String?
    var answered: [String] = []
    /// Who should have answered and did not.
    var missing: [String] = []
    var rounds = 0
    /// From the start to the proof.
    var milliseconds = 0.0
    var decidedAt: Nanoseconds?
    var message: String?

    /// What a person can type when the gateway is not there: to close at the venue, or to bring a run back.
    var direct, resume: String?

    init(_ locked: FlattenLock) {
        epoch = locked.state.epoch
        isLocked = locked.lock != nil
    }

    var json: String {
        JSONText.object([
            ("flat", isFlat ? "true" : "false"), ("certificate", certificate.map(JSONText.string) ?? "null"),
            ("answered", JSONText.array(answered.map(JSONText.string))),
            ("missing", JSONText.array(missing.map(JSONText.string))), ("rounds", "\(rounds)"),
            ("ms", "\(milliseconds)"), ("locked", "\(isLocked)"), ("epoch", "\(epoch)"),
            ("message", message.map(JSONText.string) ?? "null"),
            ("direct", direct.map(JSONText.string) ?? "null"), ("resume", resume.map(JSONText.string) ?? "null"),
        ])
    }

    var text: String {
        let lock = isLocked ? "epoch \(epoch), until levelhead arm" : "by the gateways that run, alone"
        var lines = ["locked    \(lock)"]
        lines.append("flat      \(isFlat ? "proven, \(rounds) rounds, \(milliseconds) ms" : "NOT PROVEN")")
        if let message { lines.append("because   \(message)") }
        if let certificate { lines.append("proof     \(certificate)") }
        if !missing.isEmpty { lines.append("silent    \(missing.joined(separator: ", "))") }
        if let next = resume ?? direct { lines.append("now       \(next)") }
        return lines.joined(separator: "\n")
    }
}
