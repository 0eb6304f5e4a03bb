import Security

/// Snapshots of folds in an LMDB environment, two for each name: a save replaces the older one, so that no torn or
/// damaged write loses both.
public struct SnapshotStore: ~Copyable {
    private var environment: LMDBEnvironment
    private var hasher = SHA256Hasher()
    /// Generation in each place of a name that was saved already, so that only the first save reads what is there.
    private var generations: [String: [UInt64]] = [:]

    public init(_ environment: consuming LMDBEnvironment) { self.environment = environment }

    /// Saves the state of the fold `name` and returns its generation.
    ///
    /// Costs the digest and two copies of the state and one commit; what reaches the disk before it returns is the
    /// environment's `Durability`.
    @discardableResult
    public mutating func save(
        _ name: String, _ identity: SnapshotIdentity, _ position: SnapshotPosition, state: [UInt8]
    ) throws(SnapshotError) -> UInt64 {
        var known: [UInt64]
        if let saved = generations[name] { known = saved } else { known = try inspect(name).map(\.generation) }
        let generation = max(known[0], known[1]) + 1
        // A place that is empty or damaged has generation 0 and goes first.
        let target = known[0] <= known[1] ? 0 : 1
        let key = Array(Self.key(name, target).utf8)
        let header = SnapshotHeader(
            generation: generation, identity: identity, position: position, stateByteCount: state.count)
        var bytes = [UInt8](repeating: 0, count: SnapshotHeader.byteCount)
        bytes.withUnsafeMutableBytes { header.write(to: $0) }
        let digest = digest(header: bytes, state: state)
        digest.withBytes { bytes.replaceSubrange(SnapshotHeader.digestOffset..., with: $0) }
        do throws(LMDBError) {
            try environment.write { (transaction) throws(LMDBError) in
                try transaction.put(key, count: bytes.count + state.count) { out in
                    out.copyBytes(from: bytes)
                    UnsafeMutableRawBufferPointer(rebasing: out[bytes.count...]).copyBytes(from: state)
                }
            }
        } catch { throw .database(error) }
        known[target] = generation
        generations[name] = known
        return generation
    }

    /// The newest whole snapshot of the fold `name`, nil when there never was one.
    ///
    /// Throws when it is of another version, configuration or format, and when everything that is there is damaged.
    public mutating func load(
        _ name: String, expecting identity: SnapshotIdentity
    ) throws(SnapshotError) -> Snapshot? {
        let slots = try inspect(name)
        let damaged = slots.filter { $0.isPresent && !$0.isWhole }
        guard let newest = slots.filter(\.isWhole).max(by: { $0.generation < $1.generation }) else {
            guard damaged.isEmpty else { throw .damaged(path: environment.path, keys: damaged.map(\.key)) }
            return nil
        }
        try check(newest, identity)
        let loaded: Snapshot?
        do throws(LMDBError) {
            loaded = try environment.read { (transaction) throws(LMDBError) in
                try transaction.get(Array(newest.key.utf8)) { (bytes) throws(LMDBError) in
                    let header = SnapshotHeader(from: bytes)
                    return Snapshot(
                        generation: header.generation, position: header.position,
                        state: Array(bytes[SnapshotHeader.byteCount...]), damagedKey: damaged.first?.key)
                }
            }
        } catch { throw .database(error) }
        return loaded
    }

    /// What was saved reaches the disk.
    public func sync() throws(SnapshotError) {
        do throws(LMDBError) { try environment.sync() } catch { throw .database(error) }
    }

    /// One of the two places of a name.
    private struct Slot {
        var key: String
        var isPresent = false
        var isWhole = false
        var format: UInt32 = 0
        /// 0 unless whole and of our format.
        var generation: UInt64 = 0
        var identity: SnapshotIdentity?
    }

    private static func key(_ name: String, _ place: Int) -> String { "snapshot/\(name)/\(place == 0 ? "a" : "b")" }

    private func check(_ slot: Slot, _ expected: SnapshotIdentity) throws(SnapshotError) {
        guard let found = slot.identity else {
            throw .otherFormat(
                path: environment.path, key: slot.key, found: slot.format, expected: SnapshotHeader.format)
        }
        guard found.stateVersion == expected.stateVersion else {
            throw .otherVersion(
                path: environment.path, key: slot.key, found: found.stateVersion, expected: expected.stateVersion)
        }
        guard found.configuration == expected.configuration else {
            throw .otherConfiguration(
                path: environment.path, key: slot.key, found: found.configuration, expected: expected.configuration)
        }
    }

    private mutating func inspect(_ name: String) throws(SnapshotError) -> [Slot] {
        var slots: [Slot] = []
        for place in 0...1 {
            var slot = Slot(key: Self.key(name, place))
            let value: [UInt8]?
            do throws(LMDBError) {
                value = try environment.read { (transaction) throws(LMDBError) in
                    try transaction.get(Array(slot.key.utf8))
                }
            } catch { throw .database(error) }
            if let value { examine(value, &slot) }
            slots.append(slot)
        }
        return slots
    }

    private mutating func examine(_ value: [UInt8], _ slot: inout Slot) {
        slot.isPresent = true
        guard value.count >= SnapshotHeader.byteCount, value.starts(with: SnapshotHeader.magic) else { return }
        let state = Array(value[SnapshotHeader.byteCount...])
        let found = value.withUnsafeBytes {
            SHA256Digest(bytes: UnsafeRawBufferPointer(rebasing: $0[SnapshotHeader.digestOffset...]))
        }
        guard digest(header: Array(value[..<SnapshotHeader.byteCount]), state: state) == found else { return }
        slot.isWhole = true
        slot.format = value.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        }
        guard slot.format == SnapshotHeader.format else { return }
        let header = value.withUnsafeBytes { SnapshotHeader(from: $0) }
        slot.generation = header.generation
        slot.identity = header.identity
    }

    private mutating func digest(header: [UInt8], state: [UInt8]) -> SHA256Digest {
        header.withUnsafeBytes {
            hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<SnapshotHeader.digestOffset]))
        }
        hasher.update(state)
        return hasher.finish()
    }
}
