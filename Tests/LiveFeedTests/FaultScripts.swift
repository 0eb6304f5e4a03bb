import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

/// What the suites of faults have in common.
enum Faults {
    static let t0 = MarketLog.start
    static func book(_ index: UInt32, instrument: UInt32 = 1) -> [UInt8] {
        LiveRecord.book(instrument: instrument, event: t0 + UInt64(index) * 1_000_000, sequence: index)
    }
    static func books(_ range: Range<UInt32>) -> [[UInt8]] { range.map { book($0) } }
    static func finished() throws -> [UInt8] { try LiveRecord.replayed(.mbp10) }

    /// A session that gives these records and the end of the replay, then goes on as told.
    static func session(
        _ records: [[UInt8]], then end: @escaping @Sendable (GatewaySide) throws -> Void
    ) throws -> ScriptedGateway.Script {
        let all = try records + [finished()]
        return { side in
            try side.begin(LiveStream(), all)
            try end(side)
        }
    }

    static let untilEnd: @Sendable (GatewaySide) throws -> Void = { try $0.waitForEnd() }

    /// Runs to the second time that the feed is live.
    static func run(_ scripts: [ScriptedGateway.Script]) throws -> (FeedRecorder, [[String]]) {
        let gateway = try ScriptedGateway(scripts)
        var feed = try TestFeed.make(port: gateway.port)
        var recorder = FeedRecorder()
        TestFeed.run(&feed, &recorder) { $1.lives == 2 }
        #expect(feed.state == .live)
        feed.close(into: &recorder)
        return (recorder, try gateway.finish())
    }

    static func start(of line: String) -> String? { GatewayLine(Array(line.utf8))["start"] }
}
