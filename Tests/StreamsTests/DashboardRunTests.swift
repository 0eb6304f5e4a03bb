import Foundation
import Network
import Orders
import Platform
import Signals
import Synchronization
import TestSupport
import Testing
import Units
import ZeroMQ

@testable import Dashboard
@testable import Features
@testable import Streams

/// The dashboard over sockets, from one run to the next.
@Suite struct DashboardRunTests {
    /// An engine's streams with one row, and a signal or more.
    private static func publish(
        _ endpoints: StreamEndpoints, run: UInt64, mid: Double, signals: UInt64, while body: () throws -> Void
    ) throws {
        var publisher = try StreamPublisher(
            try ZeroMQContext(), feed: endpoints.feed(.engine), snapshots: endpoints.snapshots(.engine), run: run,
            [StreamPlan(.features("ES")), StreamPlan(.levels("ES")), StreamPlan(.signals("ES"))])
        let handles = (
            publisher.handle(.features("ES")), publisher.handle(.levels("ES")), publisher.handle(.signals("ES"))
        )
        guard let features = handles.0, let levels = handles.1, let topic = handles.2 else {
            preconditionFailure("all were planned")
        }
        var market = [Double](repeating: .nan, count: MarketFeature.count)
        market[MarketFeature.mid.rawValue] = mid
        let stamp = FrameStamp(ringSequence: 1, receiveTime: 1_000_000_000, publishTime: 0)
        try market.withUnsafeBufferPointer { try publisher.publish($0, stamp, to: features) }
        let other = [Double](repeating: .nan, count: FeatureSchema.marketOffset)
        try other.withUnsafeBufferPointer { try publisher.publish($0, stamp, to: levels) }
        for _ in 0..<signals { try publisher.publish(Signal.blank, stamp, to: topic) }
        var isDone = false
        let end = MonotonicClock.now() + .seconds(60)
        while !isDone, MonotonicClock.now() < end {
            try publisher.serveRequests(now: now, wallTime: Timestamp(nanoseconds: 1))
            do {
                try body()
                isDone = true
            } catch is NotYet { usleep(20_000) }
        }
        #expect(isDone, "run \(run) is shown")
    }

    private struct NotYet: Error {}

    private static func state(_ dashboard: Dashboard) throws -> [String: Any] {
        let port = try #require(UInt16(dashboard.address.split(separator: ":").last ?? ""))
        let connection = try TCPConnection(host: "127.0.0.1", port: port, timeout: .seconds(5))
        try connection.write("GET /state HTTP/1.1\r\nHost: \(dashboard.address)\r\n\r\n", timeout: .seconds(5))
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var answer: [UInt8] = []
        while case .bytes(let count) = try bytes.withUnsafeMutableBytes({ raw in
            try connection.read(into: raw, timeout: .seconds(5))
        }) { answer += bytes[..<count] }
        let text = String(decoding: answer, as: UTF8.self)
        guard let body = text.range(of: "\r\n\r\n"), text.hasPrefix("HTTP/1.1 200 ") else { throw NotYet() }
        let object = try JSONSerialization.jsonObject(with: Data(text[body.upperBound...].utf8))
        return try #require(object as? [String: Any])
    }

    private static func expect(_ dashboard: Dashboard, mid: Double, signals: Int) throws {
        let state = try state(dashboard)
        let market = (state["market"] as? [String: Any])?["market"] as? [String: Any]
        let found = (state["rows"] as? [String: Any])?["signals"] as? [String: Any]
        guard (market?["values"] as? [String: Any])?["mid_price_points"] as? Double == mid,
            found?["count"] as? Int == signals
        else { throw NotYet() }
    }

    @Test func `it waits for a run, follows to another one, and ends at once`() throws {
        let directory = try Scratch()
        let endpoints = StreamEndpoints(directory: directory.path)
        let asked = Counter()
        let dashboard = try Dashboard(
            port: 0, streams: endpoints, program: "test",
            status: {
                asked.value.add(1, ordering: .relaxed)
                return DashboardStatus(report: "{\"processes\": []}", lock: "{\"reason\": \"</script>\"}")
            }, failed: { _ in })
        try eventually("nothing is known, and said") {
            guard let state = try? Self.state(dashboard) else { return false }
            return (state["market"] as? [String: Any])?["market"] is NSNull
        }
        try Self.publish(endpoints, run: 1, mid: 6_800.5, signals: 3) {
            try Self.expect(dashboard, mid: 6_800.5, signals: 3)
        }
        try Self.publish(endpoints, run: 2, mid: 7_000.25, signals: 1) {
            try Self.expect(dashboard, mid: 7_000.25, signals: 1)
        }
        try eventually("silence is shown") {
            let streams = (try Self.state(dashboard)["market"] as? [String: Any])?["streams"] as? [[String: Any]]
            return streams?.first?["heard"] as? Bool == false
        }
        #expect(asked.value.load(ordering: .relaxed) >= 1)
        let began = MonotonicClock.now()
        dashboard.stop()
        #expect(MonotonicClock.now() - began < .seconds(1))
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }
}
