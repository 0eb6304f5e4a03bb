import DBN
@preconcurrency import Glibc
import Network
import Platform
import Testing
import Units

@testable import LiveFeed

/// A gateway that does not take connections: what a machine that is gone looks like from far away.
@Suite struct PendingConnectionTests {
    /// A listener whose queue is full: the system answers no further connection.
    private final class DeafListener {
        let port: UInt16
        private var descriptors: [Int32] = []

        init() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptors = [listener]
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    bind(listener, raw, size) == 0 && listen(listener, 0) == 0 && getsockname(listener, raw, &size) == 0
                }
            }
            try #require(bound)
            port = UInt16(bigEndian: address.sin_port)
            for _ in 0..<3 {
                let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                descriptors.append(filler)
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                        _ = Glibc.connect(filler, raw, size)
                    }
                }
            }
        }

        deinit { for descriptor in descriptors { close(descriptor) } }
    }

    @Test func `who waits for a deaf gateway goes on working`() throws {
        let gateway = try DeafListener()
        var timing = TestFeed.timing
        timing.connect = .seconds(60)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        let begin = MonotonicClock.now()
        for _ in 0..<4 { feed.receive(timeout: .milliseconds(5), into: &recorder) }
        #expect(feed.state == .connecting && feed.descriptor != nil && recorder.failures.isEmpty)
        feed.close(into: &recorder)
        #expect(feed.state == .closed)
        // Far from the attempt's own end.
        #expect(MonotonicClock.now() - begin < .seconds(30))
    }

    @Test func `an attempt that is over fails with the peer's name, and another follows`() throws {
        let gateway = try DeafListener()
        var timing = TestFeed.timing
        timing.connect = .milliseconds(20)
        var feed = try TestFeed.make(port: gateway.port, timing: timing)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { _, recorder in recorder.failures.count >= 2 }
        feed.close(into: &recorder)
        let failure = try #require(recorder.failures.first)
        #expect(failure.reason == .unreachable && failure.text.contains("127.0.0.1:\(gateway.port)"), "\(failure)")
        #expect(recorder.events.count { if case .connecting = $0 { true } else { false } } >= 2)
    }
}
