@preconcurrency import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to end in order: whoever waits in a system call is woken, and looks here.
enum StopSignal {
    private static let raised = Atomic<Bool>(false)

    static var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Takes the signals over, also when this process was started with them ignored.
    static func install() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in StopSignal.raise() }
        for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
        signal(SIGPIPE, SIG_IGN)
    }

    /// As if a signal had come.
    static func raise() { raised.store(true, ordering: .relaxed) }
}
