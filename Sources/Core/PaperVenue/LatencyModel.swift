import Determinism
import Units

/// How long one way takes: always the same, or drawn from what was measured.
@frozen public struct LatencyModel: Hashable, Sendable {
    /// Used while there is nothing to draw from.
    public var constant: Nanoseconds
    /// Measured times, each as likely as the others; none negative.
    public let measured: [Nanoseconds]

    public init(constant: Nanoseconds) {
        self.constant = constant
        measured = []
    }

    /// - Precondition: there are times, and none is negative.
    public init(measured: [Nanoseconds]) {
        precondition(!measured.isEmpty, "a latency is drawn from something")
        precondition(measured.allSatisfy { $0 >= .zero }, "a way takes time")
        constant = measured[0]
        self.measured = measured
    }

    /// Tells models apart: state that was saved under one is of no use under another. FNV-1a, 64 bits.
    var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        hash = (hash ^ UInt64(bitPattern: constant.count)) &* 0x100_0000_01b3
        for time in measured { hash = (hash ^ UInt64(bitPattern: time.count)) &* 0x100_0000_01b3 }
        return hash
    }
}

/// One direction of the line between gateway and venue. What was sent first arrives first, whatever was drawn: a time
/// shorter than its predecessor's waits for it.
@frozen public struct LatencyLine: Sendable {
    private var generator: SeededGenerator
    private var last = Timestamp(nanoseconds: 0)

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func arrival(ofSent time: Timestamp, _ model: borrowing LatencyModel) -> Timestamp {
        let count = model.measured.count
        let taken = count == 0 ? model.constant : model.measured[Int(generator.below(UInt64(count)))]
        last = max(last, time + taken)
        return last
    }
}

extension LatencyLine {
    /// - Throws: when loading, the state was saved under another model.
    mutating func persist(
        _ archive: inout StateArchive, _ model: borrowing LatencyModel
    ) throws(StateArchive.Failure) {
        let expected = model.fingerprint
        var fingerprint = expected
        try archive.field(&fingerprint)
        guard fingerprint == expected else {
            throw .mismatch(offset: archive.bytes.count, expected: "the latency model it was saved under")
        }
        try archive.field(&generator)
        try archive.field(&last)
    }
}
