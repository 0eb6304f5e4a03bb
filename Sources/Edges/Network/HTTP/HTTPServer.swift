@preconcurrency import Glibc
import Platform
import Synchronization
import Units

/// Serves HTTP/1.1 on a loopback port, one request a connection. Requests are bounded in bytes and in time, connections
/// in number; bodies are not read, and a connection is closed behind its answer, so nothing of one request can be taken
/// for another.
public final class HTTPServer: Sendable {
    public struct Limits: Sendable {
        /// Connections at once. For who comes beyond it one that has said nothing yet is ended; where there is none,
        /// the newcomer gets 503. With 1 the thread that accepts them serves them, and others wait.
        public var connectionCount = 1
        /// Bytes of a request's head.
        public var requestByteCount = 8_192
        /// A request that is not there so long after its first byte is let go, and so is who does not take an answer.
        public var patience = Nanoseconds.seconds(1)
        /// A connection of which no byte has come for so long is ended, without a word: browsers keep some in stock,
        /// and would take that for the answer to what they ask next.
        public var silence = Nanoseconds.seconds(1)
        /// A stream of which nothing is taken for so long is ended.
        public var streamPatience = Nanoseconds.seconds(30)

        public init() {}
    }

    /// What the threads of connections share: they may outlive the server by the moment that they take to end.
    private final class Shared: Sendable {
        let isStopping = Atomic<Bool>(false)
        /// By their numbers, oldest first.
        let open = Mutex<[UInt64: Open]>([:])
        let limits: Limits
        let answer: @Sendable (HTTPRequest) -> HTTPAnswer

        init(_ limits: Limits, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPAnswer) {
            self.limits = limits
            self.answer = answer
        }
    }

    private struct Open {
        let connection: TCPConnection
        var isSilent = true
    }

    /// What came of a connection.
    private enum Arrival {
        case nothing
        case request(HTTPRequest)
        /// Not one of HTTP/1.1, too long, or not whole in time.
        case bad
    }

    private static let idle = Nanoseconds.milliseconds(200)

    private let listener: TCPListener
    private let shared: Shared
    private let thread: Mutex<JoinableThread?>

    /// `127.0.0.1:PORT`.
    public var address: String { listener.address }

    /// Answers from here on.
    /// - Parameter answer: called on the threads of the connections.
    public init(
        _ listener: TCPListener, limits: Limits = Limits(), answer: @escaping @Sendable (HTTPRequest) -> HTTPAnswer
    ) throws(SystemCallError) {
        let shared = Shared(limits, answer)
        self.listener = listener
        self.shared = shared
        let started = try JoinableThread {
            var number: UInt64 = 0
            while !shared.isStopping.load(ordering: .acquiring) {
                guard let connection = try? listener.accept(timeout: Self.idle) else { continue }
                number += 1
                Self.take(connection, number, shared)
            }
        }
        thread = Mutex(started)
    }

    deinit { stop() }

    /// Ends all connections, and returns when no answer is under way.
    public func stop() {
        shared.isStopping.store(true, ordering: .releasing)
        guard let thread = thread.withLock({ $0.take() }) else { return }
        listener.stop()
        shared.open.withLock { for one in $0.values { one.connection.stop() } }
        thread.join()
        while !shared.open.withLock(\.isEmpty) {
            shared.open.withLock { for one in $0.values { one.connection.stop() } }
            usleep(1_000)
        }
    }

    private static func take(_ connection: TCPConnection, _ number: UInt64, _ shared: Shared) {
        let hasRoom = shared.open.withLock { open in
            if open.count >= shared.limits.connectionCount {
                guard let silent = open.filter(\.value.isSilent).min(by: { $0.key < $1.key }) else { return false }
                silent.value.connection.stop()
                open[silent.key] = nil
            }
            open[number] = Open(connection: connection)
            return true
        }
        guard hasRoom else {
            let text = "too many connections\n"
            try? connection.write(HTTPResponse(.unavailable, text).head() + text, timeout: .zero)
            return
        }
        let serve: @Sendable () -> Void = {
            try? Self.serve(connection, number, shared)
            _ = shared.open.withLock { $0.removeValue(forKey: number) }
        }
        if shared.limits.connectionCount == 1 { return serve() }
        // Without a thread for it the connection ends.
        do { try JoinableThread(serve).detach() } catch { _ = shared.open.withLock { $0.removeValue(forKey: number) } }
    }

    private static func serve(
        _ connection: TCPConnection, _ number: UInt64, _ shared: Shared
    ) throws(SystemCallError) {
        let answer: HTTPAnswer
        var isHeadOnly = false
        switch try arrival(connection, number, shared) {
        case .nothing: return
        case .bad: answer = .whole(HTTPResponse(.badRequest, "not a request of HTTP/1.1\n"))
        case .request(let request):
            answer = shared.answer(request)
            isHeadOnly = request.method == "HEAD"
        }
        var hasLength = true
        if case .stream = answer { hasLength = false }
        let head = Array(answer.response.head(hasLength: hasLength).utf8)
        let bytes = isHeadOnly ? head : head + answer.response.body
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(SystemCallError) in
            try connection.write(raw, timeout: shared.limits.patience)
        }
        if !isHeadOnly, case .stream(_, let write) = answer {
            try write(HTTPStream(connection, patience: shared.limits.streamPatience))
        }
        connection.finishWriting()
        try letRead(connection)
    }

    /// The request, once its head is whole.
    private static func arrival(
        _ connection: TCPConnection, _ number: UInt64, _ shared: Shared
    ) throws(SystemCallError) -> Arrival {
        let (end, limits) = (Array("\r\n\r\n".utf8), shared.limits)
        var deadline = MonotonicClock.now() + limits.silence
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: limits.requestByteCount, alignment: 1)
        defer { buffer.deallocate() }
        var count = 0
        while count < buffer.count {
            let left = deadline - MonotonicClock.now()
            guard left > .zero else { return count == 0 ? .nothing : .bad }
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            guard case .bytes(let more) = try connection.read(into: rest, timeout: left) else {
                return count == 0 ? .nothing : .bad
            }
            if count == 0 {
                deadline = MonotonicClock.now() + limits.patience
                // Its place may have been given away.
                let isOpen = shared.open.withLock { open in
                    open[number]?.isSilent = false
                    return open[number] != nil
                }
                guard isOpen else { return .nothing }
            }
            // The end may lie across two arrivals.
            let from = max(0, count - end.count + 1)
            count += more
            var place = from
            while place + end.count <= count {
                if buffer[place..<(place + end.count)].elementsEqual(end) {
                    return HTTPRequest(head: buffer[..<place]).map { .request($0) } ?? .bad
                }
                place += 1
            }
        }
        return .bad
    }

    /// A connection that is closed over what was not read takes the answer with it: a client that sent a body gets a
    /// moment to read what it was told.
    private static func letRead(_ connection: TCPConnection) throws(SystemCallError) {
        let deadline = MonotonicClock.now() + .milliseconds(100)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let left = deadline - MonotonicClock.now()
            guard left > .zero, case .bytes = try connection.read(into: buffer, timeout: left) else { return }
        }
    }
}
