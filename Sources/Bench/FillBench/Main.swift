import ArgumentParser
import DBN
import Orders
import PaperVenue
import Platform
import Tape
import Units

/// What the paper venue makes of hypothetical limit orders on a recorded tape, for scripts/fill-realism, which knows
/// what became of them.
@main struct FillBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-bench",
        abstract: "Places limit orders of one contract on an mbp-10 tape and prints what the paper venue makes of them",
        discussion: """
            PLACES has a line "RECORD SIDE" for each order: the index of the record that ends the group after which it
            is placed, from 0, and buy or sell. Each is placed alone, at the best price of its side, with no latency.
            A line is printed for each: RECORD SIDE, the contracts ahead at the placement and after each horizon, and
            the nanoseconds to the fill; -1 for what is not known or did not happen within the window.
            """)

    @Option(help: "An mbp-10 tape of one instrument.") var tape: String
    @Option(help: "The orders.") var places: String
    @Option(help: "The tick, in 1e-9.") var tick: Int64 = 250_000_000
    @Option(help: "The queue model.") var queue = "proportional"
    @Option(help: "Of the power law.") var exponent = 1.0
    @Option(help: "Of the model by orders.") var weight = 8.0
    @Option(help: "Seconds after which the queue is looked at, with commas between.") var horizons = "1,10,60"
    @Option(help: "Seconds after which an order is given up.") var window: Int64 = 600

    func run() throws {
        let groups = try GroupTape(path: tape, tick: tick)
        var configuration = PaperVenueConfiguration(
            terms: ContractTerms(tickSize: TickSize(nanos: tick), multiplier: 50, feePerSide: .zero))
        configuration.commandLatency = .zero
        configuration.eventLatency = .zero
        configuration.queue = QueueModel(named: queue, exponent: exponent, weight: weight)
        let looks = horizons.split(separator: ",").compactMap { Int64($0) }.map { Nanoseconds.seconds($0) }
        let text = String(decoding: try PosixFile.contents(of: places), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let record = Int(words[0]), let group = groups.group(endingAt: record) else {
                throw ValidationError("\(places): \"\(line)\" names no group")
            }
            let trial = Trial(
                groups: groups, configuration: configuration, start: group, side: words[1] == "buy" ? .buy : .sell,
                horizons: looks, window: .seconds(window))
            print(line, trial.run().map { String($0) }.joined(separator: " "))
        }
    }
}
