import DBN
import Foundation
import Testing
import Units

@testable import LiveFeed

@Suite struct LiveRequestTests {
    @Test func `the response to a challenge is that of the published vector`() throws {
        let key = try LiveKey(TestKey.text, for: .databento(dataset: "GLBX.MDP3"))
        #expect(
            LiveSessionRequest.response(challenge: "abcd1234", key: key)
                == "be87ce3d564b64481d4ad1902e2b41b26e3eef62b9de37d87eb4a1d4a5199b6f-FFFFF")
    }

    @Test func `the authentication line has every key once`() throws {
        let key = try LiveKey(TestKey.text, for: TestKey.loopback)
        let request = LiveSessionRequest(dataset: "GLBX.MDP3", compression: .zstd, client: "Levelhead/0.1 Linux")
        let line = request.line(challenge: "abcd1234", key: key)
        #expect(line.hasSuffix("\n"))
        let fields = line.dropLast().split(separator: "|").map(String.init)
        #expect(
            fields.dropFirst() == [
                "dataset=GLBX.MDP3", "encoding=dbn", "ts_out=1", "compression=zstd", "heartbeat_interval_s=10",
                "slow_reader_behavior=warn", "client=Levelhead/0.1 Linux",
            ])
        #expect(fields[0].hasPrefix("auth=be87"))
        #expect(!line.contains(TestKey.text))
    }

    @Test func `the gateway of a dataset has its name in lower case with dashes`() {
        let address = GatewayAddress.databento(dataset: "GLBX.MDP3")
        #expect(address.description == "glbx-mdp3.lsg.databento.com:13000")
        #expect(!address.isLoopback)
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
    func `addresses of this machine are known`(host: String) {
        #expect(GatewayAddress(host: host, port: 1).isLoopback)
    }

    @Test(arguments: ["127.0.0.1.evil.org", "127.0.0", "128.0.0.1", "127.0.0.256", "example.org", ""])
    func `others are not`(host: String) {
        #expect(!GatewayAddress(host: host, port: 1).isLoopback)
    }

    // MARK: Subscriptions

    @Test func `a subscription is a line`() throws {
        let subscription = try LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6", "NQZ6"]))
        #expect(
            subscription.lines(id: 3)
                == ["schema=mbp-10|stype_in=raw_symbol|symbols=ESZ6,NQZ6|snapshot=0|id=3|is_last=1\n"])
        let replay = try LiveSubscription(.definition, .parent, .all, start: Timestamp(nanoseconds: 0))
        #expect(
            replay.lines(id: 4)
                == ["schema=definition|stype_in=parent|symbols=ALL_SYMBOLS|start=0|snapshot=0|id=4|is_last=1\n"])
    }

    @Test(arguments: [(1, 1), (500, 1), (501, 2), (1_000, 2), (1_001, 3)])
    func `symbols go in lines of five hundred, the last one says so`(count: Int, lines: Int) throws {
        let names = (0..<count).map { "SYMBOL\($0)" }
        let subscription = try LiveSubscription(
            .mbp1, .rawSymbol, .named(names), start: Timestamp(nanoseconds: 17))
        let made = subscription.lines(id: 9)
        #expect(made.count == lines)
        var found: [String] = []
        for (index, line) in made.enumerated() {
            let fields = GatewayLine(line.utf8.dropLast())
            #expect(fields["is_last"] == (index == lines - 1 ? "1" : "0"))
            #expect(fields["id"] == "9" && fields["start"] == "17")
            #expect(line.utf8.count <= 64 << 10)
            found += (fields["symbols"] ?? "").split(separator: ",").map(String.init)
        }
        #expect(found == names)
    }

    @Test(arguments: ["", "A,B", "A|B", "A\nB", "Ä", "ALL_SYMBOLS", String(repeating: "A", count: 71)])
    func `what would break a line is refused`(symbol: String) {
        #expect(throws: LiveRequestError.badSymbol(symbol)) {
            try LiveSubscription(.mbp10, .rawSymbol, .named(["ESZ6", symbol]))
        }
    }

    @Test func `options' symbols have blanks`() throws {
        let subscription = try LiveSubscription(.cmbp1, .rawSymbol, .named(["SPXW  261218C05200000"]))
        #expect(subscription.lines(id: 1).first?.contains("symbols=SPXW  261218C05200000|") == true)
    }

    @Test func `what cannot be asked is refused`() {
        #expect(throws: LiveRequestError.noSymbols("mbo")) {
            try LiveSubscription(.mbo, .rawSymbol, .named([]))
        }
        #expect(throws: LiveRequestError.unknownSchema(77)) {
            try LiveSubscription(Schema(rawValue: 77), .rawSymbol, .all)
        }
        #expect(throws: LiveRequestError.unknownSymbolType("smart")) {
            try LiveSubscription(.mbo, SymbolType(rawValue: 2), .all)
        }
        for dataset in ["", "glbx.mdp3", "GLBX|MDP3", "GLBX.MDP3.TOO.LONG"] {
            #expect(throws: LiveRequestError.badDataset(dataset)) {
                try LiveSessionRequest(dataset: dataset).check()
            }
        }
        for seconds in [4, 1_801] {
            #expect(throws: LiveRequestError.badHeartbeat(seconds)) {
                try LiveSessionRequest(dataset: "GLBX.MDP3", heartbeatInterval: seconds).check()
            }
        }
        #expect(throws: LiveRequestError.badClient("a|b")) {
            try LiveSessionRequest(dataset: "GLBX.MDP3", client: "a|b").check()
        }
    }

    // MARK: Lines

    @Test func `a line's fields are found by name, in any order`() {
        let line = GatewayLine(Array("b=2=3|a=1||c|success=0\r".utf8))
        #expect(line["a"] == "1" && line["b"] == "2=3" && line["c"] == "" && line["d"] == nil)
        #expect(line["success"] == "0")
    }

    @Test(
        arguments: [
            ("success=1|session_id=17", HandshakeAnswer.accepted(sessionID: "17")),
            ("session_id=mock-1|new=x|success=1|", .accepted(sessionID: "mock-1")),
            ("success=1", .accepted(sessionID: "")),
            ("success=0|error=Authentication failed.", .refused("Authentication failed.")),
            ("success=2|session_id=1", .refused("no reason given")),
            ("error=Internal error", .refused("Internal error")),
            ("hello", .unknown), ("", .unknown),
        ])
    func `answers are understood`(text: String, answer: HandshakeAnswer) {
        #expect(HandshakeAnswer(GatewayLine(Array(text.utf8))) == answer)
    }

    @Test func `what is quoted from the gateway is short and of one line`() {
        let line = GatewayLine(Array((String(repeating: "x", count: 300) + "\u{1b}[0m").utf8))
        #expect(line.excerpt == String(repeating: "x", count: 200))
        #expect(GatewayLine([0x61, 0x1B, 0x07, 0x62]).excerpt == "ab")
    }
}
