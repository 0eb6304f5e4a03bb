import Platform
import Synchronization

/// What one reader has seen, in a file of its own that outlives it. Two copies and a word that says which is whole: the
/// reader may be killed while it writes the other.
struct TortureProgress {
    struct Counts: Equatable {
        var received: UInt64 = 0
        var lost: UInt64 = 0
        var expected: UInt64 = 0
        var overtaken: UInt64 = 0
        var epochs: UInt64 = 0
    }
    private let file: SharedMemoryFile
    private let words: UnsafeMutablePointer<Atomic<UInt64>>

    static let writableBytes = 4_096

    init(making path: String) throws {
        try SharedMemoryFile.remove(path: path)
        try self.init(SharedMemoryFile.own(path: path, byteCount: 2 * Self.writableBytes) { _ in })
    }

    init(opening path: String) throws {
        try self.init(SharedMemoryFile.open(path: path, writableBytes: Self.writableBytes))
    }

    private init(_ file: SharedMemoryFile) throws {
        guard let base = file.bytes.baseAddress else { throw BenchError.failed(what: "empty mapping") }
        self.file = file
        words = base.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    var counts: Counts {
        let at = 8 + 8 * Int(words[0].load(ordering: .acquiring) & 1)
        func word(_ index: Int) -> UInt64 { words[at + index].load(ordering: .relaxed) }
        return Counts(received: word(0), lost: word(1), expected: word(2), overtaken: word(3), epochs: word(4))
    }

    func commit(_ counts: Counts) {
        let turn = words[0].load(ordering: .relaxed) &+ 1
        let at = 8 + 8 * Int(turn & 1)
        let values = [counts.received, counts.lost, counts.expected, counts.overtaken, counts.epochs]
        for (index, value) in values.enumerated() {
            words[at + index].store(value, ordering: .relaxed)
        }
        words[0].store(turn, ordering: .releasing)
    }
}
