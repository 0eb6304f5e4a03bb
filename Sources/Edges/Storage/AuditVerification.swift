import Platform
import Security

extension AuditLog {
    /// Recomputes the whole chain from the first line, and says where it ends.
    /// Throws at the first line that is malformed, torn or has another hash than it should.
    public static func verify(_ path: String) throws(AuditLogError) -> AuditPosition {
        let file = try AuditLogError.file { () throws(SystemCallError) in try PosixFile(path, .read) }
        let position = try verify(file, path, before: .max)
        let size = try AuditLogError.file { () throws(SystemCallError) in try file.size() }
        let rest = size - Int(position.byteOffset)
        guard rest <= 0 else {
            throw .torn(path: path, line: Int(position.lineCount) + 1, offset: Int(position.byteOffset), bytes: rest)
        }
        return position
    }

    /// Recomputes the chain of the whole lines that end at or before `end`.
    static func verify(
        _ file: borrowing PosixFile, _ path: String, before end: Int
    ) throws(AuditLogError) -> AuditPosition {
        var position = AuditPosition.start
        var hasher = SHA256Hasher()
        var pending: [UInt8] = []
        var readOffset = 0
        while true {
            let part = try AuditLogError.file { () throws(SystemCallError) in
                try file.read(at: readOffset, count: min(1 << 20, end - readOffset))
            }
            if part.isEmpty { break }
            readOffset += part.count
            pending += part
            var start = 0
            while let feed = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try verifyLine(pending[start..<feed], path, &hasher, &position)
                start = feed + 1
            }
            pending.removeFirst(start)
        }
        return position
    }

    private static func verifyLine(
        _ line: ArraySlice<UInt8>, _ path: String, _ hasher: inout SHA256Hasher, _ position: inout AuditPosition
    ) throws(AuditLogError) {
        let number = Int(position.lineCount) + 1
        let body = line.dropLast(suffixByteCount)
        guard body.count > 1, body.first == UInt8(ascii: "{") else {
            throw .malformed(path: path, line: number, offset: Int(position.byteOffset))
        }
        let expected = body.withUnsafeBytes { hasher.auditHash(after: position.hash, $0) }
        let isSame = withUnsafeTemporaryAllocation(byteCount: suffixByteCount + 1, alignment: 1) { end in
            end.writeAuditSuffix(expected)
            return line.suffix(suffixByteCount).elementsEqual(end.dropLast())
        }
        guard isSame else {
            guard let found = SHA256Digest(auditSuffix: line.suffix(suffixByteCount)) else {
                throw .malformed(path: path, line: number, offset: Int(position.byteOffset))
            }
            throw .otherHash(path: path, line: number, expected: expected, found: found)
        }
        position.hash = expected
        position.lineCount += 1
        position.byteOffset += UInt64(line.count) + 1
    }
}

extension SHA256Digest {
    /// The hash in `,"hash":"H"}`, nil for anything else.
    fileprivate init?(auditSuffix suffix: ArraySlice<UInt8>) {
        guard suffix.count == AuditLog.suffixByteCount, suffix.starts(with: Array(",\"hash\":\"".utf8)),
            suffix.suffix(2).elementsEqual(Array("\"}".utf8))
        else { return nil }
        self.init(hexadecimal: suffix.dropFirst(9).dropLast(2))
    }
}
