import Platform
import Units

/// When this process began, on the monotonic clock: read first thing in `main`.
enum ProcessStart {
    static let time = MonotonicClock.now()
}
