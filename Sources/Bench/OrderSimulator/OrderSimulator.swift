import ArgumentParser
import Glibc
import OrderSimulation

/// Runs the order path in a simulated world, one seed after the other.
@main struct OrderSimulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order-simulation",
        abstract: "The order path under simulated clock, network, disk and venue; one seed decides everything.",
        discussion: """
            Each run ends with the network healed, everything settled and the account proven flat. The first invariant \
            that does not hold ends a run; the command that repeats it is printed, and with --verbose its trace.

            Example: order-simulation --seed 1 --runs 300
            """)

    @Option(help: "First seed.")
    var seed: UInt64 = 1

    @Option(help: "Runs; the seeds follow each other.")
    var runs = 100

    @Option(help: "Rounds of a run before it is healed.")
    var steps = 400

    @Option(help: "A defect to put into the wiring.")
    var defect: SeededDefect?

    @Option(help: "Runs that may fail before no more are tried.")
    var failures = 1

    @Flag(help: "Prints every step.")
    var verbose = false

    func run() throws {
        DyingWords.prepare()
        var counts = RunCounts()
        var failed = 0
        for offset in 0..<UInt64(max(0, runs)) where failed < failures {
            let seed = seed &+ offset
            DyingWords.set("order-simulation: seed \(seed): a fold stopped the process; repeat: \(repeating(seed))\n")
            let simulation = try OrderSimulation(seed: seed, defect: defect, traces: verbose)
            simulation.run(steps: steps)
            counts.add(simulation.counts)
            for line in simulation.trace { print(line) }
            guard let violation = simulation.violation else { continue }
            failed += 1
            print("FAILED \(violation)")
            print("repeat: \(repeating(seed))")
            fflush(nil)
        }
        print("order-simulation: seeds \(seed)... \(counts.line)")
        if failed > 0 { throw ExitCode.failure }
    }

    private func repeating(_ seed: UInt64) -> String {
        let planted = defect.map { " --defect \($0.rawValue)" } ?? ""
        return "order-simulation --seed \(seed) --runs 1 --steps \(steps)\(planted) --verbose"
    }
}

extension SeededDefect: ExpressibleByArgument {}

/// What is written when a precondition of a fold ends the process: no failure without its seed.
enum DyingWords {
    nonisolated(unsafe) private static let words = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
    nonisolated(unsafe) private static var count = 0

    static func prepare() {
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV] {
            signal(number) { number in
                write(2, DyingWords.words, DyingWords.count)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    static func set(_ text: String) {
        count = 0
        for byte in text.utf8.prefix(511) {
            words[count] = CChar(bitPattern: byte)
            count += 1
        }
    }
}
