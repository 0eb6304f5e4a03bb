import Foundation
import Orders
import Platform
import Signals
import Testing
import Units
import ZeroMQ

@testable import Dashboard
@testable import Features
@testable import Streams

/// What the dashboard makes of streams.
@Suite struct DashboardStateTests {
    typealias Object = [String: Any]

    /// A frame of a writer, handed to the state.
    private static func give(
        _ state: inout DashboardState, from feed: DashboardState.Feed, at now: Nanoseconds = .zero,
        _ write: (UnsafeMutableRawBufferPointer) -> Int
    ) throws {
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = bytes.withUnsafeMutableBytes { write($0) }
        try bytes.withUnsafeBytes { raw in
            let frame = try StreamFrame(UnsafeRawBufferPointer(rebasing: raw[..<count]))
            state.take(.frame(frame), from: feed, now: now)
        }
    }

    private static func vector(
        _ state: inout DashboardState, _ schema: StreamSchema, _ values: [Double], sequence: UInt64, ring: UInt64,
        time: UInt64 = 1_000_000_000_000
    ) throws {
        let writer = FrameWriter(topic: schema.topic, kind: .vector, columns: values.count, run: 1)
        let stamp = FrameStamp(ringSequence: ring, eventTime: time, receiveTime: time, publishTime: 0, quality: 1 << 10)
        try give(&state, from: .market) { slot in
            values.withUnsafeBufferPointer { writer.write($0, sequence: sequence, stamp, into: slot) }
        }
    }

    private static func market(mid: Double) -> [Double] {
        var values = [Double](repeating: .nan, count: MarketFeature.count)
        values[MarketFeature.mid.rawValue] = mid
        values[MarketFeature.sessionVolume.rawValue] = 12
        return values
    }

    /// Of the first level; the others are inactive.
    private static func levels(distance: Double) -> [Double] {
        var values = [Double](repeating: .nan, count: FeatureSchema.marketOffset)
        values[LevelFeature.distance.rawValue] = distance
        values[LevelFeature.touchCount.rawValue] = 2
        return values
    }

    static func parts(_ state: inout DashboardState, at now: Nanoseconds = .zero) throws -> [String: Object] {
        var result: [String: Object] = [:]
        for part in state.parts(now: now, wallTime: Timestamp(nanoseconds: 5_000_000)) {
            let object = try JSONSerialization.jsonObject(with: Data(part.json))
            result[part.name] = try #require(object as? Object, "\(part.name)")
        }
        return result
    }

    private static func signal(_ sequence: UInt64, level: UInt8 = 0) -> Signal {
        var signal = Signal.blank
        signal.sequence = sequence
        signal.receiveTime = Timestamp(nanoseconds: 7)
        signal.level = level
        signal.score = 0.5
        return signal
    }

    private static func give(_ state: inout DashboardState, _ signal: Signal, run: UInt64 = 1) throws {
        let writer = FrameWriter(topic: .signals("ES"), kind: .signal, run: run)
        try give(&state, from: .signals) {
            writer.write(signal, sequence: signal.sequence, FrameStamp(ringSequence: 0, publishTime: 0), into: $0)
        }
    }

    @Test func `before anything came every part is there, and says that nothing is known`() throws {
        var state = DashboardState(program: "1 \"x\"")
        let parts = try Self.parts(&state, at: .seconds(1))
        let market = try #require(parts["market"])
        #expect(market["market"] is NSNull && market["levels"] is NSNull && market["status_age_ms"] is NSNull)
        #expect(market["program"] as? String == "1 \"x\"" && market["time_ms"] as? Int == 5)
        let streams = try #require(market["streams"] as? [Object])
        #expect(streams.count == 4 && streams.allSatisfy { $0["heard"] is NSNull })
        #expect(parts["status"]?["report"] is NSNull)
        let columns = try #require(parts["catalogue"]?["columns"] as? [String: Object])
        #expect(columns["mid_price_points"]?["undefined"] as? String == "there was no valid mid for a second")
    }

