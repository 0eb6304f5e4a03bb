import Compression
import DBN
import LiveGateway
import Security
import Tape
import Testing
import Units

/// A client of a session without sockets, and what it was told.
final class Conversation {
    private(set) var session: GatewaySession
    private let market: Market
    private let tape: ServedTape
    /// The handshake's lines.
    private(set) var text = ""
    /// Everything from the metadata on.
    private(set) var stream: [UInt8] = []
    static let challenge = "abcdEFGH0123abcdEFGH0123abcdEFGH"
    static let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    private let isCompressed: Bool
    private let hasSendTime: Bool

    init(
        _ market: Market, reportsUnresolved: Bool = true, isCompressed: Bool = false, hasSendTime: Bool = false
    ) throws {
        self.market = market
        let configuration = try market.configuration(reportsUnresolved: reportsUnresolved)
        tape = configuration.tape
        session = GatewaySession(configuration, challenge: Self.challenge, sessionID: 42)
        self.isCompressed = isCompressed
        self.hasSendTime = hasSendTime
    }

    static func answer(key: String = Market.keyText) -> String {
        "\(SHA256Digest(of: Array("\(challenge)|\(key)".utf8)).hexadecimal)-\(key.suffix(5))"
    }

    var instant: TapeInstant { TapeInstant(time: tape.dayBegin.nanoseconds, liveBegin: 0) }

    /// Sends text in pieces of at most `size` bytes.
    func send(_ text: String, size: Int = .max, at instant: TapeInstant? = nil) throws {
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            let end = place + min(size, bytes.count - place)
            try bytes[place..<end].withUnsafeBytes { raw in
                try session.receive(raw, now: Self.now, at: instant ?? self.instant)
            }
            place = end
            try take()
        }
    }

    func authenticate(_ more: String = "") throws {
        let settings = "|ts_out=\(hasSendTime ? 1 : 0)|compression=\(isCompressed ? "zstd" : "none")"
        try send("auth=\(Self.answer())|dataset=\(Market.dataset)|encoding=dbn\(settings)\(more)\n")
    }

    /// Authenticates, sends the lines and starts.
    func start(_ lines: String..., size: Int = .max) throws {
        try authenticate()
        for line in lines { try send(line + "\n", size: size) }
        try send("start_session\n", size: size)
    }

    /// Offers the whole tape.
    func play(to audience: GatewaySession.Audience = .everyone) throws {
        var tape = try MergedTape.open(market.paths, keepsTrades: true)
        while let record = try tape.next() {
            guard let schema = Self.schema(record.type) else { continue }
            try session.offer(record, as: schema, to: audience, now: Self.now)
        }
        try session.flush()
        try take()
    }

    /// Lets the gateway speak.
    func say(_ body: (inout GatewaySession) throws -> Void) throws {
        try body(&session)
        try take()
    }

    func finish() throws {
        try session.close()
        try take()
    }

    /// The metadata are the first thing of the stream.
    private var isStreaming: Bool {
        session.phase == .streaming || !stream.isEmpty || session.output.starts(with: isCompressed ? [0x28] : [0x44])
    }

    private func take() throws {
        if isStreaming {
            try session.flush()
            stream += session.output
        } else {
            text += String(decoding: session.output, as: UTF8.self)
        }
        session.output = []
    }

    static func schema(_ type: RecordType) -> Schema? {
        switch type {
        case .mbp10: .mbp10
        case .trade: .trades
        case .statistics: .statistics
        case .instrumentDefinition: .definition
        default: nil
        }
    }

    /// The stream, decompressed if it was compressed.
    func plain() throws -> [UInt8] {
        guard isCompressed else { return stream }
        var decompressor = try ZstdDecompressor()
        var output = [UInt8](repeating: 0, count: 1 << 20)
        let produced = try stream.withUnsafeBytes { input in
            try output.withUnsafeMutableBytes { try decompressor.decompress(input, into: $0).produced }
        }
        return Array(output.prefix(produced))
    }

    /// Metadata and records as they came.
    func received() throws -> (metadata: DBNMetadata?, records: [[UInt8]]) {
        var decoder = DBNDecoder(upgrade: .asIs)
        var records: [[UInt8]] = []
        try plain().withUnsafeBytes { raw in
            var rest = raw[...]
            while true {
                switch try decoder.decode(UnsafeRawBufferPointer(rebasing: rest)) {
                case .needMore:
                    #expect(rest.isEmpty, "half a record")
                    return
                case .metadata(let consumed): rest = rest.dropFirst(consumed)
                case .record(let record, let consumed):
                    records.append(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount)))
                    rest = rest.dropFirst(consumed)
                case .skipped(let type, let consumed):
                    Issue.record("a record of the unknown type \(type)")
                    rest = rest.dropFirst(consumed)
                }
            }
        }
        return (decoder.metadata, records)
    }

    static let control: Set<UInt8> = [
        RecordType.system.rawValue, RecordType.error.rawValue, RecordType.symbolMapping.rawValue,
    ]

    func data() throws -> [[UInt8]] { try received().records.filter { !Self.control.contains($0[1]) } }

    /// Messages in words, in the order they came: "+text" for system messages, "!code text" for errors and "in=out" for
    /// mappings; "." for each run of data records.
    func story() throws -> [String] {
        var story: [String] = []
        for record in try received().records {
            try Market.view(record) { view in
                switch view.type {
                case .system: story.append("+" + view.systemMessage.message)
                case .error: story.append("!\(view.errorMessage.code.rawValue) " + view.errorMessage.message)
                case .symbolMapping:
                    story.append("\(view.symbolMapping.inputSymbol)=\(view.symbolMapping.outputSymbol)")
                default: if story.last != "." { story.append(".") }
                }
            }
        }
        return story
    }
}
