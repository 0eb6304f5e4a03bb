import Foundation
import Platform
import Synchronization
import Testing
import Units

@Suite struct DoorbellTests {
    /// A word on its own.
    private final class Word: @unchecked Sendable {
        let pointer = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
        init() { UnsafeMutableRawPointer(pointer).storeBytes(of: 0, as: UInt32.self) }
        deinit { pointer.deallocate() }
        var bell: Doorbell { Doorbell(pointer, owner: self) }
    }

    @Test func `who was called since it listened does not sleep`() {
        let bell = Word().bell
        let heard = bell.calls
        bell.ring()
        let start = MonotonicClock.now()
        bell.sleep(unlessCalledSince: heard, atMost: .seconds(60))
        #expect(MonotonicClock.now() - start < .seconds(30))
        #expect(bell.calls == heard + 1)
    }

    @Test func `a sleep ends by itself`() {
        let bell = Word().bell
        bell.sleep(unlessCalledSince: bell.calls, atMost: .milliseconds(1))
        #expect(bell.calls == 0)
    }

    /// Two threads ring and answer in turn: a call that were lost would cost a minute.
    @Test func `no call is lost`() throws {
        let (one, other) = (Word().bell, Word().bell)
        let rounds: UInt32 = 2_000
        let start = MonotonicClock.now()
        let thread = try JoinableThread {
            for round in 0..<rounds {
                while one.calls == round { one.sleep(unlessCalledSince: round, atMost: .seconds(60)) }
                other.ring()
            }
        }
        for round in 0..<rounds {
            one.ring()
            while other.calls == round { other.sleep(unlessCalledSince: round, atMost: .seconds(60)) }
        }
        thread.join()
        #expect(MonotonicClock.now() - start < .seconds(60))
        #expect(one.calls == rounds && other.calls == rounds)
    }
}
