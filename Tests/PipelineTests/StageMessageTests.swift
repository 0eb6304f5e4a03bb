import Determinism
import Orders
import Risk
import Signals
import Testing
import Units

@testable import Pipeline

@Suite struct StageMessageTests {
    @Test func `what is carried over comes out as it went in`() throws {
        var usage = DayUsage()
        usage.stamp = 1
        usage.tradeDate = 20_260_310
        usage.profit = Money(cents: -41)
        usage.drawdown = Money(cents: 42)
        usage.programmeDrawdown = Money(cents: 43)
        usage.trades = 4
        usage.lockReason = .dailyLoss
        usage.lockDate = 20_260_309
        usage[.level].trades = 5
        usage[.account].lockDate = 6
        guard case .carried(let found) = try StageMessage(bytes: try StageMessage.carried(usage).bytes) else {
            Issue.record("another kind")
            return
        }
        #expect(found == usage)
        var other = usage
        other[.level].profit = Money(cents: 1)
        #expect(!found.hasSameContents(as: other))
    }

    @Test func `a verdict's message has what its canonical bytes leave out`() throws {
        var verdict = VerdictRecord.blank
        verdict.action = .close
        verdict.signal = 7
        verdict.cause = .flatByTime
        guard case .verdict(let found) = try StageMessage(bytes: try StageMessage.verdict(verdict).bytes) else {
            Issue.record("another kind")
            return
        }
        #expect(found == verdict)
        #expect(verdict.canonicalBytes == VerdictRecord.blank.canonicalBytes)
    }

    @Test func `the short way of a signal writes the bytes that every message has`() throws {
        var random = SeededGenerator(seed: 20_261_127)
        for _ in 0..<200 {
            var signal = Signal.blank
            signal.sequence = random.next()
            signal.time = Timestamp(nanoseconds: random.next())
            signal.receiveTime = Timestamp(nanoseconds: random.next())
            signal.level = UInt8(random.next() % 5)
            signal.kind = random.next() % 2 == 0 ? .breakout : .bounce
            signal.quality = DataQuality(rawValue: UInt16(truncatingIfNeeded: random.next()))
            signal.test = UInt32(truncatingIfNeeded: random.next())
            // Any bits: undefined numbers of every kind among them.
            signal.score = Double(bitPattern: random.next() | 0x7ff8_0000_0000_0000)
            signal.confidence = Double(bitPattern: random.next())
            for index in signal.components.indices { signal.components[index] = Double(bitPattern: random.next()) }
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: StageMessage.signalByteCount, alignment: 8)
            defer { room.deallocate() }
            var writer = CanonicalWriter(room)
            StageMessage.write(signal, into: &writer)
            #expect(writer.count == StageMessage.signalByteCount)
            #expect(Array(room) == (try StageMessage.signal(signal).bytes))
        }
    }
}
