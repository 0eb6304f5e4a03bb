import Features
import Foundation
import MarketCalendar
import Security
import Storage

/// The history that a run reads: the past sessions of one root, and the digest of all that is kept of it.
struct RunHistory {
    let path: String
    let root: String
    let digest: SHA256Digest
    let sessions: SessionHistory

    /// - Throws: when there is no history, or a record of it cannot be read.
    init(path: String, root: String) throws {
        let store = try HistoryStore(path, version: SessionRecord.formatVersion, makes: false)
        self.path = path
        self.root = root
        digest = try store.digest(root: root)
        sessions = SessionHistory(
            try store.sessions(root: root).map { date, bytes in
                guard let record = SessionRecord(bytes: bytes), record.tradeDate.yyyymmdd == date else {
                    throw HistoryError.damaged(path: path, key: "session/\(root)/\(date)")
                }
                return record
            })
    }

    /// Copies the sessions of the root into a directory that is not there yet: all of them, or none.
    func keep(in directory: String) throws {
        let part = "\(directory).part"
        // Of one that died in the middle.
        try? FileManager.default.removeItem(atPath: part)
        do {
            let store = try HistoryStore(path, version: SessionRecord.formatVersion, makes: false)
            var copy = try HistoryStore(part, version: SessionRecord.formatVersion, makes: true)
            for (date, bytes) in try store.sessions(root: root) { try copy.put(root: root, date: date, bytes) }
        }
        try FileManager.default.moveItem(atPath: part, toPath: directory)
    }

    /// The root that is meant when none is named: the only one, else ES.
    static func defaultRoot(path: String) throws -> String {
        let roots = try HistoryStore(path, version: SessionRecord.formatVersion, makes: false).roots()
        return roots.count == 1 ? roots[0] : "ES"
    }

    /// What a resumed run must have in common with the run that it goes on with.
    var canonicalText: String { "history=\(root) \(digest.hexadecimal)\n" }
}
