import Glibc
import Platform
import Synchronization
import Testing
import Units

/// Where a thread may run is its own: each of these takes one of its own, so that no other test is kept off a core.
@Suite struct CoresTests {
    private final class Answer<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)
        func give(_ new: Value) { value.withLock { $0 = new } }
        func take() throws -> Value { try #require(value.withLock { $0 }) }
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) throws -> Value {
        let answer = Answer<Value>()
        try JoinableThread { answer.give(body()) }.join()
        return try answer.take()
    }

    @Test func `a thread that keeps off a core, and those that it starts, run on the others`() throws {
        let cores = Cores.usable
        let first = try #require(cores.first)
        let left = try onThread { () -> [[Int]] in
            do throws(SystemCallError) { try Cores.keepOff(first) } catch { return [] }
            let own = Cores.usable
            let child = Answer<[Int]>()
            guard let thread = try? JoinableThread({ child.give(Cores.usable) }) else { return [own] }
            thread.join()
            return [own, (try? child.take()) ?? []]
        }
        let others = Array(cores.dropFirst())
        #expect(left == (others.isEmpty ? [] : [others, others]))
        #expect(Cores.usable == cores)
    }

    @Test func `nobody keeps off the last core that is left`() throws {
        let cores = Cores.usable
        let outcome = try onThread { () -> Int32? in
            for core in cores {
                do throws(SystemCallError) { try Cores.keepOff(core) } catch { return error.code }
            }
            return nil
        }
        #expect(outcome == EINVAL)
    }

    @Test func `a thread that keeps on a core runs there alone, also after it was kept off it`() throws {
        let cores = Cores.usable
        let core = try #require(cores.last)
        let own = try onThread { () -> [Int] in
            if cores.count > 1 { do throws(SystemCallError) { try Cores.keepOff(core) } catch { return [] } }
            do throws(SystemCallError) { try Cores.keepOn(core) } catch { return [] }
            return Cores.usable
        }
        #expect(own == [core])
    }

    @Test func `each core is kept awake by one thread, until the end`() throws {
        let cores = Cores.usable
        let awake = try AwakeCores(cores)
        #expect(Self.comes { awake.awakeCount == cores.count })
        awake.end()
        #expect(Self.comes { awake.awakeCount == 0 })
    }

    /// Threads that give way to everybody may have to wait long on a busy machine.
    private static func comes(_ condition: () -> Bool) -> Bool {
        let end = MonotonicClock.now() + .seconds(30)
        while MonotonicClock.now() < end {
            if condition() { return true }
            usleep(1_000)
        }
        return false
    }
}
