@preconcurrency import Glibc
import Platform
import Storage
import Tape

/// Errors that say that a file could not grow.
enum StorageSpace {
    static func isMissing(_ error: any Error) -> Bool {
        switch error {
        case let error as SystemCallError: isMissing(error.code)
        case TapeError.system(let error): isMissing(error.code)
        case JournalError.file(let error): isMissing(error.code)
        case AuditLogError.file(let error): isMissing(error.code)
        case let error as LMDBError: isMissing(error)
        case SnapshotError.database(let error): isMissing(error)
        default: false
        }
    }

    private static func isMissing(_ code: Int32) -> Bool { SystemCallError.isMissingSpace(code) }

    private static func isMissing(_ error: LMDBError) -> Bool {
        guard case .failed(_, let code, _) = error else { return false }
        return error.isMapFull || isMissing(code)
    }
}
