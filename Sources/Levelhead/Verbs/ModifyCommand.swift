import ArgumentParser
import Control
import Units

/// `levelhead modify`: another quantity or price for an order that works.
struct ModifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modify",
        abstract: "Changes quantity or prices of a working order through the same checks as every other.",
        discussion: """
            What is not named stays as it is. An order that opens and becomes larger, or moves, is judged as a new \
            one; to make it smaller, or to move one that closes, is possible while nothing may open. A protective \
            stop can be moved, and keeps its quantity. Exit status 0 when the venue has changed it.

            Example: levelhead modify 1-manual-1 --quantity 2 --limit 5060.75
            """)

    @OptionGroup var control: ControlOptions

    @Argument(help: "The order's identity, as printed by levelhead order.") var id: String

    @Option(help: ArgumentHelp("What it is for in all, what has filled included.", valueName: "contracts"))
    var quantity: Int64?

    @Option(help: ArgumentHelp("Its new limit.", valueName: "price"))
    var limit: String?

    @Option(help: ArgumentHelp("Its new trigger, of a stop or stop-limit order.", valueName: "price"))
    var stop: String?

    @Option(help: ArgumentHelp("Its new distance, of a trailing stop order.", valueName: "ticks"))
    var trail: Int64?

    @Option(help: ArgumentHelp("Why; kept in the audit log.", valueName: "text"))
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 5.0

    func validate() throws {
        try ControlTimeout.validate(timeout)
        if quantity == nil, limit == nil, stop == nil, trail == nil {
            throw ValidationError("nothing to change: give --quantity, --limit, --stop or --trail.")
        }
        if let quantity, quantity < 1 {
            throw ValidationError("--quantity: \(quantity), expected at least 1 contract.")
        }
        if let trail, !(1...100_000).contains(trail) {
            throw ValidationError("--trail: \(trail), expected 1 to 100000 ticks.")
        }
    }

    func run() throws {
        try reportingErrors {
            let change = OrderChange(quantity: quantity, limit: limit, stop: stop, trailTicks: trail)
            let arguments = CommandArguments(reason: reason, change: change, target: id)
            try OrderReport.ask(control, .modify, arguments, of: "risk", seconds: timeout)
        }
    }
}
