import Features
import MarketData

/// Sees which groups start a test of a level.
struct TestStarts {
    private var counts = [Int64](repeating: -1, count: LevelKind.allCases.count)

    /// Another contract may lead from now on, whose count is its own.
    mutating func forget() { counts = counts.map { _ in -1 } }

    /// The levels of which a test began with the group that the engine just closed.
    mutating func begun(_ engine: borrowing ContractEngine) -> [LevelKind] {
        var begun: [LevelKind] = []
        for kind in LevelKind.allCases {
            let count = engine.testCount(kind)
            let before = counts[kind.rawValue]
            counts[kind.rawValue] = count
            guard before >= 0 else {
                let test = engine.level(kind).pointee.test
                if test.isTesting, test.testStart == engine.group.time { begun.append(kind) }
                continue
            }
            if count > before { begun.append(kind) }
        }
        return begun
    }
}
