import CHeapCount
import DBN
import Testing
import Units

@testable import Synthesis

@Suite struct SessionGeneratorTests {
    @Test(arguments: [1, 2, 77] as [UInt64])
    func `the same parameters give the same bytes, and another seed gives others`(seed: UInt64) {
        let first = SyntheticTape(seed: seed, minutes: 3).records.map(\.bytes)
        #expect(first == SyntheticTape(seed: seed, minutes: 3).records.map(\.bytes))
        #expect(first != SyntheticTape(seed: seed + 1, minutes: 3).records.map(\.bytes))
    }

    @Test func `leaving the micro contract out changes no byte of the other`() {
        let both = SyntheticTape(.evening(seed: 5)).book(.signal)
        let alone = SyntheticTape(.evening(seed: 5, withTraded: false))
        #expect(alone.records.allSatisfy { $0.stream != .traded })
        #expect(both.map(\.bytes) == alone.book(.signal).map(\.bytes))
    }

    @Test func `records come in order of receive time, and the reference records before the book`() {
        let records = SyntheticTape(seed: 3).records
        let keys = records.map { ($0.receiveTime, $0.stream.rawValue) }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 <= $1 })
        let firstBook = records.firstIndex { $0.stream == .signal } ?? 0
        #expect(records[..<firstBook].filter { $0.stream == .definition }.count == 2)
        // Pre-open twice and trading, by contract.
        let statuses = records[..<firstBook].filter { $0.stream == .status }
        #expect(statuses.map { $0.load(24, as: UInt16.self) }.sorted() == [1, 1, 1, 1, 7, 7])
    }

    @Test func `a book starts with a snapshot`() {
        let tape = SyntheticTape(seed: 4, minutes: 1)
        for stream in [SyntheticStream.signal, .traded] {
            let first = tape.book(stream)[0]
            #expect(first.action == .add && first.side == .none && first.price == .max && first.size == 0)
            #expect(first.flags == [.last, .snapshot, .badReceiveTime])
            #expect(first.receiveTime == SyntheticTape.midnight.nanoseconds - 21_600_000_000_000)
        }
    }

    @Test func `a symbol that no record can hold is refused`() {
        var parameters = SessionParameters.evening(seed: 1)
        parameters.signal.symbol = "ESZ6é"
        #expect(throws: DBNError.textNotEncodable("ESZ6é", byteCountMax: 70)) { _ = try SessionGenerator(parameters) }
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `nothing is allocated after the start`() {
        var generator = SyntheticTape.generator(.evening(seed: 8))
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: SessionGenerator.recordByteCountMax, alignment: 8)
        defer { buffer.deallocate() }
        for _ in 0..<100 { _ = generator.next(into: buffer) }
        let before = lh_heap_calls()
        for _ in 0..<5_000 { _ = generator.next(into: buffer) }
        #expect(lh_heap_calls() == before)
    }

    @Test func `the rate scales the records and not the path of the price`() {
        let thin = SyntheticTape(.evening(seed: 6, rate: 0.1, minutes: 15)).book(.signal)
        let thick = SyntheticTape(.evening(seed: 6, rate: 1, minutes: 15)).book(.signal)
        #expect(thick.count > 5 * thin.count)
        // The thick tape's mid at the time of each record of the thin one; half ticks.
        var index = 0
        var distances: [Int64] = []
        for record in thin {
            while index + 1 < thick.count && thick[index + 1].receiveTime <= record.receiveTime { index += 1 }
            distances.append(abs(thick[index].doubledMid - record.doubledMid))
        }
        #expect(Double(distances.count { $0 <= 4 }) > 0.95 * Double(distances.count))
    }
}

extension SessionParameters {
    static func evening(
        seed: UInt64, rate: Double = 0.5, minutes: Double = 5, withTraded: Bool = true
    ) -> SessionParameters {
        SyntheticTape.parameters(
            seed: seed, rate: rate, from: -21_600, to: -21_600 + 60 * minutes, withTraded: withTraded)
    }
}
