import Glibc

enum Pause {
    /// Sleeps for about a millisecond; a signal may end it early.
    static func millisecond() {
        var span = timespec(tv_sec: 0, tv_nsec: 1_000_000)
        nanosleep(&span, nil)
    }
}
