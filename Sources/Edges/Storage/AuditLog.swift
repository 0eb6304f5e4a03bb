import Platform
import Security

/// Where an audit log stood: everything a snapshot must hold to continue it.
public struct AuditPosition: BitwiseCopyable, Equatable, Sendable {
    /// Bytes of whole lines.
    public var byteOffset: UInt64
    public var lineCount: UInt64
    /// `hash` of the last line; zero bytes before the first.
    public var hash: SHA256Digest

    public static let start = AuditPosition(byteOffset: 0, lineCount: 0, hash: SHA256Digest())

    public init(byteOffset: UInt64, lineCount: UInt64, hash: SHA256Digest) {
        self.byteOffset = byteOffset
        self.lineCount = lineCount
        self.hash = hash
    }
}

/// `audit.jsonl`: one JSON object a line, each with the hash of everything up to it, so that no line can be changed,
/// removed or added in the middle unseen.
///
/// A line is `{…,"hash":"H"}` and a line feed. H is the lower-case hexadecimal of
///
///     SHA256(P ‖ B)
///
/// where P is the 64 hexadecimal digits of the line before it (64 times `0` for the first line), as ASCII, and B is the
/// line without its last 75 bytes, which are `,"hash":"H"}`, and with `}` in their place. `sha256sum` alone can
/// recompute it.
public struct AuditLog: ~Copyable {
    /// `,"hash":"` + 64 digits + `"}`.
    static let suffixByteCount = 75

    public let path: String
    /// Bytes of an unfinished last line that `resume` cut off: what a killed process was writing.
    public let cutByteCount: Int
    private var file: AppendFile
    private var hasher = SHA256Hasher()
    private var lineCount: UInt64
    private var hash: SHA256Digest

    /// Makes a new log, which must not exist yet.
    public static func create(_ path: String) throws(AuditLogError) -> AuditLog {
        let file = try AuditLogError.file { () throws(SystemCallError) in try PosixFile(path, .create) }
        return AuditLog(AppendFile(file, at: 0, existingEnd: 0), path, .start, cut: 0)
    }

    /// Continues a log where a snapshot left it. Lines behind that place stay; each that is appended again is compared
    /// with them byte for byte, and only what comes after the last of them is written.
    ///
    /// Throws when the log is shorter than the snapshot says, its line there has another hash, or a line before it was
    /// changed: the whole chain up to there is computed again, 0.5 s a gigabyte.
    public static func resume(_ path: String, at position: AuditPosition) throws(AuditLogError) -> AuditLog {
        let file = try AuditLogError.file { () throws(SystemCallError) in try PosixFile(path, .update) }
        let size = try AuditLogError.file { () throws(SystemCallError) in try file.size() }
        let offset = Int(clamping: position.byteOffset)
        guard offset <= size else { throw .shorter(path: path, size: size, expected: offset) }
        try checkChain(before: offset, file, path, position)
        let end = try endOfLastLine(file, from: offset, size: size)
        try AuditLogError.file { () throws(SystemCallError) in
            if end < size { try file.truncate(to: end) }
        }
        return AuditLog(AppendFile(file, at: offset, existingEnd: end), path, position, cut: size - end)
    }

    private init(_ file: consuming AppendFile, _ path: String, _ position: AuditPosition, cut: Int) {
        self.file = file
        self.path = path
        lineCount = position.lineCount
        hash = position.hash
        cutByteCount = cut
    }

    /// Whether the next line is one the file has already.
    public var isComparing: Bool { file.isComparing }

    /// From here on there is always space for `count` more bytes, as long as the disk has any.
    public mutating func keepReserve(_ count: Int) { file.keepReserve(count) }

    /// Adds one event: a JSON object with at least one member and no line feed, `{…}`.
    ///
    /// Costs the hash of the line, about 0.5 µs, and a copy; the system is called once per 64 KB.
    /// Throws `.differs` when the log has another line in this place.
    public mutating func append(_ object: UnsafeRawBufferPointer) throws(AuditLogError) {
        precondition(object.count > 2, "an audit event has at least one member")
        precondition(object.first == UInt8(ascii: "{"), "an audit event is a JSON object")
        precondition(object.last == UInt8(ascii: "}"), "an audit event is a JSON object")
        precondition(!object.contains(UInt8(ascii: "\n")), "an audit event is one line")
        let next = hasher.auditHash(after: hash, UnsafeRawBufferPointer(rebasing: object.dropLast()))
        let bodyCount = object.count - 1
        let count = bodyCount + Self.suffixByteCount + 1

        let existing: [UInt8]?
        do throws(SystemCallError) {
            existing = try file.append(count: count) { line in
                line.copyBytes(from: object.dropLast())
                UnsafeMutableRawBufferPointer(rebasing: line[bodyCount...]).writeAuditSuffix(next)
            }
        } catch { throw .file(error) }
        if let existing {
            throw .differs(
                path: path, line: Int(lineCount) + 1,
                existing: String(decoding: existing.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self),
                produced: String(decoding: object.dropLast(), as: UTF8.self) + ",\"hash\":\"\(next)\"}")
        }
        hash = next
        lineCount += 1
    }

