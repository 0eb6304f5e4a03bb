import Glibc

enum Pause {
    /// Sleeps for about five milliseconds; a signal may end it early.
    static func short() {
        var span = timespec(tv_sec: 0, tv_nsec: 5_000_000)
        nanosleep(&span, nil)
    }
}
