@preconcurrency import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to end: whoever waits is woken by the signal, and looks here.
enum StopSignal {
    private static let wished = Atomic<Bool>(false)

    static var isWished: Bool { wished.load(ordering: .relaxed) }

    /// Takes the signals over, also when this process was started with them ignored.
    static func take() {
        for number in [SIGINT, SIGTERM] { signal(number) { _ in StopSignal.wished.store(true, ordering: .relaxed) } }
    }
}
