import Determinism

extension SeededGenerator {
    /// True with this probability.
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Uniform over a closed range.
    mutating func draw(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(below(UInt64(range.upperBound - range.lowerBound + 1)))
    }

    /// Uniform over a closed range of nanoseconds that is given in microseconds.
    mutating func microseconds(_ range: ClosedRange<Int>) -> UInt64 { UInt64(draw(range)) * 1_000 }

    /// One of these.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        precondition(!elements.isEmpty, "one of some")
        return elements[draw(0...elements.count - 1)]
    }

    /// A generator of its own for one part of the world, so that what one part draws moves no other.
    mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }
}
