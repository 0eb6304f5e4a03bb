import Foundation
@testable import Network
import Platform
import Testing
import Units

@Suite struct TCPConnectionTests {
    private static let second = Nanoseconds(1_000_000_000)

    private static func pair() throws -> (TCPConnection, TCPConnection) {
        let listener = try TCPListener(port: 0)
        let client = try TCPConnection(host: "127.0.0.1", port: listener.port, timeout: second)
        return (client, try #require(try listener.accept(timeout: second)))
    }

    private static func read(_ connection: TCPConnection, timeout: Nanoseconds = second) throws -> (
        TCPConnection.Arrival, [UInt8]
    ) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let arrival = try bytes.withUnsafeMutableBytes { try connection.read(into: $0, timeout: timeout) }
        guard case .bytes(let count) = arrival else { return (arrival, []) }
        return (arrival, Array(bytes.prefix(count)))
    }

    @Test func `bytes cross, and the end of one side is not the end of the other`() throws {
        let (client, server) = try Self.pair()
        try client.write("lsg_version", timeout: Self.second)
        #expect(try Self.read(server).1 == Array("lsg_version".utf8))
        client.finishWriting()
        #expect(try Self.read(server).0 == .end)
        try server.write("still here", timeout: Self.second)
        #expect(try Self.read(client).1 == Array("still here".utf8))
    }

    @Test func `a silent peer is nothing, not an end`() throws {
        let (client, server) = try Self.pair()
        #expect(try Self.read(client, timeout: Nanoseconds(1_000_000)).0 == .nothing)
        withExtendedLifetime(server) {}
    }

    @Test func `a reset is an error that names the peer`() throws {
        let listener = try TCPListener(port: 0)
        let client = try TCPConnection(host: "127.0.0.1", port: listener.port, timeout: Self.second)
        var server = try listener.accept(timeout: Self.second)
        server?.resetWhenClosed()
        server = nil
        let error = #expect(throws: SystemCallError.self) { try Self.read(client) }
        #expect(error?.code == ECONNRESET)
        #expect(error?.path == "127.0.0.1:\(listener.port)")
    }

    @Test func `a peer that does not read times the writer out`() throws {
        let (client, server) = try Self.pair()
        let block = String(repeating: "x", count: 32 << 20)
        let error = #expect(throws: SystemCallError.self) {
            try client.write(block, timeout: Nanoseconds(20_000_000))
        }
        #expect(error?.code == ETIMEDOUT)
        withExtendedLifetime(server) {}
    }

    @Test func `a port in use and a closed port are errors`() throws {
        let listener = try TCPListener(port: 0)
        #expect(throws: SystemCallError.self) { try TCPListener(port: listener.port) }
        let port = try TCPListener(port: 0).port
        let error = #expect(throws: SystemCallError.self) {
            try TCPConnection(host: "127.0.0.1", port: port, timeout: Self.second)
        }
        #expect(error?.code == ECONNREFUSED)
    }

    @Test func `stopping ends who waits`() throws {
        let listener = try TCPListener(port: 0)
        listener.stop()
        #expect(try listener.accept(timeout: Self.second) == nil)
        let (client, server) = try Self.pair()
        client.stop()
        #expect(try Self.read(client).0 == .end)
        withExtendedLifetime(server) {}
    }
}
