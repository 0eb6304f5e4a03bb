import Foundation
import Network
import Platform
import Synchronization
import Testing
import Units

@Suite struct HTTPServerTests {
    private static let second = Nanoseconds.seconds(1)

    private static func connect(_ server: HTTPServer) throws -> TCPConnection {
        let port = try #require(UInt16(server.address.split(separator: ":").last ?? ""))
        return try TCPConnection(host: "127.0.0.1", port: port, timeout: .seconds(5))
    }

    /// Everything that comes until the other side ends.
    private static func rest(_ connection: TCPConnection) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var answer: [UInt8] = []
        while case .bytes(let count) = try bytes.withUnsafeMutableBytes({ raw in
            try connection.read(into: raw, timeout: .seconds(5))
        }) { answer += bytes[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func ask(_ server: HTTPServer, _ text: String) throws -> String {
        let connection = try connect(server)
        try connection.write(text, timeout: .seconds(5))
        return try rest(connection)
    }

    /// Answers with what it was asked, and counts.
    private static func echo(_ limits: HTTPServer.Limits = .init(), _ count: Counter = Counter()) throws -> HTTPServer {
        try HTTPServer(try TCPListener(port: 0), limits: limits) { request in
            count.value.add(1, ordering: .relaxed)
            return .whole(HTTPResponse(.ok, "\(request.method) \(request.path)"))
        }
    }

    final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func `a head is read, and what is none is refused`() throws {
        let text = "GET /a/b?c=d HTTP/1.1\r\nHost:  here \r\nX-Twice: 1\r\nx-twice: 2\r\nEmpty:\r\n"
        let request = try #require(HTTPRequest(head: Array(text.utf8)))
        #expect(request.method == "GET" && request.path == "/a/b")
        #expect(request.header("host") == "here" && request.header("empty")?.isEmpty == true)
        #expect(request.header("x-twice") == nil && request.header("absent") == nil)
        for bad in [
            "", "GET", "GET / FTP/1.1", "GET  HTTP/1.1", "GET x HTTP/1.1", "GET http://a/ HTTP/1.1",
            "GET / HTTP/1.1\r\nno colon", "GET / HTTP/1.1\r\n: x", "GET / HTTP/1.1\r\nA b: x", "GET / HTTP/1.1 x",
        ] { #expect(HTTPRequest(head: Array(bad.utf8)) == nil, "\(bad)") }
        #expect(HTTPRequest(head: [0x47, 0x20, 0xFF, 0xFE]) == nil)
    }

    @Test func `HEAD gets the length and no body`() throws {
        let server = try Self.echo()
        let answer = try Self.ask(server, "HEAD /x HTTP/1.1\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Length: 7\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
        server.stop()
    }

    /// A body may hold what reads like a request to another name: it must not be answered.
    @Test func `what follows a request is no request, however long it is`() throws {
        for length in [64, 3 << 20] {
            let count = Counter()
            let server = try Self.echo(.init(), count)
            let inner = "GET /inner HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            let connection = try Self.connect(server)
            let body = inner + String(repeating: "x", count: length)
            try connection.write(
                "POST / HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n", timeout: .seconds(5))
            // The server may have closed before all of it was written.
            try? connection.write(body, timeout: .seconds(2))
            let answer = (try? Self.rest(connection)) ?? ""
            #expect(!answer.contains("/inner"))
            #expect(length > 64 || answer.hasSuffix("POST /"))
            server.stop()
            #expect(count.value.load(ordering: .relaxed) == 1)
        }
    }

    @Test func `a head that has no end is let go`() throws {
        var limits = HTTPServer.Limits()
        limits.patience = .milliseconds(200)
        let server = try Self.echo(limits)
        let began = MonotonicClock.now()
        #expect(try Self.ask(server, "GET / HTTP/1.1\r\nX: y\r\n").hasPrefix("HTTP/1.1 400 "))
        #expect(MonotonicClock.now() - began < .seconds(2))
        let connection = try Self.connect(server)
        try? connection.write("GET /" + String(repeating: "x", count: 1 << 20), timeout: .seconds(2))
        _ = try? Self.rest(connection)
        #expect(try Self.ask(server, "GET /ok HTTP/1.1\r\n\r\n").hasSuffix("GET /ok"))
        server.stop()
    }

    @Test func `who comes beyond the bound is told so, and the place of one who went is free`() throws {
        var limits = HTTPServer.Limits()
        limits.connectionCount = 2
        limits.patience = .seconds(20)
        let server = try Self.echo(limits)
        var held = [try Self.connect(server), try Self.connect(server)]
        // Who has begun to ask is not sent away for another.
        for connection in held { try connection.write("GET", timeout: .seconds(2)) }
        usleep(50_000)
        let refused = try Self.connect(server)
        #expect(try Self.rest(refused).hasPrefix("HTTP/1.1 503 "))
        held.removeAll()
        var answer = ""
        let end = MonotonicClock.now() + .seconds(10)
        while !answer.hasSuffix("GET /"), MonotonicClock.now() < end {
            answer = (try? Self.ask(server, "GET / HTTP/1.1\r\n\r\n")) ?? ""
        }
        #expect(answer.hasSuffix("GET /"))
        server.stop()
    }

    @Test func `a connection in stock gets no answer, and gives way to who comes`() throws {
        var limits = HTTPServer.Limits()
        limits.connectionCount = 2
        limits.silence = .milliseconds(300)
        let brief = try Self.echo(limits)
        #expect(try Self.rest(try Self.connect(brief)) == "")
        brief.stop()
        limits.silence = .seconds(20)
        let server = try Self.echo(limits)
        let stock = [try Self.connect(server), try Self.connect(server)]
        #expect(try Self.ask(server, "GET /a HTTP/1.1\r\n\r\n").hasSuffix("GET /a"))
        try stock[1].write("GET /b HTTP/1.1\r\n\r\n", timeout: .seconds(2))
        #expect(try Self.rest(stock[1]).hasSuffix("GET /b"))
        server.stop()
    }

    @Test func `a stream ends when its client does, when nothing is taken of it, and when the server stops`() throws {
        let ended = Counter()
        var limits = HTTPServer.Limits()
        limits.connectionCount = 8
        limits.streamPatience = .milliseconds(300)
        let server = try HTTPServer(try TCPListener(port: 0), limits: limits) { request in
            .stream(HTTPResponse(.ok, "begin\n")) { stream throws(SystemCallError) in
                defer { ended.value.add(1, ordering: .relaxed) }
                let block = [UInt8](repeating: 0x61, count: request.path == "/fast" ? 1 << 20 : 10)
                while true {
                    try stream.write(block)
                    if request.path != "/fast" { usleep(10_000) }
                }
            }
        }
        func waitFor(_ count: Int) throws {
            let end = MonotonicClock.now() + .seconds(20)
            while ended.value.load(ordering: .relaxed) < count {
                try #require(MonotonicClock.now() < end, "\(count) streams have ended")
                usleep(5_000)
            }
        }
        var client: TCPConnection? = try Self.connect(server)
        try client?.write("GET / HTTP/1.1\r\n\r\n", timeout: Self.second)
        var first = [UInt8](repeating: 0, count: 4_096)
        _ = try first.withUnsafeMutableBytes { try client?.read(into: $0, timeout: .seconds(5)) }
        client = nil
        try waitFor(1)
        let stuck = try Self.connect(server)
        try stuck.write("GET /fast HTTP/1.1\r\n\r\n", timeout: Self.second)
        try waitFor(2)
        let open = try Self.connect(server)
        try open.write("GET / HTTP/1.1\r\n\r\n", timeout: Self.second)
        // Its function has begun when what it writes comes.
        var hasBegun = false
        while !hasBegun {
            let arrival = try first.withUnsafeMutableBytes { try open.read(into: $0, timeout: .seconds(5)) }
            guard case .bytes(let count) = arrival else { break }
            hasBegun = first[..<count].suffix(10).allSatisfy { $0 == 0x61 }
        }
        let began = MonotonicClock.now()
        server.stop()
        #expect(MonotonicClock.now() - began < .seconds(1))
        #expect(ended.value.load(ordering: .relaxed) == 3)
        withExtendedLifetime(stuck) {}
    }
}
