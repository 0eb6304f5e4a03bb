import Pipeline
import ZeroMQ

/// The conductor's line to one stage's process.
///
/// The pipeline cannot be stopped in the middle of a record, so a failure is kept and every later answer is empty; the
/// conductor looks at it after each record.
final class LockstepLine: StageRemote.Line {
    private let end: LockstepEnd
    private(set) var failure: (any Error)?

    init(_ site: RunSite, _ context: ZeroMQContext, to role: ProcessRole) throws {
        end = try LockstepEnd(
            site, context, sends: LockstepWord.channel(to: role), receives: LockstepWord.channel(from: role))
    }

    func ask(_ request: StageRequest, at steps: UInt64) -> (outputs: [StageMessage], isQuiet: Bool) {
        var outputs: [StageMessage] = []
        guard failure == nil else { return ([], true) }
        do {
            try end.send(.ask(request, steps))
            while true {
                switch try end.receive() {
                case .output(let message): outputs.append(message)
                case .end(let isQuiet): return (outputs, isQuiet)
                case .clear, .ask: throw StageLinkError.malformed("lockstep")
                }
            }
        } catch {
            failure = error
            return ([], true)
        }
    }

    func clear(to steps: UInt64) {
        guard failure == nil else { return }
        do {
            try end.send(.clear(steps))
            _ = try end.receiveNow()
        } catch { failure = error }
    }

    var isSettled: Bool { end.isSettled }
    func poll() throws { _ = try end.receiveNow() }
}

/// A stage's side of its conductor's line.
final class LockstepGate: StageGate {
    private let end: LockstepEnd
    /// Steps that may be taken.
    private var permitted: UInt64 = 0
    private var pending: (request: StageRequest, step: UInt64)?
    private(set) var failure: (any Error)?

    init(_ site: RunSite, _ context: ZeroMQContext, of role: ProcessRole) throws {
        end = try LockstepEnd(
            site, context, sends: LockstepWord.channel(from: role), receives: LockstepWord.channel(to: role))
    }

    func request(at steps: UInt64) -> StageRequest? {
        while failure == nil {
            if let request = take(at: steps) { return request }
            if permitted > steps { return nil }
            do { hear(try end.receive()) } catch { failure = error }
        }
        return nil
    }

    func requestNow(at steps: UInt64) -> StageRequest? {
        do {
            while failure == nil, pending == nil, let word = try end.receiveNow() { hear(word) }
        } catch { failure = error }
        return take(at: steps)
    }

    func answer(_ outputs: [StageMessage], isQuiet: Bool) {
        guard failure == nil else { return }
        do {
            for output in outputs { try end.send(.output(output)) }
            try end.send(.end(isQuiet: isQuiet))
        } catch { failure = error }
    }

    func wait() throws { try end.wait() }
    /// Everything said has been heard.
    var isSettled: Bool { end.isSettled }

    private func take(at steps: UInt64) -> StageRequest? {
        guard let asked = pending, asked.step <= steps else { return nil }
        precondition(asked.step == steps, "a stage takes no step that its conductor has not allowed")
        pending = nil
        return asked.request
    }

    private func hear(_ word: LockstepWord) {
        switch word {
        case .clear(let step): permitted = max(permitted, step)
        case .ask(let request, let step):
            permitted = max(permitted, step)
            pending = (request, step)
        case .output, .end: failure = StageLinkError.malformed("lockstep")
        }
    }
}