    @Test func `values are those of the frame, undefined ones null, and levels have prices`() throws {
        var state = DashboardState(program: "1")
        try Self.vector(&state, .features("ES"), Self.market(mid: 6_800.125), sequence: 4, ring: 9)
        try Self.vector(&state, .levels("ES"), Self.levels(distance: -2.5), sequence: 4, ring: 9)
        let parts = try Self.parts(&state, at: .milliseconds(30))
        let market = try #require(parts["market"]?["market"] as? Object)
        let values = try #require(market["values"] as? Object)
        #expect(values["mid_price_points"] as? Double == 6_800.125 && values["session_volume_contracts"] as? Int == 12)
        #expect(values["vpin"] is NSNull && market["sequence"] as? Int == 4 && market["age_ms"] as? Int == 30)
        #expect(market["quality"] as? [String] == ["no_history"])
        let rows = try #require((parts["market"]?["levels"] as? Object)?["rows"] as? [Object])
        #expect(rows.map { $0["name"] as? String } == ["pm_high", "pm_low", "or_high", "or_low", "sma_90"])
        #expect(rows[0]["price"] as? Double == 6_800.75 && rows[1]["price"] is NSNull && rows[0]["signal"] is NSNull)
        let samples = try #require(parts["history"]?["samples"] as? [[Any]])
        #expect(samples.count == 1 && samples[0].count == 7 && samples[0][0] as? Int == 1_000_000)
    }

    @Test func `a price is of a mid and a distance of one group`() throws {
        var state = DashboardState(program: "1")
        try Self.vector(&state, .features("ES"), Self.market(mid: 100), sequence: 0, ring: 1)
        try Self.vector(&state, .levels("ES"), Self.levels(distance: 4), sequence: 0, ring: 1)
        try Self.vector(&state, .features("ES"), Self.market(mid: 101), sequence: 1, ring: 2)
        let rows = try #require((Self.parts(&state)["market"]?["levels"] as? Object)?["rows"] as? [Object])
        #expect(rows[0]["price"] as? Double == 99)
    }

    @Test func `a tick is that of the contract that the topic names`() throws {
        var state = DashboardState(program: "1")
        let schemas: [(root: String, price: Double?, tick: Double?)] = [
            ("NQ", 99, 0.25), ("CL", 99.96, 0.01), ("XX", nil, nil),
        ]
        for (place, schema) in schemas.enumerated() {
            let ring = UInt64(place + 1)
            try Self.vector(&state, .features(schema.root), Self.market(mid: 100), sequence: ring, ring: ring)
            try Self.vector(&state, .levels(schema.root), Self.levels(distance: 4), sequence: ring, ring: ring)
            let market = try #require(Self.parts(&state)["market"])
            let rows = try #require((market["levels"] as? Object)?["rows"] as? [Object])
            #expect(rows[0]["price"] as? Double == schema.price && market["tick_points"] as? Double == schema.tick)
        }
    }

    @Test func `columns are found by the names that the publisher gives`() throws {
        var state = DashboardState(program: "1")
        let json = "{\"columns\": [{\"name\": \"new\"}, {\"name\": \"mid_price_points\"}]}"
        state.take(.schema(topic: .features("ES"), json: Array(json.utf8)), from: .market, now: .zero)
        try Self.vector(&state, .features("ES"), [1, 77], sequence: 0, ring: 1)
        let market = try #require(Self.parts(&state)["market"]?["market"] as? Object)
        #expect((market["values"] as? Object)?["mid_price_points"] as? Int == 77)
    }

    @Test func `the newest fifty rows are kept, newest first, and the level has its signal`() throws {
        var state = DashboardState(program: "1")
        for sequence in 1...70 { try Self.give(&state, Self.signal(UInt64(sequence), level: 3)) }
        let parts = try Self.parts(&state)
        let signals = try #require(parts["rows"]?["signals"] as? Object)
        let rows = try #require(signals["rows"] as? [Object])
        #expect(signals["count"] as? Int == 70 && rows.count == 50)
        #expect(rows.first?["sequence"] as? Int == 70 && rows.last?["sequence"] as? Int == 21)
        #expect(rows.first?["level"] as? String == "or_low" && rows.first?["kind"] as? String == "break")
        // Signals came before any row of the levels.
        #expect(parts["market"]?["levels"] is NSNull)
        try Self.vector(&state, .levels("ES"), Self.levels(distance: 1), sequence: 0, ring: 1)
        let levels = try #require((Self.parts(&state)["market"]?["levels"] as? Object)?["rows"] as? [Object])
        #expect((levels[3]["signal"] as? Object)?["sequence"] as? Int == 70)
    }

