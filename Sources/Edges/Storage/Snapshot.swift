import Security

/// What the state of a fold depends on besides its inputs. A snapshot of another identity is refused.
public struct SnapshotIdentity: Equatable, Sendable {
    /// Layout and meaning of the state's bytes: changes with every build that changes either.
    public var stateVersion: UInt64
    /// Digest of the resolved configuration.
    public var configuration: SHA256Digest

    public init(stateVersion: UInt64, configuration: SHA256Digest) {
        self.stateVersion = stateVersion
        self.configuration = configuration
    }
}

/// Where everything stood when a snapshot was taken: the next input, and the ends of what the fold had written.
public struct SnapshotPosition: BitwiseCopyable, Equatable, Sendable {
    /// Inputs taken: the sequence of the next one.
    public var sequence: UInt64
    /// Time of the last input, ns since the epoch.
    public var time: Int64
    public var audit: AuditPosition
    public var journal: JournalPosition

    public init(
        sequence: UInt64, time: Int64, audit: AuditPosition = .start, journal: JournalPosition = .start
    ) {
        self.sequence = sequence
        self.time = time
        self.audit = audit
        self.journal = journal
    }
}

/// A snapshot that was loaded.
public struct Snapshot: Equatable, Sendable {
    /// 1 for the first snapshot of its name, then one more for each.
    public var generation: UInt64
    public var position: SnapshotPosition
    /// The state, as `StateArchive` made it.
    public var state: [UInt8]
    /// The key of a damaged snapshot that this one stands in for, nil when this is simply the newest.
    public var damagedKey: String?
}

/// Why no snapshot can be loaded or saved.
public enum SnapshotError: Error, Equatable, Sendable {
    case database(LMDBError)
    /// Every snapshot of this name that is there fails its checksum. Keys as in the database.
    case damaged(path: String, keys: [String])
    /// A whole snapshot of another header format.
    case otherFormat(path: String, key: String, found: UInt32, expected: UInt32)
    case otherVersion(path: String, key: String, found: UInt64, expected: UInt64)
    case otherConfiguration(path: String, key: String, found: SHA256Digest, expected: SHA256Digest)
}

extension SnapshotError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .database(let error): error.description
        case .damaged(let path, let keys): "\(path): snapshot \(keys.joined(separator: " and ")): checksum wrong"
        case .otherFormat(let path, let key, let found, let expected):
            "\(path): snapshot \(key): format \(found), expected \(expected)"
        case .otherVersion(let path, let key, let found, let expected):
            "\(path): snapshot \(key): state version \(found), expected \(expected)"
        case .otherConfiguration(let path, let key, let found, let expected):
            "\(path): snapshot \(key): configuration \(found), expected \(expected)"
        }
    }
}
