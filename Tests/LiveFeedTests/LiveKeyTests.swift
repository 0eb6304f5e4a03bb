import Foundation
import Platform
import TestSupport
import Testing

@testable import LiveFeed

@Suite struct LiveKeyTests {
    private static let gateway = GatewayAddress.databento(dataset: "GLBX.MDP3")

    @Test func `a key never shows`() throws {
        let key = try LiveKey(TestKey.text, for: Self.gateway)
        var dumped = ""
        dump(key, to: &dumped)
        dump([key], to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", "\(Optional(key) as Any)", dumped] {
            #expect(!text.contains("unittest"), "\(text)")
        }
    }

    @Test func `blanks around it are no part of it`() throws {
        #expect(try LiveKey(" \(TestKey.text)\r\n", for: Self.gateway).text == TestKey.text)
    }

    @Test(arguments: ["short", "db-short", "xx-" + String(repeating: "a", count: 29)])
    func `a real gateway takes only what looks like a key`(text: String) {
        let error = #expect(throws: LiveKeyError.self) { try LiveKey(text, for: Self.gateway) }
        #expect(error == .wrongForm(source: "the key", count: text.utf8.count))
        #expect(error?.description.contains(text) == false)
        #expect(throws: Never.self) { try LiveKey(text, for: TestKey.loopback) }
    }

    @Test func `nothing and nonsense are refused everywhere`() {
        for text in ["", "  \n"] {
            #expect(throws: LiveKeyError.blank(source: "the key")) { try LiveKey(text, for: TestKey.loopback) }
        }
        for text in ["a b", "a\u{7f}", "clé"] {
            #expect(throws: LiveKeyError.notPrintable(source: "the key")) {
                try LiveKey(text, for: TestKey.loopback)
            }
        }
    }

    @Test func `the environment comes before the file, and one of them must be`() throws {
        let key = try LiveKey.read(environment: "from-environment", file: "/nowhere", for: TestKey.loopback)
        #expect(key.text == "from-environment")
        #expect(throws: LiveKeyError.missing) {
            try LiveKey.read(environment: nil, file: nil, for: TestKey.loopback)
        }
        #expect(throws: LiveKeyError.missing) { try LiveKey.read(environment: "", file: nil, for: TestKey.loopback) }
        let error = #expect(throws: LiveKeyError.self) {
            try LiveKey.read(environment: nil, file: "/nowhere/key", for: TestKey.loopback)
        }
        #expect(error?.description.hasPrefix("/nowhere/key: No such file") == true)
    }

    @Test func `a file that others may read is refused`() throws {
        let scratch = try Scratch()
        let path = try scratch.write(TestKey.text + "\n", "key")
        for mode in [0o644, 0o640, 0o604, 0o620] {
            try scratch.setMode(mode, of: "key")
            let error = #expect(throws: LiveKeyError.self) {
                try LiveKey.read(environment: nil, file: path, for: Self.gateway)
            }
            #expect(error == .file(.permissions(path: path, mode: UInt32(mode), expected: 0o600)))
            #expect(error?.description.contains("chmod 0600") == true)
        }
        for mode in [0o600, 0o400] {
            try scratch.setMode(mode, of: "key")
            #expect(try LiveKey.read(environment: nil, file: path, for: Self.gateway).text == TestKey.text)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `a file of another user is refused`() throws {
        let scratch = try Scratch()
        let path = try scratch.write(TestKey.text + "\n", "key")
        #expect(chmod(path, 0o600) == 0 && chown(path, 65_534, 65_534) == 0)
        #expect(throws: LiveKeyError.file(.owner(path: path, user: 65_534))) {
            try LiveKey.read(environment: nil, file: path, for: Self.gateway)
        }
    }
}
