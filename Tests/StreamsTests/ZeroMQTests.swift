import CHeapCount
import Foundation
import TestSupport
import Testing
import Units

@testable import ZeroMQ

@Suite struct ZeroMQTests {
    private static func receive(_ socket: borrowing ZeroMQSocket) throws -> [[UInt8]] {
        let message = ZeroMQMessage()
        var parts: [[UInt8]] = []
        guard try socket.wait(timeout: .seconds(10)) else { return [] }
        repeat {
            guard try socket.receive(into: message) else { break }
            parts.append(Array(message.bytes))
        } while message.hasMore
        return parts
    }

    @Test func `parts arrive together and in order over ipc, TCP and inside the context`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        for endpoint in [directory.endpoint("a"), .tcp(address: "127.0.0.1", port: 0), .inproc(name: "a")] {
            let pull = try ZeroMQSocket.bound(context, .pull, to: endpoint)
            let push = try ZeroMQSocket.connected(context, .push, to: pull.boundEndpoint())
            #expect(try push.send([1, 2, 3], more: true) == .sent)
            #expect(try push.send([], more: true) == .sent)
            #expect(try push.send([4]) == .sent)
            #expect(try Self.receive(pull) == [[1, 2, 3], [], [4]], "\(endpoint)")
        }
    }

    @Test func `nothing waits: a receive without message and a send without peer say so at once`() throws {
        let context = try ZeroMQContext()
        let directory = try Scratch()
        let message = ZeroMQMessage()
        let pull = try ZeroMQSocket.bound(context, .pull, to: directory.endpoint("a"))
        #expect(try !pull.receive(into: message))
        #expect(try !pull.wait(timeout: .milliseconds(1)))
        var options = ZeroMQSocketOptions()
        options.needsConnection = true
        let push = try ZeroMQSocket.connected(context, .push, to: directory.endpoint("nobody"), options)
        #expect(try push.send([1]) == .full)
        let router = try ZeroMQSocket.bound(context, .router, to: directory.endpoint("router"))
        #expect(try router.send([1, 2, 3], more: true) == .unreachable)
    }

    @Test func `a path has one binder at a time, and the second is told who the first is`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let endpoint = directory.endpoint("a")
        let path = "\(directory.path)/a.ipc"
        do {
            let first = try ZeroMQSocket.bound(context, .publisher, to: endpoint)
            let other = try ZeroMQContext()
            #expect(throws: ZeroMQError.inUse(path: path, pid: Int(getpid()))) {
                _ = try ZeroMQSocket.bound(other, .publisher, to: endpoint)
            }
            let error = ZeroMQError.inUse(path: path, pid: 12)
            #expect(error.description == "\(path): bound by process 12")
            #expect(try first.boundEndpoint() == endpoint)
        }
        #expect(!FileManager.default.fileExists(atPath: path), "nothing is left behind")
        // The end of one does not take the name of the next away.
        for _ in 0..<20 {
            let next = try ZeroMQSocket.bound(context, .publisher, to: endpoint)
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(try next.boundEndpoint() == endpoint)
        }
    }

    @Test func `a socket file that a killed process left does not hinder`() throws {
        let directory = try Scratch()
        let path = "\(directory.path)/a.ipc"
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        try #require(FileManager.default.createFile(atPath: path + ".lock", contents: Data("999999\n".utf8)))
        let context = try ZeroMQContext()
        let pull = try ZeroMQSocket.bound(context, .pull, to: .ipc(path: path))
        let push = try ZeroMQSocket.connected(context, .push, to: .ipc(path: path))
        #expect(try push.send([7]) == .sent)
        #expect(try Self.receive(pull) == [[7]])
    }

    @Test func `endpoints are read, and refused with a reason`() throws {
        #expect(try ZeroMQEndpoint("ipc:///run/a.ipc") == .ipc(path: "/run/a.ipc"))
        #expect(try ZeroMQEndpoint("tcp://127.0.0.1:5555") == .tcp(address: "127.0.0.1", port: 5555))
        for text in ["", "ipc://a", "ipc://", "tcp://localhost:1", "tcp://127.0.0.1", "tcp://127.0.0.1:70000", "x://a"]
        {
            #expect(throws: ZeroMQError.malformed(endpoint: text), "\(text)") { try ZeroMQEndpoint(text) }
        }
        let longest = "/" + String(repeating: "a", count: ZeroMQEndpoint.pathByteCountMax - 1)
        try ZeroMQEndpoint.ipc(path: longest).check(isProtected: false)
        #expect(throws: ZeroMQError.pathTooLong(path: longest + "b", byteCount: 108)) {
            try ZeroMQEndpoint.ipc(path: longest + "b").check(isProtected: true)
        }
        for address in ["0.0.0.0", "192.168.1.2", "128.0.0.1"] {
            let endpoint = ZeroMQEndpoint.tcp(address: address, port: 5555)
            #expect(throws: ZeroMQError.unprotected(endpoint: "tcp://\(address):5555")) {
                try endpoint.check(isProtected: false)
            }
            try endpoint.check(isProtected: true)
        }
    }

    @Test func `an open address is bound only with keys, and then only those who know the server's key are heard`()
        throws
    {
        let context = try ZeroMQContext()
        let everywhere = ZeroMQEndpoint.tcp(address: "0.0.0.0", port: 0)
        #expect(throws: ZeroMQError.unprotected(endpoint: "tcp://0.0.0.0:0")) {
            _ = try ZeroMQSocket.bound(context, .pull, to: everywhere)
        }
        let (server, client) = (try ZeroMQSecurity.makeKeys(), try ZeroMQSecurity.makeKeys())
        var options = ZeroMQSocketOptions()
        options.security = .server(secretKey: server.secretKey)
        let pull = try ZeroMQSocket.bound(context, .pull, to: .tcp(address: "127.0.0.1", port: 0), options)
        let endpoint = try pull.boundEndpoint()
        options.security = .client(
            publicKey: client.publicKey, secretKey: client.secretKey, serverKey: client.publicKey)
        let stranger = try ZeroMQSocket.connected(context, .push, to: endpoint, options)
        _ = try stranger.send([1])
        options.security = .client(
            publicKey: client.publicKey, secretKey: client.secretKey, serverKey: server.publicKey)
        let friend = try ZeroMQSocket.connected(context, .push, to: endpoint, options)
        #expect(try friend.send([2]) == .sent)
        #expect(try Self.receive(pull) == [[2]])
        #expect(try !pull.wait(timeout: .milliseconds(50)))
        options.security = .server(secretKey: "short")
        #expect(throws: ZeroMQError.malformedKey("secret key")) { _ = try ZeroMQSocket(context, .pull, options) }
    }

    @Test func `a publisher that may not drop says when a subscriber is full`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        var options = ZeroMQSocketOptions()
        options.sendHighWaterMark = 10
        options.receiveHighWaterMark = 10
        options.refusesWhenFull = true
        let publisher = try ZeroMQSocket.bound(context, .publisher, to: directory.endpoint("a"), options)
        let subscriber = try ZeroMQSocket.connected(context, .subscriber, to: directory.endpoint("a"), options)
        try subscriber.subscribe([])
        let message = [UInt8](repeating: 1, count: 4_096)
        var sent = 0
        try eventually("it is full") {
            guard try publisher.send(message) == .sent else { return true }
            sent += 1
            return false
        }
        let part = ZeroMQMessage()
        try eventually("a message") { try subscriber.receive(into: part) }
        #expect(part.bytes.count == 4_096 && sent >= 10)
    }

    @Test func `a conflating socket keeps the newest message`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let push = try ZeroMQSocket.bound(context, .push, to: directory.endpoint("a"))
        var options = ZeroMQSocketOptions()
        options.conflates = true
        let pull = try ZeroMQSocket.connected(context, .pull, to: directory.endpoint("a"), options)
        for number in 0..<100 as Range<UInt8> {
            try eventually("a peer") { try push.send([number]) == .sent }
        }
        let message = ZeroMQMessage()
        var last: UInt8?
        // The library drops a message that comes in the instant of a receive, the newest one too: it is said again.
        try eventually("the newest message") {
            while try pull.receive(into: message) { last = message.bytes[0] }
            _ = try push.send([99])
            return last == 99
        }
    }

    @Test func `a poller tells which of several is ready, descriptors too`() throws {
        let directory = try Scratch()
        let context = try ZeroMQContext()
        let first = try ZeroMQSocket.bound(context, .pull, to: directory.endpoint("a"))
        let second = try ZeroMQSocket.bound(context, .pull, to: directory.endpoint("b"))
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        defer { for descriptor in pipe { close(descriptor) } }
        var poller = ZeroMQPoller()
        let (a, b, c) = (poller.add(first), poller.add(second), poller.add(descriptor: pipe[0]))
        #expect(try poller.wait(timeout: .zero) == 0)
        let push = try ZeroMQSocket.connected(context, .push, to: directory.endpoint("b"))
        _ = try push.send([1])
        #expect(try poller.wait(timeout: .seconds(10)) == 1)
        #expect(!poller.isReady(a) && poller.isReady(b) && !poller.isReady(c))
        _ = try Self.receive(second)
        #expect(write(pipe[1], "x", 1) == 1)
        #expect(try poller.wait(timeout: .seconds(10)) == 1)
        #expect(!poller.isReady(a) && !poller.isReady(b) && poller.isReady(c))
        #expect(try first.descriptor() >= 0)
    }

    @Test(.enabled(if: lh_heap_count_enabled() != 0, "a sanitizer has its own allocator"))
    func `sending touches the heap only where the library copies the message`() throws {
        let context = try ZeroMQContext()
        let directory = try Scratch()
        let publisher = try ZeroMQSocket.bound(context, .publisher, to: directory.endpoint("a"))
        let bytes = [UInt8](repeating: 1, count: 1_232)
        var calls: UInt64 = 0
        try bytes.withUnsafeBytes { raw in
            for _ in 0..<10 { _ = try publisher.send(raw) }
            let before = lh_heap_calls()
            for _ in 0..<1_000 { _ = try publisher.send(raw) }
            calls = lh_heap_calls() - before
        }
        #expect(calls == 1_000)
    }
}
