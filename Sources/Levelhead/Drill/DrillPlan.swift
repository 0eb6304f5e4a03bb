import Determinism

/// What happens in one run of a drill: which step is which, who is killed in front of which, and what the venue does
/// wrong. All of it follows from the seed and the run's number.
struct DrillPlan {
    enum Step {
        case order
        case cutFeed
        case stop(ProcessRole)
        case flatten
    }

    let steps: [Step]
    /// In front of a step's number, counted from 1, this process is killed. Each is killed once.
    let kills: [Int: [ProcessRole]]
    /// Settings of the run's venue.
    let faults: [String]
    /// The same for people.
    let venue: String

    init(run: Int, _ random: inout SeededGenerator) {
        var steps: [Step] = [.order]
        for _ in 0..<(5 + random.draw(4)) {
            switch random.draw(6) {
            case 0, 1, 2: steps.append(.order)
            case 3: steps.append(.cutFeed)
            case 4: steps.append(.stop(random.pick([.execution, .risk, .paper])))
            default: steps.append(.flatten)
            }
        }
        var kills: [Int: [ProcessRole]] = [:]
        for role in ProcessRole.allCases { kills[1 + random.draw(steps.count), default: []].append(role) }
        self.steps = steps
        self.kills = kills
        // Each kind of fault in each four runs, and all of them at once.
        switch run % 4 {
        case 0: (venue, faults) = Self.faults(never: 0.1)
        case 1: (venue, faults) = Self.faults(twice: 0.3)
        case 2: (venue, faults) = Self.faults(late: 0.2, fillsAfterCancel: 0.5)
        default: (venue, faults) = Self.faults(late: 0.1, twice: 0.1, never: 0.05, fillsAfterCancel: 0.3)
        }
    }

    private static func faults(
        late: Double = 0, twice: Double = 0, never: Double = 0, fillsAfterCancel: Double = 0
    ) -> (String, [String]) {
        let shares = [
            ("late", late), ("twice", twice), ("never", never), ("fills_after_cancel", fillsAfterCancel),
        ].filter { $0.1 > 0 }
        return (
            shares.map { "\($0.0) \($0.1)" }.joined(separator: ", "),
            shares.flatMap { ["--set", "drill.venue_\($0.0)=\($0.1)"] }
        )
    }
}

extension SeededGenerator {
    /// 0 ..< bound.
    mutating func draw(_ bound: Int) -> Int { Int(below(UInt64(bound))) }

    /// One of some.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[draw(elements.count)] }
}
