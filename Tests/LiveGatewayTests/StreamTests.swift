import DBN
import LiveGateway
import Testing
import Units

@Suite struct StreamTests {
    private static let everything = ["definition", "mbp-10", "trades", "statistics"].map {
        "schema=\($0)|symbols=ALL_SYMBOLS"
    }

    private static func talk(
        _ market: Market, _ lines: [String], isCompressed: Bool = false, hasSendTime: Bool = false
    ) throws -> Conversation {
        let talk = try Conversation(market, isCompressed: isCompressed, hasSendTime: hasSendTime)
        try talk.authenticate()
        for line in lines { try talk.send(line + "\n") }
        try talk.send("start_session\n")
        return talk
    }

    @Test(arguments: ["0", "1970-01-01T00:00Z"])
    func `metadata are those of a live session`(start: String) throws {
        let talk = try Self.talk(.usual(), ["schema=mbp-10|symbols=ESZ6|start=\(start)"])
        let metadata = try #require(try talk.received().metadata)
        let expected = DBNMetadata(
            dataset: Market.dataset, schema: nil, start: Timestamp(nanoseconds: Market.open - 3_600 * Market.second))
        #expect(metadata == expected)
        // 128 bytes: nothing is listed.
        #expect(talk.stream.prefix(8) == [0x44, 0x42, 0x4E, 3, 120, 0, 0, 0])
    }

    @Test func `metadata of a session without replay begin where the day does`() throws {
        let talk = try Self.talk(.usual(), ["schema=mbp-10|symbols=ESZ6"])
        #expect(try talk.received().metadata?.start == Timestamp(nanoseconds: Market.open))
    }

    /// A later start would say that what is missing once was there.
    @Test func `metadata of a replay begin where it was asked for, before the tape too`() throws {
        let start = Market.open - 7_200 * Market.second
        let talk = try Self.talk(.usual(), ["schema=mbp-10|symbols=ESZ6|start=\(start)"])
        #expect(try talk.received().metadata?.start == Timestamp(nanoseconds: start))
    }

    @Test(arguments: [1, 2, 3] as [UInt8], [false, true])
    func `every record of the tape comes as version 3, byte for byte`(version: UInt8, isCompressed: Bool) throws {
        let market = try Market.usual(version: version)
        let talk = try Self.talk(market, Self.everything, isCompressed: isCompressed)
        try talk.play()
        try talk.finish()
        let expected = try Market.usual().records()
        #expect(try talk.data() == expected)
        #expect(expected.count == 3 + 10 + 1 + 1)
    }

    @Test func `with ts_out all records have a send time, ours too, and say so in their length`() throws {
        let market = try Market.usual()
        let talk = try Self.talk(market, Self.everything + ["schema=mbp-10|symbols=NOSUCH"], hasSendTime: true)
        try talk.play()
        try talk.session(heartbeat: ())
        let received = try talk.received()
        #expect(received.metadata?.hasSendTime ?? false)
        let stamp = withUnsafeBytes(of: Conversation.now.nanoseconds.littleEndian) { Array($0) }
        for record in received.records {
            #expect(record.suffix(8).elementsEqual(stamp))
            #expect(Int(record[0]) * 4 == record.count)
        }
        let stripped = received.records.filter { !Conversation.control.contains($0[1]) }.map { record in
            [record[0] - 2] + record[1..<(record.count - 8)]
        }
        #expect(try stripped == market.records())
        #expect(try talk.story().contains("+Heartbeat"))
    }

    @Test func `a send time on the tape is not passed on`() throws {
        let market = try Market()
        var metadata = DBNMetadata(
            dataset: Market.dataset, schema: .trades, start: Timestamp(nanoseconds: Market.open), stypeIn: .rawSymbol,
            hasSendTime: true, symbols: ["ESZ6"])
        metadata.mappings = [
            SymbolMapping(
                rawSymbol: "ESZ6",
                intervals: [MappingInterval(startDate: 20_261_201, endDate: 20_261_202, symbol: "11")])
        ]
        let trade = Market.trade(Market.december, at: Market.open)
        let stamped = [trade[0] + 2] + trade[1...] + [UInt8](repeating: 7, count: 8)
        try market.write("trades", metadata, [stamped])
        let talk = try Self.talk(market, ["schema=trades|symbols=ESZ6"])
        try talk.play()
        #expect(try talk.data() == [trade])
    }

