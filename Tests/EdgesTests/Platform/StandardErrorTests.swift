@preconcurrency import Glibc
import Foundation
import TestSupport
import Testing

@testable import Platform
@testable import Storage

@Suite struct StandardErrorTests {
    @Test func `what a full pipe does not take is not waited for`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        #expect(Terminal.writeWithoutWaiting("first\n", to: ends[1]))
        let flags = fcntl(ends[1], F_GETFL)
        _ = fcntl(ends[1], F_SETFL, flags | O_NONBLOCK)
        let filler = [UInt8](repeating: 120, count: 4_096)
        while write(ends[1], filler, filler.count) > 0 {}
        _ = fcntl(ends[1], F_SETFL, flags)
        #expect(!Terminal.writeWithoutWaiting("lost\n", to: ends[1]))
        // Room for one piece: of a longer text that is taken, and the rest is not waited for.
        var bytes = [UInt8](repeating: 0, count: 8_192)
        #expect(read(ends[0], &bytes, bytes.count) == bytes.count)
        #expect(!Terminal.writeWithoutWaiting(String(repeating: "y", count: 1 << 20), to: ends[1]))
        #expect(Terminal.writeWithoutWaiting("", to: ends[1]))
    }

    @Test func `a reader that is gone is no failure`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        signal(SIGPIPE, SIG_IGN)
        #expect(!Terminal.writeWithoutWaiting("gone\n", to: ends[1]))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `a state directory of another user is refused with its owner's name`() throws {
        let scratch = try Scratch()
        let path = scratch.file("state")
        try StateDirectory.make(path)
        try StateDirectory.checkOwner(path)
        try StateDirectory.checkOwner(path + "/missing")
        try #require(chown(path, 65_534, 65_534) == 0)
        let error = #expect(throws: StateDirectoryOfOther.self) { try StateDirectory.checkOwner(path) }
        #expect(error?.description.hasPrefix("\(path): belongs to user") == true)
        #expect(error?.description.contains("sudo -u") == true)
    }

    @Test func `output that nobody takes ends when it is told to, and not before`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(Terminal.write("taken\n", to: ends[1], until: { true }) == nil)
        var asked = 0
        let error = Terminal.write(String(repeating: "x", count: 1 << 20), to: ends[1], until: {
            asked += 1
            return asked == 2
        })
        #expect(error == EINTR && asked == 2)
        close(ends[0])
        ends[0] = -1
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        #expect(Terminal.write("gone\n", to: ends[1], until: { false }) == EPIPE)
    }
}
