@preconcurrency import Glibc
import Foundation
import Network
import Platform
import Synchronization
import Units

/// The gateway: listens, and gives every client a thread and a session of its own.
public final class LiveGateway: Sendable {
    /// How the tape is played.
    public struct Playback: Sendable {
        /// Seconds of the tape a second; nil for as fast as clients read.
        public let speed: Double?
        /// ns of the tape at which the clock begins; nil for where the tape's day begins.
        public let from: UInt64?
        /// All sessions see one clock, which the first of them starts; else each begins the day for itself. A clock
        /// that does not run, for want of a speed, cannot be shared.
        public let isShared: Bool
        /// Keep sessions after the last record.
        public let stays: Bool

        public init(speed: Double?, from: UInt64? = nil, isShared: Bool = false, stays: Bool = false) {
            self.speed = speed
            self.from = from
            self.isShared = isShared && speed != nil
            self.stays = stays
        }
    }

    public let configuration: GatewaySession.Configuration
    public let playback: Playback
    private let listener: TCPListener
    private let log: @Sendable (String) -> Void
    private let sharedClock: TapeClock
    private let stopping = Atomic<Bool>(false)
    /// By session number.
    private let open = Mutex<[UInt64: TCPConnection]>([:])

    /// How long a thread waits before it looks whether the gateway stops.
    static let patience = Nanoseconds.milliseconds(100)

    /// Listens on a port of 127.0.0.1; 0 for any that is free.
    public init(
        port: UInt16, _ configuration: GatewaySession.Configuration, _ playback: Playback,
        log: @escaping @Sendable (String) -> Void
    ) throws(SystemCallError) {
        listener = try TCPListener(port: port)
        self.configuration = configuration
        self.playback = playback
        self.log = log
        sharedClock = TapeClock(begin: playback.from ?? configuration.tape.dayBegin.nanoseconds, speed: playback.speed)
    }

    /// `127.0.0.1:port`.
    public var address: String { listener.address }
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Serves until `stop`.
    public func run() throws(SystemCallError) {
        var number: UInt64 = 0
        while !isStopping {
            guard let connection = try listener.accept(timeout: Self.patience) else { continue }
            number += 1
            if register(number, connection) { start(number, connection) }
        }
    }

    /// Ends all sessions in good order, those that block after a second by force. Returns when none is left.
    public func stop() {
        open.withLock { _ in stopping.store(true, ordering: .relaxed) }
        listener.stop()
        let deadline = MonotonicClock.now() + .seconds(1)
        var isForced = false
        while open.withLock({ !$0.isEmpty }) {
            if !isForced, MonotonicClock.now() > deadline {
                open.withLock { for connection in $0.values { connection.stop() } }
                isForced = true
            }
            usleep(5_000)
        }
    }

    /// False when the gateway stops: who comes now is not served.
    private func register(_ number: UInt64, _ connection: TCPConnection) -> Bool {
        open.withLock { open in
            if isStopping { return false }
            open[number] = connection
            return true
        }
    }

    private func start(_ number: UInt64, _ connection: TCPConnection) {
        let clock = playback.isShared ? sharedClock : TapeClock(begin: sharedClock.begin, speed: playback.speed)
        Thread.detachNewThread { [self] in
            var session = SessionThread(self, number, connection, clock) { [log] text in
                log("session \(number): \(text)")
            }
            session.run()
            open.withLock { _ = $0.removeValue(forKey: number) }
        }
    }
}
