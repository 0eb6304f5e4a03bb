@preconcurrency import Glibc

/// The first three descriptors of the process.
enum StandardStreams {
    /// Those that nobody has opened are taken, so that no file of ours comes to stand for one of them and gets what is
    /// printed. Writing to them fails as before: what takes their places may only be read.
    static func keep() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest free one is this one.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
