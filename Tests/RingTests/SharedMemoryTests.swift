import Determinism
import Glibc
import Platform
import Testing

@testable import Ring

@Suite struct SharedMemoryTests {
    private let capacity = RingLayout.capacityMin
    private var byteCount: Int { RingLayout.byteCount(capacity: capacity) }

    private func path(_ name: String) -> String { "/dev/shm/ring-tests-\(getpid())-\(name)" }

    private func own(_ path: String) throws -> RingMemory {
        let file = try SharedMemoryFile.own(path: path, byteCount: byteCount) {
            RingMemory.format($0, capacity: capacity)
        }
        return try RingMemory(attaching: file.bytes, owner: file)
    }

    private func open(_ path: String) throws -> RingMemory {
        let file = try SharedMemoryFile.open(path: path, writableBytes: RingLayout.headerBytes)
        return try RingMemory(attaching: file.bytes, owner: file)
    }

    @Test func `a successor takes over the file when the writer's lock is gone, and readers go on`() throws {
        let path = path("successor")
        defer { unlink(path) }
        var truth = Published()
        var random = SeededGenerator(seed: 1)
        var reader: RingReader
        do {
            var writer = try RingWriter(own(path))
            reader = try RingReader(open(path), from: .oldest, as: .observed(identity: SharedMemoryProcess.current))
            writer.fill(bytes: 5_000, &random, &truth)
            #expect(throws: SharedMemoryError.owned(path: path)) { _ = try own(path) }
        }
        var writer = try RingWriter(own(path))
        writer.fill(bytes: 5_000, salt: 1, &random, &truth)
        var reading = Reading()
        reading.drain(&reader)
        #expect(reading.told == Array(0..<truth.next))
        #expect(reading.lost.isEmpty)
        #expect(reading.epochs == [2])
        #expect(truth.agrees(with: reading))
        #expect(try open(path).readers().map(\.identity) == [SharedMemoryProcess.current])
        #expect(writer.reclaimReaders { !SharedMemoryProcess.isAlive($0) } == 0)
    }

    @Test func `what was let go of is free also while a child that is being started has the file still`() throws {
        let path = path("child")
        defer { unlink(path) }
        var copy: Int32 = -1
        do {
            let file = try own(path)
            var (named, found) = (stat(), stat())
            #expect(stat(path, &named) == 0)
            let mine = (0..<4_096 as Range<Int32>).first { fstat($0, &found) == 0 && found.st_ino == named.st_ino }
            copy = dup(try #require(mine))
            #expect(throws: SharedMemoryError.owned(path: path)) { _ = try own(path) }
            withExtendedLifetime(file) {}
        }
        defer { close(copy) }
        _ = try own(path)
    }

    @Test func `the file is for its user alone and appears complete`() throws {
        let path = path("mode")
        defer { unlink(path) }
        #expect(throws: SharedMemoryError.absent(path: path)) { _ = try open(path) }
        let file = try SharedMemoryFile.own(path: path, byteCount: byteCount) { bytes in
            #expect(access(path, F_OK) != 0)
            RingMemory.format(bytes, capacity: capacity)
        }
        var found = stat()
        #expect(stat(path, &found) == 0)
        #expect(found.st_mode & 0o777 == 0o600)
        #expect(Int(found.st_size) == file.bytes.count)
    }

    @Test func `a file of another size is refused with both sizes`() throws {
        let path = path("size")
        defer { unlink(path) }
        _ = try own(path)
        let error = SharedMemoryError.wrongSize(path: path, found: byteCount, expected: byteCount * 2)
        #expect(throws: error) { _ = try SharedMemoryFile.own(path: path, byteCount: byteCount * 2) { _ in } }
    }

    /// Names in `/dev/shm` can be guessed, and whoever makes the file first could write in it.
    @Test func `a file that others may open, or another user made, is refused`() throws {
        let path = path("foreign")
        defer { unlink(path) }
        _ = try own(path)
        func expectRefusal() {
            #expect(throws: SharedMemoryError.foreign(path: path)) { _ = try own(path) }
            #expect(throws: SharedMemoryError.foreign(path: path)) { _ = try open(path) }
            #expect(throws: SharedMemoryError.foreign(path: path)) {
                _ = try SharedMemoryFile.share(path: path, byteCount: byteCount)
            }
        }
        #expect(chmod(path, 0o660) == 0)
        expectRefusal()
        #expect(chmod(path, 0o600) == 0)
        _ = try open(path)
        // Only who may give files away can try the other half.
        if chown(path, geteuid() + 1, getegid()) == 0 { expectRefusal() }
    }

    @Test func `a reader cannot write into the data`() async {
        await #expect(processExitsWith: .failure) {
            let path = "/dev/shm/ring-tests-\(getpid())-readonly"
            let bytes = RingLayout.byteCount(capacity: RingLayout.capacityMin)
            _ = try SharedMemoryFile.own(path: path, byteCount: bytes) {
                RingMemory.format($0, capacity: RingLayout.capacityMin)
            }
            let file = try SharedMemoryFile.open(path: path, writableBytes: RingLayout.headerBytes)
            unlink(path)
            file.bytes[RingLayout.headerBytes - 1] = 1
            guard file.bytes[RingLayout.headerBytes - 1] == 1 else { exit(0) }
            signal(SIGSEGV, SIG_DFL)
            file.bytes[RingLayout.headerBytes] = 1
            exit(0)
        }
    }

    @Test func `a process is known by number and start, so a reused number is not alive`() {
        let me = SharedMemoryProcess.current
        #expect(SharedMemoryProcess.isAlive(me))
        #expect(!SharedMemoryProcess.isAlive(me ^ 1))
        #expect(SharedMemoryProcess.pid(of: me) == getpid())
    }
}
