import Foundation
import Platform
import Storage
import Testing

/// `levelhead why` over an audit log alone.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct WhyVerbTests {
    private static let lines = [
        #"{"event":"operator","request":"order","who":"ann","order":"1-manual-2"}"#,
        #"{"event":"verdict","time":7,"sequence":1,"order":"1-manual-2","verdict":"order_quantity"}"#,
    ]

    @Test func `an order that has only a verdict is found`() throws {
        let scratch = try Scratch()
        let directory = scratch.file("run")
        try Directory.make(directory, mode: 0o700)
        let path = directory + "/audit.jsonl"
        var log = try AuditLog.create(path)
        for line in Self.lines { try log.append(Array(line.utf8)) }
        try log.finish()
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
