import Glibc
import Orders
import Platform
import Synchronization

/// Epoch and lock of a state directory in one shared word: `STATE_DIR/epoch`, a mapped file of mode 0600.
///
/// Every process reads it before every send: one load, no system call, no lock. Raising it is one atomic exchange in
/// memory whose page lies on the disk already, so it works when the disk is full and whoever is stopped or dead. The
/// bytes: 0 to 7 the letters `LHEPOCH1`, 8 to 15 the word, little-endian, `epoch × 2 + locked`; zeros up to 4,096.
public final class EpochWord: @unchecked Sendable {
    // SAFETY of @unchecked: immutable but for the mapped word, which is only touched atomically.
    public static let fileName = "epoch"
    private static let byteCount = 4_096
    private static let magic = Array("LHEPOCH1".utf8)
    private static let wordOffset = 8

    public let path: String
    private let base: UnsafeMutableRawPointer

    private var word: UnsafeMutablePointer<Atomic<UInt64>> {
        (base + Self.wordOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Maps the word of a state directory, which must exist; makes it, epoch 1 and not locked, when it is missing.
    public init(stateDirectory: String) throws(PrivatePathError) {
        path = FilePath.join(stateDirectory, Self.fileName)
        base = try Self.map(path)
        try check()
    }

    private init(path: String, base: UnsafeMutableRawPointer) {
        self.path = path
        self.base = base
    }

    deinit { munmap(base, Self.byteCount) }

    private func check() throws(PrivatePathError) {
        guard UnsafeRawBufferPointer(start: base, count: Self.magic.count).elementsEqual(Self.magic) else {
            throw .kind(path: path, expected: "an epoch word")
        }
    }

    /// A page of a file system that has become read-only cannot be written, and whoever tries is killed.
    private var isReadOnly: Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EROFS }
        close(descriptor)
        return false
    }

    /// The state of a state directory now; nil when it has no word yet. Makes and changes nothing, so that it can be
    /// told of a disk that has become read-only.
    public static func current(stateDirectory: String) throws(PrivatePathError) -> EpochState? {
        let path = FilePath.join(stateDirectory, fileName)
        guard let descriptor = try PrivatePath.open(path, flags: O_RDONLY, size: byteCount) else { return nil }
        defer { close(descriptor) }
        // What others have raised in memory is what a read gives.
        guard let base = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
            throw .system(SystemCallError(call: "mmap", path: path, code: errno))
        }
        let word = EpochWord(path: path, base: base)
        try word.check()
        return word.load()
    }

    /// The state now: whatever was raised before, by any process, is seen.
    public func load() -> EpochState {
        EpochState(word: word.pointee.load(ordering: .sequentiallyConsistent))
    }

    /// Locks and counts the epoch up, whatever the state was; returns the new one. Never fails, but on a disk that has
    /// become read-only: then the state is what it was.
    @discardableResult
    public func raiseAndLock() -> EpochState {
        if isReadOnly { return load() }
        var found = word.pointee.load(ordering: .relaxed)
        while true {
            let next = EpochState(epoch: EpochState(word: found).epoch + 1, isLocked: true)
            let (done, now) = word.pointee.compareExchange(
                expected: found, desired: next.word, ordering: .sequentiallyConsistent)
            if done { return next }
            found = now
        }
    }

    /// Takes the lock off if the epoch is still `epoch`: false when it was raised meanwhile, for then somebody else
    /// wants the lock. Not locked is not an error.
    public func unlock(ifEpochIs epoch: UInt64) -> Bool {
        if isReadOnly { return false }
        let locked = EpochState(epoch: epoch, isLocked: true).word
        let open = EpochState(epoch: epoch, isLocked: false).word
        let (done, found) = word.pointee.compareExchange(
            expected: locked, desired: open, ordering: .sequentiallyConsistent)
        return done || found == open
    }

    /// Brings the word of another state directory, or an older one, up to what a run has been told: no epoch goes back
    /// and no lock comes off. A lock that the run has not heard of is one after all that it has.
    ///
    /// - Returns: whether it had to be, and was.
    @discardableResult
    public func catchUp(with state: EpochState) -> Bool {
        var found = word.pointee.load(ordering: .relaxed)
        while true {
            let now = EpochState(word: found)
            guard now.epoch < state.epoch, !isReadOnly else { return false }
            let next = now.isLocked ? EpochState(epoch: state.epoch + 1, isLocked: true) : state
            let (done, other) = word.pointee.compareExchange(
                expected: found, desired: next.word, ordering: .sequentiallyConsistent)
            if done { return true }
            found = other
        }
    }

    /// Puts the word on the disk, so that it outlives a power cut. Not needed for a process's death.
    public func sync() throws(SystemCallError) {
        guard msync(base, Self.byteCount, MS_SYNC) == 0 else {
            throw SystemCallError(call: "msync", path: path, code: errno)
        }
    }

    private static func map(_ path: String) throws(PrivatePathError) -> UnsafeMutableRawPointer {
        while true {
            if let descriptor = try PrivatePath.open(path, flags: O_RDWR, size: byteCount) {
                defer { close(descriptor) }
                let protection = PROT_READ | PROT_WRITE
                guard let base = mmap(nil, byteCount, protection, MAP_SHARED | MAP_POPULATE, descriptor, 0),
                    base != MAP_FAILED
                else { throw .system(SystemCallError(call: "mmap", path: path, code: errno)) }
                return base
            }
            let start = EpochState(epoch: 1, isLocked: false)
            var bytes = magic
            withUnsafeBytes(of: start.word.littleEndian) { bytes += $0 }
            bytes += [UInt8](repeating: 0, count: byteCount - bytes.count)
            _ = try PrivatePath.makeFile(path, bytes)
        }
    }
}

extension EpochState {
    init(word: UInt64) { self.init(epoch: word >> 1, isLocked: word & 1 == 1) }
    var word: UInt64 { epoch << 1 | (isLocked ? 1 : 0) }
}
