import DBN
import LiveGateway
@testable import Network
import Security
import Foundation
import Testing
import Units

/// Over sockets: pace, ends and back-pressure. The official client does the rest (scripts/check-serve).
@Suite struct GatewayTests {
    private static let patience = Nanoseconds.seconds(20)

    /// A running gateway, stopped with its last reference.
    private final class Running {
        let gateway: LiveGateway
        let port: UInt16
        /// Its files go with it.
        private let market: Market

        init(_ market: Market, _ playback: LiveGateway.Playback) throws {
            self.market = market
            gateway = try LiveGateway(port: 0, try market.configuration(), playback, log: { _ in })
            port = try #require(UInt16(gateway.address.split(separator: ":").last ?? ""))
            let gateway = gateway
            Thread.detachNewThread { try? gateway.run() }
        }

        deinit { gateway.stop() }
    }

    private final class Peer {
        let connection: TCPConnection
        private(set) var bytes: [UInt8] = []
        private(set) var isAtEnd = false

        init(_ port: UInt16) throws {
            connection = try TCPConnection(host: "127.0.0.1", port: port, timeout: patience)
        }

        func send(_ text: String) throws { try connection.write(text, timeout: patience) }

        /// Reads until `isDone`, the end or a long silence.
        func read(until isDone: ([UInt8]) -> Bool) throws {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while !isAtEnd, !isDone(bytes) {
                switch try buffer.withUnsafeMutableBytes({ try connection.read(into: $0, timeout: patience) }) {
                case .bytes(let count): bytes += buffer.prefix(count)
                case .end: isAtEnd = true
                case .nothing: return
                }
            }
        }

        func line() throws -> String {
            try read { $0.contains(10) }
            let end = bytes.firstIndex(of: 10) ?? bytes.endIndex
            defer { bytes.removeFirst(min(bytes.count, end + 1)) }
            return String(decoding: bytes[..<end], as: UTF8.self)
        }

        func authenticate() throws {
            #expect(try line() == "lsg_version=0.9.4")
            let challenge = try line().dropFirst("cram=".count)
            let digest = SHA256Digest(of: Array("\(challenge)|\(Market.keyText)".utf8)).hexadecimal
            try send("auth=\(digest)-\(Market.keyText.suffix(5))|dataset=\(Market.dataset)\n")
            #expect(try line().hasPrefix("success=1|session_id="))
        }

        /// Types of the records that came.
        var types: [UInt8] {
            var types: [UInt8] = []
            var place = 128
            while place + 16 <= bytes.count {
                types.append(bytes[place + 1])
                place += 4 * Int(bytes[place])
            }
            return types
        }

        var bookCount: Int { types.filter { $0 == RecordType.mbp10.rawValue }.count }
    }

    @Test func `a replay comes at once whatever the speed, and ends by FIN`() throws {
        let running = try Running(.usual(), LiveGateway.Playback(speed: 1e-6))
        for _ in 0..<2 {
            let peer = try Peer(running.port)
            try peer.authenticate()
            try peer.send("schema=mbp-10|symbols=ALL_SYMBOLS|start=0\nstart_session\n")
            try peer.read { _ in false }
            #expect(peer.isAtEnd && peer.bookCount == 10)
            #expect(peer.types.last == RecordType.system.rawValue)
        }
    }

    @Test func `live records wait for their time`() throws {
        let running = try Running(.usual(), LiveGateway.Playback(speed: 1e-6))
        let peer = try Peer(running.port)
        try peer.authenticate()
        try peer.send("schema=mbp-10|symbols=ALL_SYMBOLS\nstart_session\n")
        // Those of the first moment; the next are due in a million seconds.
        try peer.read { _ in peer.bookCount == 2 }
        #expect(peer.bookCount == 2 && !peer.isAtEnd)
    }

    @Test func `stopping ends sessions in good order, blocked ones too`() throws {
        var running: Running? = try Running(.usual(count: 60_000), LiveGateway.Playback(speed: nil))
        let port = try #require(running?.port)
        let (reader, sleeper) = (try Peer(port), try Peer(port))
        for peer in [reader, sleeper] {
            try peer.authenticate()
            try peer.send("schema=mbp-10|symbols=ALL_SYMBOLS\nstart_session\n")
        }
        // 44 MB: more than all buffers between the two take.
        try reader.read { $0.count > 1 << 20 }
        running = nil
        try reader.read { _ in false }
        #expect(reader.isAtEnd)
        #expect(throws: (any Error).self) { try Peer(port).authenticate() }
        withExtendedLifetime(sleeper) {}
    }

    @Test func `a client that goes does not disturb the others`() throws {
        let running = try Running(.usual(), LiveGateway.Playback(speed: nil))
        for line in ["", "auth=x", "auth=x\n", "\n\n\n"] {
            let peer = try Peer(running.port)
            _ = try peer.line()
            try peer.send(line)
            peer.connection.resetWhenClosed()
        }
        let peer = try Peer(running.port)
        try peer.authenticate()
        try peer.send("schema=mbp-10|symbols=ESZ6\nstart_session\n")
        try peer.read { _ in false }
        #expect(peer.isAtEnd && peer.bookCount == 5)
    }
}

@Suite struct TapeClockTests {
    @Test func `the clock stands, then runs at its speed`() {
        let clock = TapeClock(begin: 1_000, speed: 10)
        #expect(clock.position(at: Nanoseconds(500)) == 1_000)
        clock.start(at: Nanoseconds(500))
        clock.start(at: Nanoseconds(900))
        #expect(clock.position(at: Nanoseconds(600)) == 2_000)
        #expect(clock.wait(until: 2_000, at: Nanoseconds(600)) == .zero)
        #expect(clock.wait(until: 3_000, at: Nanoseconds(600)) == Nanoseconds(101))
        #expect(clock.wait(until: .max, at: Nanoseconds(600)) == .zero)
    }

    @Test func `without a speed everything is due`() {
        let clock = TapeClock(begin: 1_000, speed: nil)
        #expect(clock.wait(until: 1 << 60, at: .zero) == .zero)
        #expect(clock.position(at: .zero) == .max)
    }
}
