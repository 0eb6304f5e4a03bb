import Foundation
import Network
import Orders
import Platform
import Signals
import Synchronization
import Testing
import Units
import ZeroMQ

@testable import Dashboard
@testable import Features
@testable import Streams

@Suite struct DashboardSiteTests {
    private static let site = DashboardSite(board: SnapshotBoard(), port: 8_420)

    private static func answer(
        _ path: String, method: String = "GET", host: String? = "127.0.0.1:8420",
        _ more: [(name: String, value: String)] = [], site: DashboardSite = site
    ) -> HTTPResponse {
        let headers = host.map { [(name: "host", value: $0)] } ?? []
        switch site.answer(HTTPRequest(method: method, path: path, headers: headers + more)) {
        case .whole(let response), .stream(let response, _): return response
        }
    }

    @Test func `it answers to its own names alone`() {
        for host in ["127.0.0.1:8420", "localhost:8420", "LocalHost:8420", "[::1]:8420"] {
            #expect(Self.answer("/", host: host).status == .ok, "\(host)")
        }
        for host in ["127.0.0.1", "localhost", "localhost:8421", "example.com:8420", "127.0.0.1.example.com:8420", ""] {
            for path in ["/", "/state", "/events", "/page.js", "/nowhere"] {
                #expect(Self.answer(path, host: host).status == .forbidden, "\(host) \(path)")
            }
        }
        #expect(Self.answer("/", host: nil).status == .forbidden)
        #expect(Self.answer("/", [("host", "127.0.0.1:8420")]).status == .forbidden, "two names are none")
    }

    @Test func `it is read only`() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "FLATTEN"] {
            #expect(Self.answer("/", method: method).status == .methodNotAllowed, "\(method)")
            #expect(Self.answer("/state", method: method).status == .methodNotAllowed, "\(method)")
        }
        #expect(Self.answer("/", method: "HEAD").status == .ok)
    }

    @Test func `what it shows is for its own page`() {
        for site in ["cross-site", "same-site", ""] {
            #expect(Self.answer("/events", [("sec-fetch-site", site)]).status == .forbidden, "\(site)")
            #expect(Self.answer("/state", [("sec-fetch-site", site)]).status == .forbidden, "\(site)")
        }
        #expect(Self.answer("/events", [("sec-fetch-site", "same-origin")]).status == .ok)
    }

    @Test func `every answer says how it may be used, and loads nothing from elsewhere`() {
        for path in ["/", "/page.css", "/page.js", "/icon.svg", "/state", "/events", "/nowhere"] {
            let response = Self.answer(path)
            let headers = Dictionary(response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            #expect(headers["Content-Security-Policy"]?.hasPrefix("default-src 'none'; ") == true, "\(path)")
            #expect(headers["X-Content-Type-Options"] == "nosniff" && headers["Cache-Control"] == "no-store")
            #expect(headers["Referrer-Policy"] == "no-referrer")
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(!text.contains("https:") && !text.contains(" style=") && !text.contains("<script>"), "\(path)")
        }
        #expect(Self.answer("/nowhere").status == .notFound)
        // Before the first snapshot there is nothing to show.
        #expect(Self.answer("/state").status == .unavailable)
    }

    @Test func `the script puts text into the page as text`() {
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!DashboardPage.script.contains(way), "\(way)")
        }
    }

    @Test func `the state is all parts in one object`() throws {
        let board = SnapshotBoard()
        board.post([
            Snapshot.Part(name: "a", version: 1, json: Array("{\"b\": 1}".utf8)),
            Snapshot.Part(name: "c", version: 1, json: Array("null".utf8)),
        ])
        let response = Self.answer("/state", site: DashboardSite(board: board, port: 8_420))
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        #expect(object?.keys.sorted() == ["a", "c"])
    }
}

@Suite struct SnapshotBoardTests {
    private static func part(_ number: Int, _ byteCount: Int = 4) -> [Snapshot.Part] {
        let text = "{\"number\": \(number), \"fill\": \"\(String(repeating: "x", count: byteCount))\"}"
        return [Snapshot.Part(name: "market", version: UInt64(number), json: Array(text.utf8))]
    }

    @Test func `who comes late gets the newest, and nothing between`() {
        let board = SnapshotBoard()
        #expect(board.next(after: 0, timeout: .milliseconds(1)) == nil)
        for number in 1...1_000 { board.post(Self.part(number)) }
        #expect(board.next(after: 3, timeout: .zero)?.number == 1_000)
        #expect(board.next(after: 1_000, timeout: .milliseconds(1)) == nil)
    }

    @Test func `who waits is woken by the next, and by the end`() throws {
        let board = SnapshotBoard()
        let seen = Atomic<UInt64>(0)
        try withThread({
            var number: UInt64 = 0
            while let snapshot = board.next(after: number, timeout: .seconds(60)) {
                number = snapshot.number
                seen.store(number, ordering: .relaxed)
            }
        }) {
            for number in 1...3 {
                board.post(Self.part(number))
                try eventually("it is seen") { seen.load(ordering: .relaxed) == UInt64(number) }
            }
            board.end()
        }
        #expect(board.isEnded)
    }

    private func withThread(_ work: @escaping @Sendable () -> Void, _ body: () throws -> Void) throws {
        let thread = try JoinableThread(work)
        try body()
        thread.join()
    }

    /// A browser that does not read: what is kept for it is bounded, and when it reads again it soon has the newest.
    @Test func `a client that is stuck gets few of the snapshots, and then the newest`() throws {
        let board = SnapshotBoard()
        let listener = try TCPListener(port: 0)
        let site = DashboardSite(board: board, port: listener.port)
        var limits = HTTPServer.Limits()
        limits.connectionCount = 4
        let server = try HTTPServer(listener, limits: limits) { site.answer($0) }
        let client = try TCPConnection(host: "127.0.0.1", port: listener.port, timeout: .seconds(5))
        try client.write("GET /events HTTP/1.1\r\nHost: localhost:\(listener.port)\r\n\r\n", timeout: .seconds(5))
        let count = 4_000
        for number in 1...count {
            board.post(Self.part(number, 16_384))
            if number % 20 == 0 { usleep(1_000) }
        }
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while !text.contains("\"number\": \(count),") {
            guard case .bytes(let more) = try bytes.withUnsafeMutableBytes({
                try client.read(into: $0, timeout: .seconds(10))
            }) else { break }
            text += String(decoding: bytes[..<more], as: UTF8.self)
        }
        #expect(text.contains("\"number\": \(count),"))
        #expect(text.components(separatedBy: "event: market").count < count / 2)
        board.end()
        server.stop()
    }
}
