import Platform
import Synchronization
import Units

/// Writes the process's status as a text once a second, on a thread of its own: it takes a millisecond, in which the
/// data thread would take no record.
final class StatusWriter: Sendable {
    private final class Shared: Sendable {
        let text = Mutex<String?>(nil)
        let end = FinishedFlag()
    }

    private let shared = Shared()
    private let thread: JoinableThread

    /// - Parameter make: called on the thread; nil when there is nothing to say.
    init(_ make: @escaping @Sendable () -> String?) throws(SystemCallError) {
        let shared = shared
        thread = try JoinableThread {
            repeat {
                let made = make()
                shared.text.withLock { $0 = made }
            } while !shared.end.wait(atMost: .seconds(1))
        }
    }

    /// The newest text, once.
    func take() -> String? { shared.text.withLock { $0.take() } }

    /// Ends the thread and waits for it. Once.
    func end() {
        shared.end.set()
        thread.join()
    }
}
