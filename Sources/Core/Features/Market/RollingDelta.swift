import Determinism

/// Σ D·size over the second of the row and the 299 before it (FEATURES C-53, K.3-43).
struct RollingDelta: ~Copyable {
    private static let window: UInt64 = 300
    /// Buckets of one second; a power of two above the window.
    private static let capacity: UInt64 = 512

    private let buckets: UnsafeMutablePointer<Int64>
    /// The newest second that the window has come to, since 1970.
    private var newest: UInt64 = 0
    private var sum: Int64 = 0

    init() {
        buckets = .allocate(capacity: Int(Self.capacity))
        buckets.initialize(repeating: 0, count: Int(Self.capacity))
    }

    deinit { buckets.deallocate() }

    private func bucket(_ second: UInt64) -> UnsafeMutablePointer<Int64> {
        buckets + Int(truncatingIfNeeded: second % Self.capacity)
    }

    mutating func clear() {
        buckets.update(repeating: 0, count: Int(Self.capacity))
        sum = 0
    }

    /// Lets the window reach to `second`.
    mutating func advance(to second: UInt64) {
        guard second > newest else { return }
        if second - newest >= Self.window {
            clear()
            newest = second
        }
        while newest < second {
            newest += 1
            bucket(newest).pointee = 0
            sum &-= bucket(newest &- Self.window).pointee
        }
    }

    mutating func add(_ signed: Int64, second: UInt64) {
        advance(to: second)
        guard second &+ Self.window > newest else { return }
        bucket(second).pointee &+= signed
        sum &+= signed
    }

    /// The sum up to `second`.
    func value(at second: UInt64) -> Int64 {
        // The window may be one second ahead of a late row: what left it then is still in its bucket.
        second &+ 1 == newest ? sum &- bucket(newest).pointee &+ bucket(newest &- Self.window).pointee : sum
    }
}

extension RollingDelta: PersistentState {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("rolling-delta")
        try archive.field(&newest)
        try archive.field(&sum)
        for index in 0..<Int(Self.capacity) { try archive.field(&buckets[index]) }
    }
}
