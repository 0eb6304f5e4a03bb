import Platform
import Security
import Storage
import TestSupport
import Testing

@Suite struct StorageStateFileTests {
    private let directory: Scratch
    private let identity = SnapshotIdentity(stateVersion: 3, configuration: SHA256Digest(of: [1]))
    private var path: String { directory.file("state") }

    init() throws { directory = try Scratch() }

    @Test(arguments: [[], [1], [UInt8](repeating: 7, count: 100_000)])
    func `what was saved last is loaded`(_ state: [UInt8]) throws {
        let file = StateFile(path, identity)
        #expect(file.load() == nil)
        try file.save([5, 6])
        try file.save(state)
        #expect(file.load() == state)
    }

    @Test func `a state of another program or configuration is absent`() throws {
        try StateFile(path, identity).save([1])
        var other = identity
        other.stateVersion = 4
        #expect(StateFile(path, other).load() == nil)
        other = identity
        other.configuration = SHA256Digest(of: [2])
        #expect(StateFile(path, other).load() == nil)
    }

    @Test func `a file that was cut or changed anywhere is absent`() throws {
        let file = StateFile(path, identity)
        try file.save([1, 2, 3])
        let bytes = try PosixFile.contents(of: path)
        for place in bytes.indices {
            try PosixFile.replace(path, with: Array(bytes[..<place]))
            #expect(file.load() == nil, "cut at \(place)")
            var changed = bytes
            changed[place] ^= 16
            try PosixFile.replace(path, with: changed)
            #expect(file.load() == nil, "changed at \(place)")
        }
        try PosixFile.replace(path, with: bytes)
        #expect(file.load() == [1, 2, 3])
    }
}
