import Foundation
import Platform
import Storage
import TestSupport
import Testing

/// `levelhead why` over an audit log alone.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct WhyVerbTests {
    private static let lines = [
        #"{"event":"operator","request":"order","who":"ann","order":"1-manual-2"}"#,
        #"{"event":"verdict","time":7,"sequence":1,"order":"1-manual-2","action":"open","verdict":"order_quantity"}"#,
    ]

    private static func log(_ lines: [String], _ scratch: borrowing Scratch) throws -> String {
        let directory = scratch.file("run")
        try Directory.make(directory, mode: 0o700)
        var log = try AuditLog.create(directory + "/audit.jsonl")
        for line in lines { try log.append(Array(line.utf8)) }
        try log.finish()
        return directory
    }

    private static func why(_ order: String, _ lines: [String]) throws -> [String: Any] {
        let scratch = try Scratch()
        let directory = try log(lines, scratch)
        return try #require(try Program.json(["why", order, "--run", directory]) as? [String: Any])
    }

    private static func order(
        _ id: String, _ parent: String, _ role: String, _ time: Int, _ more: String = ""
    ) -> String {
        let side = role == "entry" ? "buy" : "sell"
        return #"{"event":"order","time":\#(time),"order":"\#(id)","parent":"\#(parent)","role":"\#(role)","#
            + #""side":"\#(side)","type":"market","price_ticks":0,"state":"pending"\#(more)}"#
    }

    private static func fill(_ id: String, _ time: Int) -> String {
        #"{"event":"fill","time":\#(time),"venue_time":\#(time),"order":"\#(id)","role":"entry"}"#
    }

    private static func verdict(_ id: String, _ time: Int, _ more: String) -> String {
        #"{"event":"verdict","time":\#(time),"order":"\#(id)","verdict":"approved"\#(more)}"#
    }

    private static func state(_ time: Int, _ from: String, _ to: String, _ reason: String) -> String {
        #"{"event":"trading_state","time":\#(time),"from":"\#(from)","to":"\#(to)","reason":"\#(reason)","#
            + #""scope":"account"}"#
    }

    /// A person has bought and has the stop of it.
    private static let opened = [
        #"{"event":"operator","request":"order","who":"ann","order":"1-manual-1","reduce_only":false}"#,
        verdict("1-manual-1", 10, #","action":"open","signal":null,"cause":"operator""#),
        order("1-manual-1", "1-manual-1", "entry", 10), fill("1-manual-1", 11),
        order("1-execution-1", "1-manual-1", "protectiveStop", 11, #","link":"1-execution-1""#),
    ]

    @Test func `the close of a flatten is explained by who asked for it`() throws {
        let begin = [
            #"{"event":"operator","request":"flatten","who":"ann","why":"lunch","order":"none"}"#,
            Self.state(20, "ACTIVE", "FLATTENING", "operator"),
            #"{"event":"notice","time":20,"kind":"flattening","reason":"operator","order":"none"}"#,
        ]
        let flat = #"{"event":"notice","time":21,"kind":"flat","reason":"operator","order":"none"}"#
        let armed = Self.state(22, "LOCKED", "ACTIVE", "armed")
        let loss = Self.state(30, "ACTIVE", "FLATTENING", "daily_loss")
        let lines =
            Self.opened + begin + [Self.order("1-execution-2", "none", "close", 20), Self.fill("1-execution-2", 20)]
            + [flat, armed, loss, Self.order("1-execution-3", "none", "close", 30)]
        let first = try Self.why("1-execution-2", lines)
        #expect(first["action"] as? String == "flatten" && first["cause"] as? String == "operator")
        #expect((first["caused_by"] as? [[String: Any]])?.count == 3)
        #expect((first["request"] as? [String: Any])?["why"] as? String == "lunch")
        #expect((first["steps"] as? [[String: Any]])?.map { $0["event"] as? String } == ["order", "fill"])
        #expect(first["opened_by"] is NSNull && first["signal"] is NSNull)
        let second = try Self.why("1-execution-3", lines)
        #expect(second["cause"] as? String == "daily_loss" && second["request"] is NSNull)
        #expect((second["caused_by"] as? [[String: Any]])?.count == 1)
    }

    @Test func `a person's close and its parts are of their own verdict and request`() throws {
        let asked = #"{"event":"operator","request":"order","who":"bob","order":"1-manual-2","reduce_only":true}"#
        let judged = Self.verdict("1-manual-2", 30, #","action":"open","signal":null,"cause":"operator""#)
        let lines =
            Self.opened + [asked, judged] + [
                Self.order("1-manual-2", "1-manual-1", "close", 30, #","reduce_only":true,"link":"1-execution-1""#),
                Self.order("1-execution-5", "1-manual-1", "close", 30, #","reduce_only":true,"link":"1-execution-3""#),
            ]
        for order in ["1-manual-2", "1-execution-5"] {
            let answer = try Self.why(order, lines)
            #expect(answer["action"] as? String == "reduce" && answer["opened_by"] as? String == "1-manual-1")
            #expect((answer["verdict"] as? [String: Any])?["order"] as? String == "1-manual-2")
            #expect((answer["request"] as? [String: Any])?["who"] as? String == "bob")
            let opening = try #require(answer["opening"] as? [String: Any])
            #expect((opening["request"] as? [String: Any])?["who"] as? String == "ann")
        }
        let stop = try Self.why("1-execution-1", lines)
        #expect(stop["action"] as? String == "protect" && stop["cause"] as? String == "fill")
        #expect((stop["request"] as? [String: Any])?["who"] as? String == "ann")
    }

    @Test func `a strategy's close names what closes, and no signal`() throws {
        let more = #","action":"close","signal":null,"cause":"flat_by""#
        let lines = [
            #"{"event":"signal","time":5,"sequence":1,"score":0.5}"#,
            Self.verdict("1-strategy-1", 5, #","action":"open","signal":1,"cause":null"#),
            Self.order("1-strategy-1", "1-strategy-1", "entry", 5), Self.fill("1-strategy-1", 6),
            Self.order("1-execution-1", "1-strategy-1", "protectiveStop", 6, #","link":"1-execution-1""#),
            #"{"event":"signal","time":39,"sequence":2,"score":0.5}"#, Self.verdict("1-strategy-2", 40, more),
            Self.order("1-execution-2", "1-strategy-1", "close", 40, #","link":"1-execution-1""#),
        ]
        let asked = try Self.why("1-strategy-2", lines)
        #expect(asked["action"] as? String == "close" && asked["cause"] as? String == "flat_by")
        #expect(asked["signal"] is NSNull && asked["closed_by"] as? [String] == ["1-execution-2"])
        let close = try Self.why("1-execution-2", lines)
        #expect(close["action"] as? String == "close" && close["cause"] as? String == "flat_by")
        #expect((close["verdict"] as? [String: Any])?["order"] as? String == "1-strategy-2")
        #expect(close["signal"] is NSNull && close["opened_by"] as? String == "1-strategy-1")
        let opening = try #require(close["opening"] as? [String: Any])
        #expect((opening["signal"] as? [String: Any])?["sequence"] as? Int == 1)
        // Without the strategy's word its time was over.
        let late = try Self.why("1-execution-2", lines.filter { !$0.contains("1-strategy-2") })
        #expect(late["cause"] as? String == "time_stop" && late["verdict"] is NSNull)
    }

    @Test func `an order that has only a verdict is found`() throws {
        let scratch = try Scratch()
        let directory = try Self.log(Self.lines, scratch)
        let path = directory + "/audit.jsonl"
        let arguments = ["why", "1-manual-2", "--run", directory]
        let answer = try #require(try Program.json(arguments) as? [String: Any])
        #expect(answer["opened_by"] as? String == "1-manual-2")
        #expect((answer["verdict"] as? [String: Any])?["verdict"] as? String == "order_quantity")
        #expect((answer["request"] as? [String: Any])?["who"] as? String == "ann")
        let unknown = try Program.run(["why", "1-manual-3", "--run", directory])
        #expect(unknown.status != 0)
        #expect(unknown.errors.contains("no order 1-manual-3"))

        // A line that is another one than was written is no answer.
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try PosixFile.replace(path, with: Array(text.replacing("order_quantity", with: "no_book").utf8))
        let falsified = try Program.run(arguments)
        #expect(falsified.status == 1 && falsified.output.isEmpty)
        #expect(falsified.errors.contains("audit.jsonl: line 2: hash"))
        // The last line of a run in progress may be half there.
        try PosixFile.replace(path, with: Array((text + #"{"event":"ver"#).utf8))
        #expect(try Program.run(arguments).status == 0)
    }
}
