/// Frames that are made and not yet kept nor sent, oldest first: those of a burst are handed over when it is through,
/// and not between its records.
struct HeldFrames: ~Copyable {
    private let slotByteCount: Int
    private let slotCount: Int
    private let memory: UnsafeMutableRawBufferPointer
    /// Topic and byte count of the frame in each slot.
    private var frames: [(topic: Int, byteCount: Int)]
    /// Frames made and frames let go of since none was held.
    private var made = 0
    private var released = 0

    /// - Parameter capacity: frames that may be held; 0 for none.
    init(capacity: Int, frameByteCountMax: Int) {
        precondition(capacity >= 0, "so many frames or none are held")
        // Slots begin where lines of a cache do.
        slotByteCount = (frameByteCountMax + 63) & ~63
        slotCount = capacity + 1
        memory = .allocate(byteCount: slotByteCount * slotCount, alignment: 64)
        frames = Array(repeating: (0, 0), count: slotCount)
    }

    deinit { memory.deallocate() }

    var isEmpty: Bool { made == released }
    /// There are more than may be held.
    var isOver: Bool { made - released == slotCount }

    /// Where the next frame is made. There is room for one more than may be held.
    var next: UnsafeMutableRawBufferPointer { slot(made) }

    /// The frame in `next` is made.
    mutating func add(topic: Int, byteCount: Int) {
        precondition(!isOver, "what is too much was released")
        frames[made % slotCount] = (topic, byteCount)
        made += 1
    }

    /// The oldest; its bytes until `release` and the next `add`.
    var oldest: (topic: Int, bytes: UnsafeRawBufferPointer) {
        precondition(!isEmpty, "a frame is held")
        let (topic, byteCount) = frames[released % slotCount]
        return (topic, UnsafeRawBufferPointer(rebasing: slot(released)[..<byteCount]))
    }

    /// Lets go of the oldest. When nothing is held any more the first slot is the next one, so that a few frames at a
    /// time are always made in the same lines of a cache.
    mutating func release() {
        released += 1
        if isEmpty { (made, released) = (0, 0) }
    }

    private func slot(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = number % slotCount * slotByteCount
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + slotByteCount])
    }
}
