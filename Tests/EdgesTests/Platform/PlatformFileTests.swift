import Foundation
import Platform
import TestSupport
import Testing

@Suite struct PlatformFileTests {
    @Test func `an atomic file is not there before it is committed and whole after`() throws {
        let scratch = try Scratch()
        var writer = try AtomicFileWriter(path: scratch.file("a"))
        try writer.write([1, 2, 3])
        #expect(try !scratch.names.contains("a"))
        try writer.commit(sync: true)
        #expect(try scratch.names == ["a"])
        #expect(try PosixFile.contents(of: scratch.file("a")) == [1, 2, 3])
    }

    @Test func `an atomic file that is not committed leaves nothing and keeps what was there`() throws {
        let scratch = try Scratch()
        try scratch.write([9], "a")
        do {
            var writer = try AtomicFileWriter(path: scratch.file("a"))
            try writer.write([1, 2, 3])
        }
        #expect(try scratch.names == ["a"])
        #expect(try PosixFile.contents(of: scratch.file("a")) == [9])
    }

    @Test func `an atomic file in a directory that does not exist or onto a directory is refused by name`() throws {
        let scratch = try Scratch()
        let missing = scratch.file("no/such")
        #expect(throws: SystemCallError(call: "open", path: missing, code: ENOENT)) {
            _ = try AtomicFileWriter(path: missing)
        }
        #expect(throws: SystemCallError(call: "open", path: scratch.path, code: EISDIR)) {
            _ = try AtomicFileWriter(path: scratch.path)
        }
    }

    @Test func `a key comes from a file that nobody else may use, or from where it says why not`() throws {
        let scratch = try Scratch()
        let path = try scratch.write(Array("key\n".utf8), "key")
        #expect(chmod(path, 0o400) == 0)
        #expect(try PrivatePath.key(in: path) == Array("key\n".utf8))
        try FileManager.default.createSymbolicLink(atPath: scratch.file("link"), withDestinationPath: path)
        #expect(try PrivatePath.key(in: scratch.file("link")) == Array("key\n".utf8))
        func refusal(_ path: String) -> String {
            do { return "\(try PrivatePath.key(in: path))" } catch { return error.description }
        }
        #expect(refusal(scratch.file("none")) == "\(scratch.file("none")): No such file or directory (open)")
        #expect(refusal(scratch.path) == "\(scratch.path): expected a regular file")
        #expect(chmod(path, 0o640) == 0)
        #expect(refusal(path) == "\(path): mode 0640, expected 0600: chmod 0600 '\(path)'")
        let long = try scratch.write([UInt8](repeating: 65, count: 4_097), "long")
        #expect(chmod(long, 0o600) == 0)
        #expect(refusal(long) == "\(long): 4097 bytes, expected at most 4096")
    }

    @Test func `a reader fills its buffer until the end of the file`() throws {
        let scratch = try Scratch()
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let reader = try FileReader(path: scratch.write(bytes, "a"))
        #expect(reader.kind == .file(byteCount: 10_000))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer { buffer.deallocate() }
        var read: [UInt8] = []
        var counts: [Int] = []
        repeat {
            counts.append(try reader.read(into: buffer))
            read += buffer[..<(counts.last ?? 0)]
        } while counts.last != 0
        #expect(counts == [4_096, 4_096, 1_808, 0])
        #expect(read == bytes)
        #expect(try PosixFile.contents(of: scratch.file("a")) == bytes)
    }

    @Test func `the bytes ahead of a reader are those of the file and end with it`() throws {
        let scratch = try Scratch()
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        var reader = try FileReader(path: scratch.write(bytes, "a"))
        // Forward and back, over the end of what is mapped at once and of the file.
        for offset in [0, 4_095, 2_000_000, 2_097_151, 4_999_999, 300_000] {
            let found = reader.ahead(of: offset, count: 262_144)
            let place = try #require(found)
            let count = min(262_144, bytes.count - offset)
            #expect(UnsafeRawBufferPointer(start: place, count: count).elementsEqual(bytes[offset..<offset + count]))
        }
        let beyond = reader.ahead(of: 5_000_000, count: 1)
        #expect(beyond == nil)
        var empty = try FileReader(path: scratch.write([], "b"))
        let nothing = empty.ahead(of: 0, count: 1)
        #expect(nothing == nil)
    }

    @Test func `directory names are sorted by bytes and a missing directory is named`() throws {
        let scratch = try Scratch()
        for name in ["b", "a.dbn", "B", "ä"] { try scratch.write([], name) }
        #expect(try Directory.names(in: scratch.path) == ["B", "a.dbn", "b", "ä"])
        #expect(throws: SystemCallError.self) { try Directory.names(in: scratch.file("none")) }
    }

    @Test func `making a directory makes those above it and is content when it exists`() throws {
        let scratch = try Scratch()
        try Directory.make(scratch.file("a/b/c"))
        try Directory.make(scratch.file("a/b/c"))
        #expect(try FileKind(of: scratch.file("a/b/c")) == .directory)
        try scratch.write([1], "file")
        #expect(throws: SystemCallError.self) { try Directory.make(scratch.file("file")) }
    }

    @Test(arguments: [
        ("a", ".", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("/a/b/", "/a", "b"), ("/", "/", "/"), ("./x", ".", "x"),
    ])
    func `paths have a parent and a last component`(path: String, parent: String, last: String) {
        #expect(FilePath.parent(of: path) == parent)
        #expect(FilePath.lastComponent(of: path) == last)
    }

    @Test func `JSON text escapes what must be escaped`() {
        #expect(JSONText.string("a\"\\\n\u{1}é") == "\"a\\\"\\\\\\n\\u0001é\"")
        #expect(JSONText.object(["a": "1", "b": JSONText.array(["2", "3"])]) == "{\"a\": 1, \"b\": [2, 3]}")
        #expect(JSONText.integer(nil as Int?) == "null")
    }
}
