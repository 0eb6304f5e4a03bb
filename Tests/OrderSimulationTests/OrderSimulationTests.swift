import OrderSimulation
import Testing

/// The order path in the simulated world. `order-simulation --seed N --runs 1 --verbose` shows what a seed does.
@Suite struct OrderSimulationTests {
    @Test(arguments: UInt64(1)...50)
    func `every invariant holds in every round`(seed: UInt64) throws {
        let violation = try OrderSimulation(seed: seed).run(steps: 150)
        if let violation { Issue.record("\(violation)") }
    }

    @Test func `one seed is one run`() throws {
        func trace() throws -> [String] {
            let simulation = try OrderSimulation(seed: 3, traces: true)
            simulation.run(steps: 100)
            return simulation.trace
        }
        let first = try trace()
        #expect(first.count > 100)
        #expect(try trace() == first)
    }

    /// Where one that shows itself in few runs was noticed first: another hundred in vain take half a minute.
    private static let rareSeeds: [SeededDefect: UInt64] = [
        .enlargeChange: 117, .ignoreAge: 48, .swapBooks: 40, .loseTakeover: 3136,
        .loseRestriction: 330,
    ]

    @Test(arguments: SeededDefect.allCases)
    func `a seeded defect is noticed`(defect: SeededDefect) throws {
        let first = Self.rareSeeds[defect] ?? 1
        for seed in first..<(first + 500) {
            // The market has to open again, and by then have gone too far.
            let steps = defect == .loseTakeover ? 400 : 200
            guard let violation = try OrderSimulation(seed: seed, defect: defect).run(steps: steps) else { continue }
            #expect(defect.noticedBy.contains(violation.invariant), "\(defect.rawValue): \(violation)")
            return
        }
        Issue.record("\(defect.rawValue): 500 seeds, and nobody noticed")
    }
}