    @Test func `a part has another version when it says something else`() throws {
        var state = DashboardState(program: "1")
        func versions(_ state: inout DashboardState) -> [String: UInt64] {
            let parts = state.parts(now: .zero, wallTime: Timestamp(nanoseconds: 0))
            return Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.version) })
        }
        let first = versions(&state)
        let second = versions(&state)
        #expect(first.keys.filter { first[$0] != second[$0] } == ["market"])
        try Self.give(&state, Self.signal(1))
        state.take(DashboardStatus(report: "{}"), now: .zero)
        let third = versions(&state)
        #expect(Set(second.keys.filter { second[$0] != third[$0] }) == ["market", "rows", "status"])
    }

    @Test func `frames that are lost are counted, and those from before are told apart`() throws {
        var state = DashboardState(program: "1")
        state.take(.missed(topic: .signals("ES"), 0...9), from: .signals, now: .zero)
        try Self.give(&state, Self.signal(11))
        state.take(.missed(topic: .signals("ES"), 12...13), from: .signals, now: .zero)
        let parts = try Self.parts(&state)
        let signals = try #require(parts["rows"]?["signals"] as? Object)
        #expect(signals["missed"] as? Int == 2 && signals["forgotten"] as? Int == 10)
        let streams = try #require(parts["market"]?["streams"] as? [Object])
        #expect(streams.first { $0["feed"] as? String == "signals" }?["missed"] as? Int == 2)
    }

    @Test func `rows of a run that goes on behind another one are told to be from before`() throws {
        var state = DashboardState(program: "1")
        state.take(.run(1), from: .signals, now: .zero)
        for number in 0...4 as ClosedRange<UInt64> { try Self.give(&state, Self.signal(number)) }
        state.take(.run(2), from: .signals, now: .zero)
        state.take(.run(1), from: .signals, now: .zero)
        let before = try #require(Self.parts(&state)["rows"]?["signals"] as? Object)
        #expect(before["count"] as? Int == 0 && before["forgotten"] as? Int == 5)
        try Self.give(&state, Self.signal(5))
        let signals = try #require(Self.parts(&state)["rows"]?["signals"] as? Object)
        #expect(signals["count"] as? Int == 1 && signals["forgotten"] as? Int == 5 && signals["missed"] as? Int == 0)
    }

    @Test func `silence, flags of the feed and another run are shown`() throws {
        var state = DashboardState(program: "1")
        func market(_ state: inout DashboardState) throws -> Object {
            let streams = try #require(Self.parts(&state)["market"]?["streams"] as? [Object])
            return try #require(streams.first { $0["feed"] as? String == "market" })
        }
        state.take(.run(0xAB), from: .market, now: .zero)
        state.take(.run(0xAB), from: .signals, now: .zero)
        try Self.vector(&state, .features("ES"), Self.market(mid: 100), sequence: 0, ring: 1)
        try Self.vector(&state, .levels("ES"), Self.levels(distance: 4), sequence: 0, ring: 1)
        try Self.give(&state, Self.signal(1))
        state.take(.quality([.stale, .warming]), from: .market, now: .zero)
        state.take(.silent, from: .market, now: .zero)
        var shown = try market(&state)
        #expect(shown["heard"] as? Bool == false && shown["flags"] as? [String] == ["stale", "warming"])
        #expect(shown["run"] as? String == "ab")
        state.take(.heard, from: .market, now: .zero)
        state.take(.run(0xCD), from: .market, now: .zero)
        state.take(.run(0xCD), from: .signals, now: .zero)
        shown = try market(&state)
        #expect(shown["heard"] as? Bool == true && shown["run"] as? String == "cd")
        let parts = try Self.parts(&state)
        #expect(parts["market"]?["market"] is NSNull && parts["history"]?["run"] as? String == "cd")
        #expect((parts["history"]?["samples"] as? [Any])?.isEmpty == true)
        #expect((parts["rows"]?["signals"] as? Object)?["count"] as? Int == 0)
    }

    @Test func `the trail is of ten minutes, a sample a second, and begins anew when time goes back`() throws {
        var trail = PriceTrail()
        for tenth in 0..<20_000 { trail.add(time: UInt64(tenth) * 100, mid: 1, levels: [.nan]) }
        func samples(_ text: String) throws -> [[Any]] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[Any]])
        }
        let all = try samples(trail.json)
        #expect(all.count >= 600 && all.count <= 661 && all.last?[0] as? Int == 1_999_000)
        #expect(all.last?[2] is NSNull)
        #expect(try samples(trail.newest(3)).count == 3)
        trail.add(time: 5, mid: 1, levels: [])
        #expect(try samples(trail.json).count == 1)
    }
}
