import LiveGateway
import Tape
import Testing
import Units

@Suite struct HandshakeTests {
    @Test func `the greeting and the challenge are the lines that every client takes`() throws {
        #expect(GatewaySession.greeting == "lsg_version=0.9.4\n")
        #expect(try Conversation(.usual()).session.challengeLine == "cram=\(Conversation.challenge)\n")
    }

    /// Databento's own test of its client (databento-python, tests/test_common_cram.py).
    @Test func `the published answer to the published challenge is right`() throws {
        let key = ["db-unittestapikey", "1234567890FFFFF"].joined()
        let market = try Market.usual()
        let configuration = GatewaySession.Configuration(
            key: try GatewayKey(key), tape: try ServedTape(paths: market.paths))
        var session = GatewaySession(configuration, challenge: "abcd1234", sessionID: 7)
        let digest = "be87ce3d564b64481d4ad1902e2b41b26e3eef62b9de37d87eb4a1d4a5199b6f"
        let line = Array("auth=\(digest)-FFFFF|dataset=GLBX.MDP3\n".utf8)
        try line.withUnsafeBytes {
            try session.receive($0, now: Timestamp(nanoseconds: 1), at: TapeInstant(time: 0, liveBegin: 0))
        }
        #expect(String(decoding: session.output, as: UTF8.self) == "success=1|session_id=7\n")
    }

    @Test func `a tape that is given twice is refused before anybody connects`() throws {
        let paths = try Market.usual().paths
        #expect(throws: TapeError.self) { try ServedTape(paths: paths + paths) }
    }

    @Test func `a key may end in anything`() throws {
        let market = try Market.usual()
        for key in ["db-key-with-dashes", "db-------", "db=a=b=c="] {
            let configuration = GatewaySession.Configuration(
                key: try GatewayKey(key), tape: try ServedTape(paths: market.paths))
            var session = GatewaySession(configuration, challenge: Conversation.challenge, sessionID: 7)
            let line = Array("auth=\(Conversation.answer(key: key))|dataset=GLBX.MDP3\n".utf8)
            try line.withUnsafeBytes {
                try session.receive($0, now: Conversation.now, at: TapeInstant(time: 0, liveBegin: 0))
            }
            #expect(session.phase == .subscribing, "\(key)")
        }
    }

    @Test func `success is told in exactly one line`() throws {
        let talk = try Conversation(.usual())
        try talk.authenticate("|heartbeat_interval_s=5|client=Some Client/1.0|slow_reader_behavior=skip|other=1")
        #expect(talk.text == "success=1|session_id=42\n")
        #expect(talk.session.phase == .subscribing)
        #expect(talk.session.heartbeatInterval == .seconds(5))
    }

    @Test func `the interval is half a minute unless asked for`() throws {
        let talk = try Conversation(.usual())
        try talk.authenticate()
        #expect(talk.session.heartbeatInterval == .seconds(30))
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `lines may come in any pieces`(size: Int) throws {
        let talk = try Conversation(.usual())
        try talk.send("dataset=GLBX.MDP3|auth=\(Conversation.answer())\n", size: size)
        #expect(talk.text == "success=1|session_id=42\n")
        try talk.send("schema=mbp-10|stype_in=raw_symbol|symbols=ESZ6|id=3|is_last=1\nstart_session=0\n", size: size)
        #expect(try talk.story() == ["+Subscription request 3 for mbp-10 data succeeded", "ESZ6=ESZ6"])
    }

    /// Every single place where a read may end.
    @Test func `a line may be cut at every byte`() throws {
        let line = "dataset=GLBX.MDP3|auth=\(Conversation.answer())|ts_out=1\n"
        let market = try Market.usual()
        for place in 1..<line.utf8.count {
            let talk = try Conversation(market)
            try talk.send(String(line.prefix(place)))
            #expect(talk.text.isEmpty, "answered after \(place) bytes")
            try talk.send(String(line.dropFirst(place)))
            #expect(talk.text == "success=1|session_id=42\n", "cut at \(place)")
        }
    }

    @Test(arguments: [
        ("auth=\(Conversation.answer(key: "db-wrongwrongwrong"))|dataset=GLBX.MDP3", "Authentication failed."),
        ("auth=\(Conversation.answer().dropLast())x|dataset=GLBX.MDP3", "Authentication failed."),
        ("auth=zz-00000|dataset=GLBX.MDP3", "Authentication failed."),
        ("dataset=GLBX.MDP3", "Authentication failed."),
        ("start_session", "Authentication failed."),
        ("auth=\(Conversation.answer())", "No dataset was given."),
        (
            "auth=\(Conversation.answer())|dataset=OPRA.PILLAR",
            "Dataset OPRA.PILLAR is not on this tape, which holds GLBX.MDP3."
        ),
        ("auth=\(Conversation.answer())|dataset=GLBX.MDP3|encoding=json", "Only encoding=dbn is served."),
        ("auth=\(Conversation.answer())|dataset=GLBX.MDP3|compression=gzip", "compression is none or zstd."),
        ("auth=\(Conversation.answer())|dataset=GLBX.MDP3|ts_out=yes", "ts_out is 0 or 1."),
        (
            "auth=\(Conversation.answer())|dataset=GLBX.MDP3|heartbeat_interval_s=4",
            "heartbeat_interval_s is a whole number from 5 to 1800."
        ),
        (
            "auth=\(Conversation.answer())|dataset=GLBX.MDP3|heartbeat_interval_s=1801",
            "heartbeat_interval_s is a whole number from 5 to 1800."
        ),
    ])
    func `refusals say why, in one line, and end the session`(line: String, why: String) throws {
        let talk = try Conversation(.usual())
        try talk.send(line + "\n")
        #expect(talk.text == "success=0|error=\(why)\n")
        #expect(talk.session.phase == .closed)
    }

    @Test func `nothing that a client sends can break the line of its refusal`() throws {
        let talk = try Conversation(.usual())
        try talk.send("auth=\(Conversation.answer())|dataset=A\u{7}Bé\(String(repeating: "x", count: 500))\n")
        #expect(talk.text.hasPrefix("success=0|error=Dataset A?B?xxx"))
        #expect(talk.text.utf8.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
        #expect(talk.text.utf8.count < 250)
    }

    @Test func `a line without end is not collected for ever`() throws {
        let talk = try Conversation(.usual())
        try talk.send(String(repeating: "x", count: 70_000), size: 10_000)
        #expect(talk.text == "success=0|error=A line has more than 65536 bytes.\n")
        #expect(talk.session.phase == .closed)
    }

    @Test func `a key is never described`() throws {
        let key = try GatewayKey(Market.keyText)
        #expect(!"\(key)".contains("k") || "\(key)" == "(key)")
        var text = ""
        dump(key, to: &text)
        #expect(!text.contains("kkk"))
        #expect(!String(reflecting: key).contains("kkk"))
        #expect(throws: GatewayKeyError.self) { try GatewayKey("short") }
        #expect(throws: GatewayKeyError.self) { try GatewayKey("db with blanks in it") }
        #expect(throws: GatewayKeyError.self) { try GatewayKey("db-bars|end|fields") }
    }
}
