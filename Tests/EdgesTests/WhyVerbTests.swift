import Foundation
import Platform
import Testing

/// `levelhead why` over an audit log alone.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct WhyVerbTests {
    private static let lines = [
        #"{"event":"operator","request":"order","who":"ann","order":"1-manual-2","hash":"0"}"#,
        #"{"event":"verdict","time":7,"sequence":1,"order":"1-manual-2","verdict":"order_quantity","hash":"1"}"#,
    ]

    @Test func `an order that has only a verdict is found`() throws {
        let scratch = try Scratch()
        let directory = scratch.file("run")
        try Directory.make(directory, mode: 0o700)
        try PosixFile.replace(
            directory + "/audit.jsonl", with: Array((Self.lines.joined(separator: "\n") + "\n").utf8))
        let arguments = ["why", "1-manual-2", "--run", directory]
        let answer = try #require(try Program.json(arguments) as? [String: Any])
        #expect(answer["opened_by"] as? String == "1-manual-2")
        #expect((answer["verdict"] as? [String: Any])?["verdict"] as? String == "order_quantity")
        #expect((answer["request"] as? [String: Any])?["who"] as? String == "ann")
        let unknown = try Program.run(["why", "1-manual-3", "--run", directory])
        #expect(unknown.status != 0)
        #expect(unknown.errors.contains("no order 1-manual-3"))
    }
}
