import Foundation
import Synchronization
import Units

/// What is shown at one moment, in parts that change at different rates.
struct Snapshot: Sendable {
    struct Part: Sendable {
        /// Of its server-sent event, and its key at `/state`.
        let name: String
        /// Another one when its text is another one.
        let version: UInt64
        /// One JSON object.
        let json: [UInt8]
    }

    /// Counts up from 1.
    let number: UInt64
    let parts: [Part]
}

/// The newest snapshot and no other, for one writer and any number of readers. A reader that comes late finds what is
/// newest then; what it missed was kept for nobody.
final class SnapshotBoard: Sendable {
    private struct State {
        var newest: Snapshot?
        var isEnded = false
    }

    private let condition = NSCondition()
    private let state = Mutex(State())

    var newest: Snapshot? { state.withLock(\.newest) }
    var isEnded: Bool { state.withLock(\.isEnded) }

    /// Shows these parts in place of those before.
    func post(_ parts: [Snapshot.Part]) {
        change { $0.newest = Snapshot(number: ($0.newest?.number ?? 0) + 1, parts: parts) }
    }

    /// Readers get nothing more.
    func end() { change { $0.isEnded = true } }

    /// Waits for a newer snapshot than the one of this number. Nil when the board has ended, or none came in time.
    func next(after number: UInt64, timeout: Nanoseconds) -> Snapshot? {
        let end = Date(timeIntervalSinceNow: timeout.seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            let (newest, isEnded) = state.withLock { ($0.newest, $0.isEnded) }
            if isEnded { return nil }
            if let newest, newest.number > number { return newest }
            guard condition.wait(until: end) else { return nil }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        condition.lock()
        state.withLock { body(&$0) }
        condition.broadcast()
        condition.unlock()
    }
}
