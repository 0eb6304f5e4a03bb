import Platform
import Storage
import TestSupport
import Testing

/// Whether a run is a live one, and that nobody guesses it.
@Suite struct StorageRunInputTests {
    private let directory: Scratch
    private let path: String

    init() throws {
        directory = try Scratch()
        path = directory.file("run.json")
    }

    private func input(_ text: String) throws -> RunInput {
        try directory.write(Array(text.utf8), "run.json")
        return try RunInput.of(runFile: path)
    }

    @Test func `the key says it, not the word`() throws {
        #expect(try input(#"{"gateway": "127.0.0.1:13000", "tapes": []}"#) == .live)
        #expect(try input(#"{"tapes": [], "configuration": {"note": {"value": "a \"gateway\""}}}"#) == .recorded)
        #expect(try input(#"{"configuration": {"gateway": "x"}, "tapes": []}"#) == .recorded)
    }

    @Test(arguments: ["", "{", "[]", "{}", #"{"gateway": null, "tapes": []}"#, #"{"tapes": 5}"#])
    func `a file that does not say it is an error`(text: String) {
        #expect(throws: RunInputError.self) { try input(text) }
    }

    @Test func `a file that cannot be read is an error`() throws {
        #expect(throws: SystemCallError.self) { try RunInput.of(runFile: path) }
        try Directory.make(path, mode: 0o700)
        #expect(throws: SystemCallError.self) { try RunInput.of(runFile: path) }
    }
}
