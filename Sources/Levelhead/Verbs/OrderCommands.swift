import ArgumentParser
import Control
import Foundation
import Platform
import Units

/// `levelhead order`: a manual order.
struct OrderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Sends a manual order through the same checks as every other.",
        discussion: """
            At the market unless a price is given. Waits for the verdict and for how the order begins. Exit status 0 \
            when it was approved and not refused by the venue, or closes the whole position: that is sent again until \
            it is closed.

            Two orders of which one cancels the other: --oco new begins a pair, --oco with the identity that was \
            printed joins it. On one side they share their contracts; of two sides the first fill ends the other. \
            Both need a price.

            Example: levelhead order buy 1 --limit 5061.25 --stop-ticks 8 --target-ticks 16
            """)

    @OptionGroup var control: ControlOptions

    @Argument(help: "buy or sell.") var side: String
    @Argument(help: "Contracts.") var quantity: Int64

    @Option(
        help: ArgumentHelp(
            "The traded contract, by its name (MESH6) or as it is configured (MES.c.0); no other is possible.",
            valueName: "symbol"))
    var symbol: String?

    @Option(help: ArgumentHelp("At this price or better.", valueName: "price"))
    var limit: String?

    @Option(
        help: ArgumentHelp("Wait until the market trades here; with --limit a stop-limit order.", valueName: "price"))
    var stop: String?

    @Option(help: ArgumentHelp("Distance of the protective stop; by default the policy's.", valueName: "ticks"))
    var stopTicks: Int64?

    @Option(help: ArgumentHelp("Distance of the target; none by default.", valueName: "ticks"))
    var targetTicks: Int64?

    @Option(help: ArgumentHelp("A trailing stop order at this distance.", valueName: "ticks"))
    var trail: Int64?

    @Option(help: ArgumentHelp("gtc, day, ioc or fok.", valueName: "tif"))
    var tif: String?

    @Flag(help: "It may only shrink the position.")
    var reduceOnly = false

    @Option(help: ArgumentHelp("One cancels other: new, or the order that began the pair.", valueName: "new|id"))
    var oco: String?

    @Option(help: ArgumentHelp("Why; kept in the audit log.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 5.0

    func validate() throws {
        try ControlTimeout.validate(timeout)
        guard ["buy", "sell"].contains(side.lowercased()) else {
            throw ValidationError("\(side): expected buy or sell.")
        }
        guard quantity > 0 else { throw ValidationError("\(quantity): expected at least 1 contract.") }
        for (name, ticks) in [("--stop-ticks", stopTicks), ("--target-ticks", targetTicks), ("--trail", trail)] {
            if let ticks, !(1...100_000).contains(ticks) {
                throw ValidationError("\(name): \(ticks), expected 1 to 100000 ticks.")
            }
        }
        if oco != nil, reduceOnly || (limit == nil && stop == nil && trail == nil) {
            throw ValidationError("--oco: expected an order that opens, with --limit, --stop or --trail.")
        }
        if let tif, !["gtc", "day", "ioc", "fok"].contains(tif.lowercased()) {
            throw ValidationError("--tif: \(tif), expected gtc, day, ioc or fok.")
        }
    }

    func run() throws {
        try reportingErrors {
            var order = ManualOrder(side: side, quantity: quantity)
            order.symbol = symbol
            order.limit = limit
            order.stop = stop
            order.stopTicks = stopTicks
            order.targetTicks = targetTicks
            order.trailTicks = trail
            order.timeInForce = tif
            order.isReduceOnly = reduceOnly ? true : nil
            order.pair = oco
            let arguments = CommandArguments(reason: reason, order: order)
            try OrderReport.ask(control, .order, arguments, of: "risk", seconds: timeout)
        }
    }
}

/// `levelhead cancel`: cancels one order, or all.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancels an order, or every order that opens.",
        discussion: """
            One order is cancelled through the risk gateway, which counts it; when that does not answer within a \
            second, past it. A protective stop is not cancelled alone: the position would be bare; flatten closes \
            both. Exit status 0 when the order has ended.

            Example: levelhead cancel 1-manual-1
            """)

    @OptionGroup var control: ControlOptions

    @Argument(help: "The order's identity, as printed by levelhead order, or all.") var id: String

    @Option(help: ArgumentHelp("Why; travels with the command.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 5.0

    func validate() throws { try ControlTimeout.validate(timeout) }

    func run() throws {
        try reportingErrors {
            var arguments = CommandArguments(reason: reason, target: id)
            if !arguments.isForEverything {
                if try OrderReport.isHeard(control, .cancel, arguments, by: "risk", seconds: timeout) { return }
                arguments.isPastRisk = true
            }
            try OrderReport.ask(control, .cancel, arguments, of: "execution", seconds: timeout)
        }
    }
}

/// What came of a manual order or a cancel.
enum OrderReport {
    /// Time in which a process that works says at least that it has taken a command.
    private static let patience = 1.0

    /// Asks a process that may be silent; false when it is, and another answers.
    static func isHeard(
        _ control: ControlOptions, _ verb: ControlVerb, _ arguments: CommandArguments, by process: String,
        seconds: Double
    ) throws -> Bool {
        let id = CommandID.random()
        let first = try control.survey(
            verb, arguments, id: id, until: .decided(by: process), seconds: min(seconds, patience))
        if first.answers[process] == nil, !first.answers.isEmpty { return false }
        let isOver = first.answers[process]?.outcome.isTerminal ?? true
        guard !isOver, seconds > patience else {
            try show(first, control, verb, arguments, process)
            return true
        }
        let rest = seconds - patience
        let last = try control.survey(verb, arguments, id: id, until: .decided(by: process), seconds: rest)
        try show(last, control, verb, arguments, process)
        return true
    }

    static func ask(
        _ control: ControlOptions, _ verb: ControlVerb, _ arguments: CommandArguments, of process: String,
        seconds: Double
    ) throws {
        try show(
            try control.survey(verb, arguments, until: .decided(by: process), seconds: seconds), control, verb,
            arguments, process)
    }

    private static func show(
        _ survey: Survey, _ control: ControlOptions, _ verb: ControlVerb, _ arguments: CommandArguments,
        _ process: String
    ) throws {
        guard !survey.askedNobody else { throw ControlFailure(try control.silence(survey)) }
        guard let answer = survey.answers[process] else {
            let silence =
                survey.answers.isEmpty ? try control.silence(survey) : "\(verb.name): \(process) does not answer"
            // Who was not asked has taken nothing.
            let doubt = "; whether it has taken it is not known: levelhead reconcile names what works"
            let words = survey.asked.contains(process) ? silence + doubt : silence
            var details = AnswerDetails()
            details.message = words
            if control.json { print(json(details, arguments, isDone: false, survey)) }
            throw ControlFailure(words)
        }
        var details = answer.details
        if !answer.outcome.isTerminal, details.message == nil {
            details.message =
                "\(process) has taken it, and execution has not said in time what became of it: levelhead reconcile "
                + "names what works"
        }
        if control.json {
            print(json(details, arguments, isDone: answer.outcome == .done, survey))
        } else {
            let words = [details.order ?? arguments.target, details.verdict, details.state, details.message]
            print(words.compactMap { $0 }.joined(separator: " "))
        }
        if answer.outcome != .done {
            let refusal = details.verdict == "approved" ? nil : details.verdict
            let words = [verb.name, refusal, details.message].compactMap { $0 }
            throw ControlFailure((words.count > 1 ? words : [verb.name, answer.outcome.name]).joined(separator: ": "))
        }
    }

    private static func json(
        _ details: AnswerDetails, _ arguments: CommandArguments, isDone: Bool, _ survey: Survey
    ) -> String {
        JSONText.object([
            ("id", text(details.order ?? arguments.target)), ("verdict", text(details.verdict)),
            ("state", text(details.state)), ("message", text(details.message)), ("done", isDone ? "true" : "false"),
            ("ms", "\(Double(survey.elapsed.count / 1_000) / 1_000)"),
        ])
    }

    private static func text(_ value: String?) -> String { value.map(JSONText.string) ?? "null" }
}
