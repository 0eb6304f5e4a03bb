import Platform

/// The audit log of a process that goes on trading when there is no space for another line. Whatever else keeps a line
/// out of the log is an error at once: a log that is silent must not pass for one in which nothing happened.
public struct AuditKeeper: ~Copyable {
    private var log: AuditLog
    /// Why lines are missing; nil while none is. It stays: a log with a hole would not be what its fold gives again.
    public private(set) var failure: AuditLogError?

    public init(_ log: consuming AuditLog) { self.log = log }

    /// Adds one event.
    ///
    /// - Returns: why this line and those after it are missing, with the first of them; nil for the others.
    /// - Throws: the log has another line in this place, or cannot be written for a reason other than missing space.
    public mutating func append(_ object: [UInt8]) throws(AuditLogError) -> AuditLogError? {
        guard failure == nil else { return nil }
        do throws(AuditLogError) { try log.append(object) } catch {
            guard case .file(let cause) = error, cause.isMissingSpace else { throw error }
            failure = error
            return error
        }
        return nil
    }

    /// From here on there is always space for `count` more bytes, as long as the disk has any.
    public mutating func keepReserve(_ count: Int) { log.keepReserve(count) }

    /// Waits for the disk: from then on a power cut does not lose the lines either.
    public mutating func sync() throws(AuditLogError) {
        try check()
        try log.sync()
    }

    /// Where the log stands, for the snapshot that is about to be taken.
    public mutating func checkpoint() throws(AuditLogError) -> AuditPosition {
        try check()
        return try log.checkpoint()
    }

    /// Ends the run, as that of the log.
    public mutating func finish() throws(AuditLogError) {
        try check()
        try log.finish()
    }

    private func check() throws(AuditLogError) {
        if let failure { throw failure }
    }
}