    public mutating func append(_ object: [UInt8]) throws(AuditLogError) {
        try object.span.bytes.withUnsafeBytes { (raw) throws(AuditLogError) in try append(raw) }
    }

    /// Hands all lines to the system: from then on a killed process does not lose them.
    public mutating func flush() throws(AuditLogError) {
        do throws(SystemCallError) { try file.flush() } catch { throw .file(error) }
    }

    /// Flushes, then waits for the disk: from then on a power cut does not lose them either.
    public mutating func sync() throws(AuditLogError) {
        do throws(SystemCallError) { try file.sync() } catch { throw .file(error) }
    }

    /// Flushes and says where the log stands, for the snapshot that is about to be taken.
    public mutating func checkpoint() throws(AuditLogError) -> AuditPosition {
        try flush()
        try checkWritten()
        return AuditPosition(byteOffset: UInt64(file.offset), lineCount: lineCount, hash: hash)
    }

    /// Ends the run: syncs, and throws `.notProduced` when the log has lines that this run did not produce again.
    public mutating func finish() throws(AuditLogError) {
        try sync()
        try checkWritten()
        do throws(SystemCallError) { try file.releaseReserve() } catch { throw .file(error) }
        guard !file.isComparing else {
            throw .notProduced(path: path, line: Int(lineCount) + 1, bytes: file.existingEnd - file.offset)
        }
    }

    private func checkWritten() throws(AuditLogError) {
        if let failure = file.failure { throw .file(failure) }
    }

    /// The chain of the lines before the snapshot's place is whole and ends there, with the snapshot's hash.
    private static func checkChain(
        before offset: Int, _ file: borrowing PosixFile, _ path: String, _ position: AuditPosition
    ) throws(AuditLogError) {
        let found = try verify(file, path, before: offset)
        let line = Int(clamping: found.lineCount)
        guard found.byteOffset == position.byteOffset, found.lineCount == position.lineCount else {
            throw .malformed(path: path, line: line + 1, offset: Int(found.byteOffset))
        }
        guard found.hash == position.hash else {
            throw .otherHash(path: path, line: line, expected: position.hash, found: found.hash)
        }
    }

    /// The offset behind the last line feed at or behind `start`, or `start` itself.
    private static func endOfLastLine(
        _ file: borrowing PosixFile, from start: Int, size: Int
    ) throws(AuditLogError) -> Int {
        var end = size
        while end > start {
            let from = max(start, end - (1 << 16))
            let bytes = try AuditLogError.file { () throws(SystemCallError) in
                try file.read(at: from, count: end - from)
            }
            if let feed = bytes.lastIndex(of: UInt8(ascii: "\n")) { return from + feed + 1 }
            end = from
        }
        return start
    }
}

extension SHA256Hasher {
    /// The hash of a line whose object, without its closing brace, is `body`.
    mutating func auditHash(after previous: SHA256Digest, _ body: UnsafeRawBufferPointer) -> SHA256Digest {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { digits in
            previous.writeHexadecimal(to: digits)
            update(UnsafeRawBufferPointer(digits))
        }
        update(body)
        var brace = UInt8(ascii: "}")
        withUnsafeBytes(of: &brace) { update($0) }
        return finish()
    }
}

extension UnsafeMutableRawBufferPointer {
    /// `,"hash":"H"}` and a line feed.
    func writeAuditSuffix(_ hash: SHA256Digest) {
        let (name, end): (StaticString, StaticString) = (",\"hash\":\"", "\"}\n")
        copyMemory(from: UnsafeRawBufferPointer(start: name.utf8Start, count: 9))
        hash.writeHexadecimal(to: UnsafeMutableRawBufferPointer(rebasing: self[9..<73]))
        UnsafeMutableRawBufferPointer(rebasing: self[73...])
            .copyMemory(from: UnsafeRawBufferPointer(start: end.utf8Start, count: 3))
    }
}
