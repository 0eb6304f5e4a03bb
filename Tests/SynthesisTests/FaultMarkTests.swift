import DBN
import Testing
import Units

@testable import Synthesis

/// Halts and lost feeds, on request.
@Suite struct FaultMarkTests {
    private func instant(_ second: Double) -> UInt64 {
        SyntheticTape.midnight.nanoseconds &+ UInt64(bitPattern: Int64(second * 1e9))
    }

    @Test func `a halt has no book records, and statuses at both ends`() {
        var parameters = SessionParameters.evening(seed: 9, minutes: 6)
        parameters.halts = [DaySpan(start: -21_480, end: -21_360)]
        let tape = SyntheticTape(parameters)
        let (start, end) = (instant(-21_480), instant(-21_360))
        for stream in [SyntheticStream.signal, .traded] {
            let book = tape.book(stream)
            #expect(book.contains { $0.eventTime < start } && book.contains { $0.eventTime >= end })
            #expect(!book.contains { $0.eventTime >= start && $0.eventTime < end })
        }
        let halts = tape.book(.status).filter { $0.eventTime == start }
        #expect(halts.count == 2)
        #expect(
            halts.allSatisfy { $0.load(24, as: UInt16.self) == 8 && $0.load(30, as: UInt8.self) == UInt8(ascii: "N") })
        let resumed = tape.book(.status).filter { $0.eventTime > start && $0.eventTime < end }
        #expect(resumed.map { $0.load(24, as: UInt16.self) } == [7, 7])
    }

    @Test func `a lost feed leaves a hole, then a suspect book, then a clear and a snapshot`() throws {
        var parameters = SessionParameters.evening(seed: 10, rate: 2, minutes: 4)
        parameters.reconnects = [-21_500]
        let book = SyntheticTape(parameters).book(.signal)
        #expect(!book.contains { $0.eventTime >= instant(-21_500) && $0.eventTime < instant(-21_498) })
        let suspects = book.filter { $0.flags.contains(.maybeBadBook) }
        #expect(!suspects.isEmpty)
        #expect(suspects.allSatisfy { $0.eventTime >= instant(-21_498) && $0.eventTime < instant(-21_497.5) })
        let clear = try #require(book.firstIndex { $0.action == .clear })
        #expect(book[clear].eventTime >= instant(-21_497.5))
        #expect(book[clear].levels.allSatisfy { $0 == BidAskPair() })
        #expect(book[clear + 1].flags == [.last, .snapshot, .badReceiveTime])
        #expect(book[(clear + 1)...].allSatisfy { !$0.flags.contains(.maybeBadBook) })
        // The hole is in the sequence numbers too.
        let hole = try #require(book.firstIndex { $0.eventTime >= instant(-21_498) })
        #expect(book[hole].sequence > book[hole - 1].sequence + 10)
        #expect(
            zip(book, book.dropFirst()).allSatisfy { $0.sequence < $1.sequence && $0.receiveTime <= $1.receiveTime })
    }
}
