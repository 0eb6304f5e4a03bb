@preconcurrency import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGQUIT as a wish to end in order, and SIGHUP of who was not started with it ignored, as by
/// nohup(1): whoever waits in a system call is woken, and looks here.
enum StopSignal {
    private static let raised = Atomic<Bool>(false)

    static var isRaised: Bool { raised.load(ordering: .relaxed) }

    private static let numbers = [SIGINT, SIGTERM, SIGQUIT]

    /// The signals.
    static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    /// Takes the signals over, also when this process was started with them ignored or blocked.
    static func install() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in StopSignal.raise() }
        for number in numbers { sigaction(number, &action, nil) }
        var hangup = sigaction()
        sigaction(SIGHUP, nil, &hangup)
        if !isIgnored(hangup) { sigaction(SIGHUP, &action, nil) }
        var awaited = set
        pthread_sigmask(SIG_UNBLOCK, &awaited, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Handlers cannot be compared; `SIG_IGN` is the address 1.
    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// As if a signal had come.
    static func raise() { raised.store(true, ordering: .relaxed) }
}
