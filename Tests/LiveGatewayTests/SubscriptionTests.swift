import DBN
import LiveGateway
import Testing
import Units

@Suite struct SubscriptionTests {
    private static let acknowledged = "+Subscription request 0 for mbp-10 data succeeded"

    @Test func `acknowledgement, mappings, errors, then data`() throws {
        let talk = try Conversation(.usual())
        try talk.start("schema=mbp-10|stype_in=raw_symbol|symbols=ESZ6,NOSUCH,ESH7,OTHER|id=0|is_last=1")
        try talk.play()
        #expect(
            try talk.story() == [
                Self.acknowledged, "ESZ6=ESZ6", "ESH7=ESH7", "!4 Failed to resolve symbol NOSUCH",
                "!4 Failed to resolve symbol OTHER", ".",
            ])
        #expect(try talk.data().count == 10)
    }

    @Test func `unknown symbols may be passed over in silence`() throws {
        let talk = try Conversation(.usual(), reportsUnresolved: false)
        try talk.start("schema=mbp-10|symbols=NOSUCH,ESZ6|id=0")
        try talk.play()
        #expect(try talk.story() == [Self.acknowledged, "ESZ6=ESZ6", "."])
    }

    @Test func `pieces of a subscription are one, whatever comes between`() throws {
        let talk = try Conversation(.usual())
        try talk.start(
            "schema=mbp-10|symbols=ESZ6|id=0|is_last=0", "schema=definition|symbols=ALL_SYMBOLS|id=1|is_last=1",
            "schema=mbp-10|symbols=ESH7|id=0|is_last=1")
        #expect(
            try talk.story() == [
                "+Subscription request 1 for definition data succeeded", "ESZ6=ESZ6", "ESH7=ESH7",
                "ESZ6 P6000=ESZ6 P6000", Self.acknowledged, "ESZ6=ESZ6", "ESH7=ESH7",
            ])
    }

    @Test func `thousands of symbols in chunks`() throws {
        let talk = try Conversation(.usual(), reportsUnresolved: false)
        let symbols = (0..<4_998).map { "NONE\($0)" } + ["ESH7", "ESZ6"]
        try talk.authenticate()
        for chunk in 0..<10 {
            let names = symbols[(500 * chunk)..<(500 * (chunk + 1))].joined(separator: ",")
            try talk.send("schema=mbp-10|symbols=\(names)|id=0|is_last=\(chunk == 9 ? 1 : 0)\n", size: 1_000)
        }
        try talk.send("start_session\n")
        #expect(try talk.story() == [Self.acknowledged, "ESH7=ESH7", "ESZ6=ESZ6"])
    }

    @Test(arguments: [
        ("parent", "ES.FUT", ["ESZ6", "ESH7"]), ("parent", "ES.OPT", ["ESZ6 P6000"]), ("parent", "NQ.FUT", []),
        ("continuous", "ES.c.0", ["ESZ6"]), ("continuous", "ES.v.1", ["ESH7"]), ("continuous", "ES.c.2", []),
        ("instrument_id", "12", ["ESH7"]), ("instrument_id", "99", []), ("instrument_id", "ESH7", []),
    ])
    func `symbols of every type`(type: String, symbol: String, expected: [String]) throws {
        let talk = try Conversation(.usual(), reportsUnresolved: false)
        try talk.start("schema=mbp-10|stype_in=\(type)|symbols=\(symbol)|id=0")
        #expect(try talk.story() == [Self.acknowledged] + expected.map { "\(symbol)=\($0)" })
    }

    @Test func `without definitions, symbols tell what they are by their form`() throws {
        let market = try Market()
        try market.write("mbp-10", .mbp10, [Market.book(Market.december, at: Market.open)])
        let talk = try Conversation(market)
        try talk.start(
            "schema=mbp-10|stype_in=parent|symbols=ES.OPT|id=1",
            "schema=mbp-10|stype_in=continuous|symbols=ES.c.1|id=2")
        #expect(
            try talk.story() == [
                "+Subscription request 1 for mbp-10 data succeeded", "ES.OPT=ESZ6 P6000",
                "+Subscription request 2 for mbp-10 data succeeded", "ES.c.1=ESH7",
            ])
    }

    @Test func `a subscription that comes late is answered in the stream and gets no replay`() throws {
        let talk = try Conversation(.usual())
        try talk.start("schema=mbp-10|symbols=ESZ6|id=0")
        let late = Market.open + 2 * Market.second
        try talk.send(
            "schema=mbp-10|symbols=ESH7|id=1|start=0\n", at: TapeInstant(time: late, liveBegin: late))
        try talk.play()
        #expect(
            try talk.story() == [
                Self.acknowledged, "ESZ6=ESZ6", "+Subscription request 1 for mbp-10 data succeeded", "ESH7=ESH7", ".",
            ])
        #expect(try talk.data().count == 5 + 3)
    }

    @Test(arguments: [
        ("schema=mbp-11|symbols=ESZ6", "Unknown schema mbp-11."),
        ("symbols=ESZ6|stype_in=raw_symbol", "No schema was given."),
        ("schema=mbp-10|stype_in=isin|symbols=X", "stype_in=isin is not served: expected one of"),
        ("schema=mbp-10|symbols=", "No symbols were given."), ("schema=mbp-10", "No symbols were given."),
        ("schema=mbp-10|symbols=ESZ6|id=-1", "id=-1 is no number of 32 bits."),
        ("schema=mbp-10|symbols=ESZ6|start=soon", "start=soon is neither nanoseconds since 1970 nor ISO 8601."),
        ("schema=mbp-10|symbols=ESZ6|snapshot=1", "A snapshot is of the mbo schema only."),
        ("schema=mbo|symbols=ESZ6|snapshot=1|start=0", "A snapshot and a start exclude each other."),
    ])
    func `a bad subscription ends the session, and says so in the stream alone`(line: String, why: String) throws {
        let talk = try Conversation(.usual())
        try talk.authenticate()
        try talk.send(line + "\n")
        #expect(talk.session.phase == .subscribing)
        try talk.send("start_session\n")
        #expect(talk.text == "success=1|session_id=42\n")
        let story = try talk.story()
        #expect(story.count == 1 && story.first?.hasPrefix("!5 \(why)") ?? false, "\(story)")
        #expect(talk.session.phase == .closed)
    }

    @Test func `unknown lines are noted and ignored`() throws {
        let talk = try Conversation(.usual())
        try talk.start("unsubscribe=1|id=0", "", "schema=mbp-10|symbols=ESZ6|id=0")
        #expect(try talk.story() == [Self.acknowledged, "ESZ6=ESZ6"])
        #expect(talk.session.notes.contains("ignored a line of: unsubscribe id"))
    }

    @Test func `a start without subscriptions is metadata alone`() throws {
        let talk = try Conversation(.usual())
        try talk.start()
        #expect(try talk.received().records.isEmpty)
        #expect(try talk.received().metadata?.dataset == Market.dataset)
    }
}
