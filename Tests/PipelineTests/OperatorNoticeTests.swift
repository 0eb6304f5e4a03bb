import Orders
import Testing
import Units

@testable import Pipeline

/// What an operator asks of the execution gateway and not of risk, which keeps the audit log.
@Suite struct OperatorNoticeTests {
    private static func told(_ command: OperatorCommand) throws -> [ExecutionNotice] {
        var fold = StageFold(
            plan: try OptionTape.plan(), features: try OptionTape.configuration(), trading: EventClockTests.trading,
            stage: ExecutionFollower(EventClockTests.trading))
        fold.take(.request(command), at: Timestamp(nanoseconds: 1_000))
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        return try messages.compactMap { message in
            // As it reaches risk.
            guard case .notice(let notice) = try StageMessage(bytes: message.bytes) else { return nil }
            return notice
        }
    }

    @Test(arguments: [
        (OperatorRequest.cancel, ExecutionNotice.Kind.cancelAsked), (.reconcile, .reconciliationAsked),
    ])
    func `risk is told who asked, and why`(request: OperatorRequest, kind: ExecutionNotice.Kind) throws {
        let order = ClientOrderID(epoch: 1, issuer: .manual, count: 3)
        let command = OperatorCommand(
            request, id: 7, sender: ShortText("ann"), reason: ShortText("to be sure"), target: order)
        let notice = try #require(try Self.told(command).first)
        #expect(notice.kind == kind && notice.certificate.command == 7)
        #expect("\(notice.certificate.sender) \(notice.certificate.reason)" == "ann to be sure")
        #expect(notice.order == (request == .cancel ? order : .none))
    }

    @Test func `what was cancelled while risk was silent has a cause in its log`() throws {
        let command = OperatorCommand(.peerSilent, sender: ShortText("heartbeat"))
        let notice = try #require(try Self.told(command).first)
        #expect(notice.kind == .cancelAsked && notice.reason == .peerSilent && notice.order == .none)
        #expect("\(notice.certificate.sender): \(notice.certificate.reason)" == "heartbeat: risk is silent")
    }

    @Test func `of the rest risk is asked itself`() throws {
        let told: [OperatorRequest] = [.cancel, .reconcile, .flatten, .peerSilent]
        for request in OperatorRequest.allCases where !told.contains(request) {
            #expect(try Self.told(OperatorCommand(request, epoch: 1)).isEmpty, "\(request)")
        }
    }
}
