import Glibc
import Nanomsg
import Platform
import Security
import Synchronization
import Units

/// The control side of a process: one thread that answers surveys at `STATE_DIR/control/NAME.ipc`.
///
/// It shares no thread, socket or queue with the data path. `status` is answered from the board; every other command of
/// `verbs` goes into the mailbox, and its answer is whatever the data thread says of it, now or when asked again.
/// Registered as long as it lives; `stop` ends it in order. A process that dies without that leaves a registration,
/// which everybody recognises as that of a dead process, and a socket file, which its successor takes over.
public final class ControlServer: Sendable {
    private struct Startup: ~Copyable {
        var socket: RespondentSocket
        var desk: CommandDesk
        /// When the process started, by a clock that nobody sets.
        let begun: Nanoseconds
    }

    /// Moves the socket, which cannot be copied, into the thread that owns it from then on.
    private final class Handover: @unchecked Sendable {
        // SAFETY: written before the thread starts and taken once by it.
        var startup: Startup?
        init(_ startup: consuming Startup) { self.startup = consume startup }
    }

    /// How often an idle server looks whether it should stop.
    private static let idle = Nanoseconds.milliseconds(50)
    /// The library breaks the connection of whoever sends more than this; up to it, we count what is too long.
    private static let largestReceivedBytes = 1 << 20

    public let registration: Registration
    private let directory: ControlDirectory
    private let isStopping: Flag
    private let thread: Mutex<JoinableThread?>

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// Binds, registers and starts the thread.
    /// - Parameters:
    ///   - stateDirectory: made, mode 0700, when missing.
    ///   - board: what this process says of itself; its name is the process's name.
    ///   - mailbox: where commands go; the data thread must look into it.
    ///   - verbs: what this process handles, beside `status`. Others are answered with `notConcerned`.
    ///   - received: called on the server's thread when a command was put into the mailbox, to wake the data thread or
    ///     to do what must not wait for it, such as raising the epoch.
    /// - Throws: `alreadyRunning`, `pathTooLong`, permissions, the socket.
    public init(
        stateDirectory: String, key: SecretKey, board: ProcessBoard, mailbox: ControlMailbox,
        verbs: Set<ControlVerb>, received: @escaping @Sendable (ControlCommand) -> Void = { _ in }
    ) throws(RegistrationError) {
        directory = ControlDirectory(stateDirectory: stateDirectory)
        let socketPath = try directory.socketPath(of: board.name)
        try directory.make()
        let begun = MonotonicClock.now()
        let startedAt = WallClock.now()
        registration = Registration(
            name: board.name, pid: SharedMemoryProcess.pid(of: SharedMemoryProcess.current),
            identity: SharedMemoryProcess.current, endpoint: "ipc://\(socketPath)", run: board.run,
            startedNanoseconds: startedAt.nanoseconds)
        isStopping = Flag()
        thread = Mutex(nil)
        let socket = try Self.bind(registration, in: directory)
        let desk = CommandDesk(
            key: key, board: board, mailbox: mailbox, verbs: verbs, received: received)
        try directory.write(registration)
        let handover = Handover(Startup(socket: socket, desk: desk, begun: begun))
        let isStopping = isStopping
        do throws(SystemCallError) {
            let started = try JoinableThread {
                guard let startup = handover.startup.take() else { return }
                Self.serve(startup, board: board, isStopping: isStopping)
            }
            thread.withLock { $0 = started }
        } catch {
            directory.remove(registration)
            throw .system(error)
        }
    }

    deinit { stop() }

    /// Takes the registration away, ends the thread and waits for it: at most a few tens of milliseconds.
    public func stop() {
        isStopping.value.store(true, ordering: .releasing)
        guard let thread = thread.withLock({ $0.take() }) else { return }
        directory.remove(registration)
        thread.join()
    }

    private static func bind(
        _ registration: Registration, in directory: ControlDirectory
    ) throws(RegistrationError) -> RespondentSocket {
        if let other = directory.registration(of: registration.name), other.isAlive {
            throw .alreadyRunning(name: registration.name, pid: other.pid)
        }
        do throws(NanomsgError) {
            return try RespondentSocket(
                endpoint: registration.endpoint, largestMessageBytes: largestReceivedBytes)
        } catch {
            guard error.isAddressInUse else { throw .socket("\(error)") }
            throw .alreadyRunning(
                name: registration.name, pid: directory.registration(of: registration.name)?.pid)
        }
    }

    private static func serve(_ startup: consuming Startup, board: ProcessBoard, isStopping: Flag) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlMessage.largestBytes, alignment: 8)
        defer { buffer.deallocate() }
        while !isStopping.value.load(ordering: .acquiring) {
            board.sample()
            do throws(NanomsgError) {
                switch try startup.socket.receive(into: buffer, timeout: idle) {
                case .nothing: continue
                case .tooLong: startup.desk.refuseTooLong()
                case .message(let count):
                    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    let now = WallClock.now()
                    let startedAt = now - (MonotonicClock.now() - startup.begun)
                    guard let answer = startup.desk.answer(bytes, now: now, startedAt: startedAt) else { continue }
                    try answer.span.bytes.withUnsafeBytes { (raw) throws(NanomsgError) in
                        try startup.socket.answer(raw)
                    }
                }
            } catch {
                // Whoever asked is gone, or the library is out of memory: the next question may go better.
                usleep(5_000)
            }
        }
    }
}
