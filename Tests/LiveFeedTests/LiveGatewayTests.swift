import DBN
import Foundation
import Tape
import Testing
import Units

@testable import LiveFeed

/// Against a gateway that runs beside the tests: `TEST_LIVE_GATEWAY` has its address, `TEST_LIVE_TAPE` the
/// one file that it serves. What the feed hands on must be what the tape holds.
@Suite struct LiveGatewayTests {
    private static let gateway = ProcessInfo.processInfo.environment["TEST_LIVE_GATEWAY"]
    private static let tape = ProcessInfo.processInfo.environment["TEST_LIVE_TAPE"]
    private static let holes = ProcessInfo.processInfo.environment["TEST_LIVE_HOLES"] ?? "none"
    private static let compression = ProcessInfo.processInfo.environment["TEST_LIVE_COMPRESSION"] ?? "none"
    private static let seconds =
        ProcessInfo.processInfo.environment["TEST_LIVE_SECONDS"].flatMap(Double.init) ?? 60
    private static let isThere = gateway != nil && tape != nil

    @Test(.enabled(if: isThere, "no gateway beside the tests"))
    func `what a gateway serves is what its tape holds`() throws {
        let path = try #require(Self.tape)
        let parts = try #require(Self.gateway).split(separator: ":")
        let address = GatewayAddress(host: String(parts[0]), port: try #require(UInt16(parts[1])))
        var expected: [[UInt8]] = []
        var file = try TapeFile.open(path, fragment: nil)
        while let record = try file.next() { expected.append(LiveRecord.bytes(record)) }
        let found = file.metadata
        let metadata = try #require(found)
        let schema = try #require(metadata.schema)

        var configuration = LiveFeedConfiguration(
            address: address,
            request: LiveSessionRequest(
                dataset: metadata.dataset, compression: LiveCompression(rawValue: Self.compression) ?? .none),
            seed: 3)
        configuration.timing.backOffMin = .milliseconds(50)
        configuration.timing.backOffMax = .milliseconds(200)
        configuration.timing.silence = .seconds(2)
        let key = try LiveKey.read(
            environment: ProcessInfo.processInfo.environment[LiveKey.variable] ?? "any", file: nil, for: address)
        var feed = try LiveFeed(
            configuration, key: key,
            subscriptions: [LiveSubscription(schema, .rawSymbol, .all, start: Timestamp(nanoseconds: 0))])
        var recorder = FeedRecorder()
        let end = Date(timeIntervalSinceNow: Self.seconds)
        func data(_ recorder: FeedRecorder) -> Int { recorder.records.count { $0[1] != 0x16 } }
        var last = -1
        while Date() < end, feed.state != .refused {
            feed.receive(timeout: .milliseconds(100), into: &recorder)
            let count = recorder.entries.count
            if feed.isWarm || Self.holes != "none", count == last, data(recorder) >= expected.count { break }
            last = count
        }
        feed.close(into: &recorder)
        let got = recorder.records.filter { $0[1] != 0x16 }
        print("events:", recorder.events.filter { $0 != .heartbeat }.map { "\($0)" }.joined(separator: "\n        "))
        print("records: \(got.count) of \(expected.count); \(feed.counters)")
        let difference = zip(got, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        #expect(difference == nil, "the first difference")
        if Self.holes == "none" {
            #expect(got.count == expected.count)
            #expect(recorder.holes == [])
        } else {
            #expect(recorder.holes.map { "\($0.reason)" } == [Self.holes])
        }
    }
}
