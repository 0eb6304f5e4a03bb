import CPlatform
@preconcurrency import Glibc

/// A thread that can be waited for. Signals are left to the thread that started it, so that they reach who handles
/// them.
public final class JoinableThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let handle: pthread_t

    /// Starts `body` at once. Throws `EAGAIN` when the system has no more threads.
    public init(_ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        var every = sigset_t()
        var before = sigset_t()
        sigfillset(&every)
        pthread_sigmask(SIG_SETMASK, &every, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(Body(body)).toOpaque()
        let code = pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument)
        guard code == 0 else {
            Unmanaged<Body>.fromOpaque(argument).release()
            throw SystemCallError(call: "pthread_create", path: "thread", code: code)
        }
        self.handle = handle
    }

    /// Waits until the body has returned. Once, by one caller.
    public func join() { pthread_join(handle, nil) }

    /// Lets it end alone, in place of `join`.
    public func detach() { pthread_detach(handle) }

    /// From here on the calling thread wakes when its sleeps are over. Else the system adds up to 50 µs to each, so
    /// that others' end with them (prctl(2), `PR_SET_TIMERSLACK`).
    public static func wakeExactly() { _ = lh_wake_exactly() }
}
