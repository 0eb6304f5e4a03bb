@preconcurrency import Glibc
import Units

// Clocks of the machine. Only edges read them; the core is given the time.

/// Time since an arbitrary point that never steps back, the same in every process (`CLOCK_MONOTONIC`). About 20 ns.
public enum MonotonicClock {
    public static func now() -> Nanoseconds { read(CLOCK_MONOTONIC) }
}

/// Time of day (`CLOCK_REALTIME`): may step. For stamps that people or other machines read.
public enum WallClock {
    public static func now() -> Timestamp { Timestamp(nanoseconds: UInt64(bitPattern: read(CLOCK_REALTIME).count)) }
}

/// Time that the calling thread has run on a core (`CLOCK_THREAD_CPUTIME_ID`): what others take of it is left out.
/// About 200 ns.
public enum ThreadClock {
    public static func now() -> Nanoseconds { read(CLOCK_THREAD_CPUTIME_ID) }
}

private func read(_ clock: clockid_t) -> Nanoseconds {
    var time = timespec()
    clock_gettime(clock, &time)
    return Nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
