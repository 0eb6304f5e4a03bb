import Platform
import Ring

/// The glue between a shared-memory file and a ring.
enum BenchRing {
    static func make(_ path: String, capacity: Int) throws {
        try SharedMemoryFile.remove(path: path)
        _ = try own(path, capacity: capacity)
    }

    static func own(_ path: String, capacity: Int) throws -> RingMemory {
        let file = try SharedMemoryFile.own(path: path, byteCount: RingLayout.byteCount(capacity: capacity)) {
            RingMemory.format($0, capacity: capacity)
        }
        return try RingMemory(attaching: file.bytes, owner: file)
    }

    static func open(_ path: String) throws -> RingMemory {
        let file = try SharedMemoryFile.open(path: path, writableBytes: RingLayout.headerBytes)
        return try RingMemory(attaching: file.bytes, owner: file)
    }
}