    @Test func `replay and live are served apart, and each schema's replay ends once`() throws {
        let start = Market.open + 3 * Market.second - 10
        let talk = try Self.talk(
            .usual(),
            [
                "schema=mbp-10|symbols=ESZ6|start=\(start)|id=0", "schema=mbp-10|symbols=ESH7|start=\(start)|id=1",
                "schema=trades|symbols=ESZ6|id=2",
            ])
        try talk.play(to: .replay)
        #expect(try talk.data().count == 4)
        try talk.session(finishReplay: ())
        try talk.play(to: .live)
        #expect(try talk.story().suffix(3) == [".", "+Finished mbp-10 replay", "."])
        #expect(try talk.data().count == 5)
    }

    /// The start counts the venue's times: a record that was received later may lie before it.
    @Test func `a start is inclusive and counts event times`() throws {
        let event = Market.open - 10
        for (start, count) in [(event, 5), (event + 1, 4)] {
            let talk = try Self.talk(.usual(), ["schema=mbp-10|symbols=ESZ6|start=\(start)"])
            try talk.play(to: .replay)
            #expect(try talk.data().count == count)
        }
    }

    @Test func `two subscriptions to one record give it once`() throws {
        let talk = try Self.talk(
            .usual(), ["schema=mbp-10|symbols=ESZ6|id=0", "schema=mbp-10|stype_in=parent|symbols=ES.FUT|id=1"])
        try talk.play()
        #expect(try talk.data().count == 10)
    }

    @Test func `an id that changes hands is mapped anew before its first record`() throws {
        let day = 86_400 * Market.second
        let market = try Market()
        let definitions = try [
            Market.definition(11, "ESZ6", .future, expiresAfter: 17),
            Market.definition(11, "NQZ6", .future, expiresAfter: 17, at: Market.open + day - 60 * Market.second),
            Market.definition(21, "ESZ6", .future, expiresAfter: 17, at: Market.open + day - 60 * Market.second),
        ]
        let plain = DBNMetadata(
            dataset: Market.dataset, schema: nil, start: Timestamp(nanoseconds: Market.open), stypeIn: nil)
        let books = [(11, 0), (11, day), (21, day)].map { Market.book($0.0, at: Market.open + $0.1) }
        try market.write("mixed", plain, [definitions[0], books[0], definitions[1], definitions[2], books[1], books[2]])
        let acknowledged = "+Subscription request 0 for mbp-10 data succeeded"
        let all = try Self.talk(market, ["schema=mbp-10|symbols=ALL_SYMBOLS|id=0"])
        try all.play()
        #expect(try all.story() == [acknowledged, "ESZ6=ESZ6", "ESZ6=ESZ6", ".", "NQZ6=NQZ6", "."])
        #expect(try all.data() == books)
        let one = try Self.talk(market, ["schema=mbp-10|symbols=ESZ6|id=0"])
        try one.play()
        #expect(try one.data() == [books[0], books[2]])
    }

    @Test func `a tape of mixed schemas with marks`() throws {
        let market = try Market()
        let plain = DBNMetadata(
            dataset: Market.dataset, schema: nil, start: Timestamp(nanoseconds: Market.open), stypeIn: nil)
        let book = Market.book(Market.december, at: Market.open + 1)
        try market.write(
            "mixed", plain,
            [
                try Market.definition(Market.december, "ESZ6", .future, expiresAfter: 17),
                try Market.mark(at: Market.open), book,
            ])
        let tape = try ServedTape(paths: market.paths)
        #expect(tape.datasets.first?.schemas == [.mbp10, .definition])
        #expect(tape.dayBegin == Timestamp(nanoseconds: Market.open + 1))
        let talk = try Self.talk(market, ["schema=mbp-10|symbols=ALL_SYMBOLS|id=0"])
        try talk.play()
        #expect(try talk.data() == [book])
    }
}

extension Conversation {
    func session(heartbeat: Void) throws { try say { (session) in try session.heartbeat(now: Self.now) } }
    func session(finishReplay: Void) throws { try say { (session) in try session.finishReplay(now: Self.now) } }
}
