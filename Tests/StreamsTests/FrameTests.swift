import CHeapCount
import Determinism
import Features
import Foundation
import Orders
import Risk
import Signals
import TestSupport
import Testing
import Units

@testable import Streams

@Suite struct FrameTests {
    private static let stamp = FrameStamp(
        ringSequence: 1, eventTime: 2, sendTime: 3, receiveTime: 4, localTime: 5, publishTime: 6, quality: 0x0107)

    /// A frame as bytes of its own.
    private static func frame(_ write: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: 4_096)
        let count = bytes.withUnsafeMutableBytes { write($0) }
        return Array(bytes[..<count])
    }

    @Test(arguments: [1, 63, 64, 65, 137, 290])
    func `a vector is read as it was written, to the bit`(columns: Int) throws {
        var generator = SeededGenerator(seed: UInt64(columns))
        let values = (0..<columns).map { index -> Double in
            switch index % 5 {
            case 0: -Double.nan
            case 1: Double(bitPattern: 0x7ff0_0000_0000_0001)
            case 2: index % 2 == 0 ? .infinity : -0.0
            default: Double(bitPattern: generator.next() & 0x7fef_ffff_ffff_ffff)
            }
        }
        let writer = FrameWriter(topic: .features("ES"), kind: .vector, columns: columns, run: 9)
        let bytes = Self.frame { slot in
            values.withUnsafeBufferPointer { writer.write($0, sequence: 77, Self.stamp, into: slot) }
        }
        #expect(bytes.count == 112 + 8 * columns + (columns + 63) / 64 * 8)
        try bytes.withUnsafeBytes { raw in
            let frame = try StreamFrame(raw)
            #expect(frame.topic == .features("ES") && frame.kind == .vector && frame.columnCount == columns)
            #expect(frame.sequence == 77 && frame.run == 9 && frame.stamp == Self.stamp)
            for (index, value) in values.enumerated() {
                let bits: UInt64 = value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern
                #expect(frame.value(index).bitPattern == bits && frame.isDefined(index) == !value.isNaN)
            }
            // Beyond the last column the bitmap is zero.
            for index in columns..<((columns + 63) / 64 * 64) {
                #expect(frame.payload[columns * 8 + index / 8] >> UInt8(index % 8) & 1 == 0)
            }
        }
    }

    @Test func `the header stands where the documentation says`() {
        let writer = FrameWriter(topic: .fills("MES"), kind: .text, run: 0x1122)
        let bytes = Self.frame { slot in
            [UInt8("{}".utf8.first ?? 0), 0x7D].withUnsafeBytes {
                writer.write($0, sequence: 8, Self.stamp, into: slot)
            }
        }
        func number(_ offset: Int, _ size: Int) -> UInt64 {
            (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        #expect(Array(bytes[..<32]) == Array("fills.MES".utf8) + Array(repeating: 0, count: 23))
        #expect((number(32, 2), number(34, 2), number(36, 2), number(38, 2)) == (1, 6, 0, 0x0107))
        #expect((number(40, 8), number(48, 8), number(56, 8), number(64, 8)) == (8, 1, 2, 3))
        #expect((number(72, 8), number(80, 8), number(88, 8), number(96, 8)) == (4, 5, 6, 0x1122))
        #expect((number(104, 4), number(108, 4)) == (2, 0))
        #expect(bytes.count == 114)
        // The same layout in the field list that makes the dtype.
        let sizes = FrameLayout.fields.map { $0.type == "S32" ? 32 : Int($0.type.suffix(1)) ?? 0 }
        #expect(sizes.reduce(0, +) == FrameLayout.headerByteCount)
        let offsets = sizes.indices.map { sizes[..<$0].reduce(0, +) }
        #expect(offsets == [0, 32, 34, 36, 38, 40, 48, 56, 64, 72, 80, 88, 96, 104, 108])
    }

    @Test func `bytes that are no frame are refused with a reason`() throws {
        let writer = FrameWriter(topic: .features("ES"), kind: .vector, columns: 2, run: 9)
        let good = Self.frame { slot in
            [1.0, 2.0].withUnsafeBufferPointer { writer.write($0, sequence: 0, Self.stamp, into: slot) }
        }
        func failure(_ change: (inout [UInt8]) -> Void) -> StreamFrame.Failure? {
            var bytes = good
            change(&bytes)
            do throws(StreamFrame.Failure) {
                let raw = bytes
                _ = try raw.span.bytes.withUnsafeBytes { (raw) throws(StreamFrame.Failure) in try StreamFrame(raw).kind
                }
                return nil
            } catch { return error }
        }
        #expect(failure { _ in } == nil)
        #expect(failure { $0 = Array($0[..<111]) } == .truncated(byteCount: 111))
        #expect(failure { $0[0] = 0 } == .topic)
        #expect(failure { $0[31] = 1 } == .topic)
        #expect(failure { $0[32] = 2 } == .version(found: 2))
        #expect(failure { $0[34] = 99 } == .kind(found: 99))
        #expect(failure { $0.removeLast() } == .length(byteCount: 135, expected: 136))
        #expect(failure { $0[36] = 3 } == .length(byteCount: 136, expected: 144))
        // A vector's bytes called a signal.
        #expect(failure { $0[34] = 2 } == .length(byteCount: 136, expected: 112 + RecordLayout.signal.byteCount))
    }

    @Test func `topics and filters`() throws {
        #expect(StreamTopic("features.ES")?.name == "features.ES")
        for name in ["", "a b", "ümlaut", String(repeating: "a", count: 32), "a\0"] {
            #expect(StreamTopic(name) == nil)
        }
        let es = StreamTopic.features("ES")
        for (text, isWanted) in [
            ("features.ES", true), ("features", true), ("*", true), ("feature", false), ("features.E", false),
            ("features.ES.x", false), ("levels", false),
        ] {
            let filter = try #require(TopicFilter(text))
            #expect(filter.matches(es) == isWanted, "\(text)")
            // ZeroMQ filters by the same prefixes.
            #expect(filter.prefixes.contains { es.field.starts(with: $0) } == isWanted, "\(text)")
        }
        #expect(TopicFilter("") == nil && TopicFilter("a*") == nil)
        #expect(StreamProcess.publishing(try #require(TopicFilter("status"))) == StreamProcess.allCases)
        #expect(StreamProcess.publishing(try #require(TopicFilter("status.risk"))) == [.risk])
        #expect(StreamProcess.publishing(try #require(TopicFilter("fills.MES"))) == [.execution])
        #expect(StreamProcess.publishing(try #require(TopicFilter("strikes"))) == [.engine])
        #expect(StreamProcess.publishing(try #require(TopicFilter("weather"))) == [])
    }

    @Test func `the layouts of records are those of their canonical bytes`() throws {
        #expect(RecordLayout.signal.byteCount == Signal.byteCount)
        #expect(RecordLayout.verdict.byteCount == VerdictRecord.byteCount)
        #expect(RecordLayout.order.byteCount == OrderUpdate.byteCount)
        #expect(RecordLayout.fill.byteCount == Fill.byteCount)
        func values(_ record: some CanonicalBytes, _ layout: RecordLayout) -> [String: FieldValue] {
            record.canonicalBytes.withUnsafeBytes { raw in
                Dictionary(uniqueKeysWithValues: layout.fields.map { ($0.name, $0.value(in: raw)) })
            }
        }
        let fill = Fill(
            sequence: 1, venueTime: Timestamp(nanoseconds: 2), time: Timestamp(nanoseconds: 3),
            order: ClientOrderID(raw: 4), parent: ClientOrderID(raw: 5), role: .target, side: .sell,
            quantity: Quantity(6), price: Ticks(-7), fee: Money(nanos: 8), liquidity: .maker,
            strategy: .level)
        #expect(
            values(fill, .fill) == [
                "sequence": .unsigned(1), "venue_time": .unsigned(2), "time": .unsigned(3), "id": .unsigned(4),
                "parent": .unsigned(5), "role": .unsigned(3), "side": .integer(-1), "quantity": .integer(6),
                "price": .integer(-7), "fee": .integer(8), "liquidity": .unsigned(2),
                "strategy": .unsigned(1),
            ])
        var order = Order(
            id: ClientOrderID(raw: 3), parent: ClientOrderID(raw: 4), link: ClientOrderID(raw: 5), role: .close,
            side: .buy, quantity: Quantity(6), type: .stop, price: Ticks(-7), timeInForce: .immediateOrCancel)
        order.limit = Ticks(9)
        order.trail = Ticks(10)
        order.isReduceOnly = true
        order.strategy = .level
        let update = OrderUpdate(
            sequence: 1, time: Timestamp(nanoseconds: 2), messageTime: .undefined, order: order, state: .unknown,
            reason: .malformed, leaves: Quantity(8))
        #expect(
            values(update, .order) == [
                "sequence": .unsigned(1), "time": .unsigned(2), "id": .unsigned(3), "parent": .unsigned(4),
                "link": .unsigned(5), "role": .unsigned(4), "side": .integer(1), "quantity": .integer(6),
                "type": .unsigned(3), "price": .integer(-7), "time_in_force": .unsigned(2), "state": .unsigned(7),
                "reason": .unsigned(9), "leaves": .integer(8), "limit": .integer(9), "trail": .integer(10),
                "reduce_only": .unsigned(1), "strategy": .unsigned(1),
            ])
        var verdict = VerdictRecord.blank
        verdict.sequence = 1
        verdict.time = Timestamp(nanoseconds: 2)
        verdict.intent = ClientOrderID(raw: 3)
        verdict.reason = .noBook
        verdict.position = Quantity(-4)
        verdict.worstPosition = Quantity(5)
        #expect(
            values(verdict, .verdict) == [
                "sequence": .unsigned(1), "time": .unsigned(2), "intent": .unsigned(3), "reason": .unsigned(8),
                "position": .integer(-4), "worst_position": .integer(5),
            ])
        var signal = Signal.blank
        signal.sequence = 1
        signal.time = Timestamp(nanoseconds: 2)
        signal.receiveTime = Timestamp(nanoseconds: 3)
        signal.level = 4
        signal.kind = .bounce
        signal.quality = DataQuality(rawValue: 5)
        signal.test = 6
        signal.score = 7
        signal.confidence = 8
        signal.components = [9, 10, 11, 12, 13, 14, 15]
        #expect(
            values(signal, .signal) == [
                "sequence": .unsigned(1), "time": .unsigned(2), "receive_time": .unsigned(3), "level": .unsigned(4),
                "kind": .unsigned(2), "quality": .unsigned(5), "test": .unsigned(6), "score": .real(7),
                "confidence": .real(8), "aggression": .real(9), "order_flow": .real(10), "liquidity_ahead": .real(11),
                "book": .real(12), "penetration": .real(13), "velocity": .real(14), "iceberg": .real(15),
            ])
        let level = try #require(RecordLayout.signal.fields.first { $0.name == "level" })
        #expect(level.name(of: .unsigned(0)) == "pm_high" && level.name(of: .unsigned(9)) == nil)
    }

    @Test func `a schema names every column of the registry once, in the order of the vector`() throws {
        let market = StreamSchema.features("ES")
        let levels = StreamSchema.levels("ES")
        #expect(market.columns.count == 137 && levels.columns.count == 290)
        #expect((levels.columns + market.columns).map(\.name) == FeatureSchema.columns.map(\.name))
        #expect((levels.columns + market.columns).map(\.unit) == FeatureSchema.columns.map(\.definition.unit))
        for schema in [
            market, levels, .strikes("ES"), .signals("ES"), .verdicts("MES"), .orders("MES"), .fills("MES"),
            .status("engine"),
        ] {
            let json = try JSONSerialization.jsonObject(with: Data(schema.json(run: .max).utf8))
            let object = try #require(json as? [String: Any])
            #expect(object["topic"] as? String == schema.topic.name && object["version"] as? Int == 1)
            #expect((object["run"] as? NSNumber)?.uint64Value == .max)
            #expect(
                (object["columns"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
                    == schema.columns.map(\.name))
            let bytes = schema.payloadByteCount.map { $0 + 112 }
            #expect(object["frame_bytes"] as? Int == bytes)
            // The dtype takes as many bytes as the frame has.
            func size(_ entries: [Any]) -> Int {
                entries.reduce(0) { sum, entry in
                    guard let entry = entry as? [Any] else { return sum }
                    if let fields = entry[1] as? [Any] { return sum + size(fields) }
                    let type = entry[1] as? String ?? ""
                    let count = entry.count > 2 ? ((entry[2] as? [Int])?.first ?? 0) : 1
                    return sum + (type == "S32" ? 32 : Int(type.suffix(1)) ?? 0) * count
                }
            }
            #expect(size(object["dtype"] as? [Any] ?? []) == bytes ?? 112, "\(schema.topic)")
        }
    }

    @Test func `a ring of slots keeps a message of any length as it was`() {
        var ring = SlotRing(slotByteCount: 200, capacity: 16, next: 5)
        var random = SeededGenerator(seed: 20_261_127)
        for sequence in 5..<400 as Range<UInt64> {
            let message = (0..<Int(sequence % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            message.withUnsafeBytes { ring.append($0) }
            #expect(ring.next == sequence + 1)
            #expect(ring.message(sequence).elementsEqual(message))
        }
        #expect(ring.count == 16 && ring.message(ring.first).count == Int(ring.first % 200))
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `writing frames touches the heap not once`() {
        let vector = FrameWriter(topic: .levels("ES"), kind: .vector, columns: 290, run: 9)
        let record = FrameWriter(topic: .fills("MES"), kind: .fill, run: 9)
        let values = [Double](repeating: .nan, count: 290)
        var ring = SlotRing(slotByteCount: 4_096, capacity: 8, next: 0)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 64)
        defer { scratch.deallocate() }
        var calls: UInt64 = 0
        values.withUnsafeBufferPointer { values in
            var before: UInt64 = 0
            for index in 0..<1_000 {
                // Warm.
                if index == 10 { before = lh_heap_calls() }
                let count = vector.write(values, sequence: ring.next, Self.stamp, into: scratch)
                ring.append(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                ring.commit(
                    byteCount: record.write(Fill.blank, sequence: ring.next, Self.stamp, into: ring.nextSlot))
            }
            calls = lh_heap_calls() - before
        }
        #expect(calls == 0)
        #expect(ring.next == 2_000 && ring.first == 1_992)
    }
}
