import Control
import Foundation
import Orders
import Platform
import Storage

/// The lock of one flatten, taken before anybody is spoken to.
struct FlattenLock: Sendable {
    /// Nil on a disk that has become read-only.
    let lock: TradingLock?
    let state: EpochState
    let sender: String
    /// The run in progress; empty for none.
    let run: String

    static func raise(_ stateDirectory: String, reason: String?, waitsForOpen: Bool) throws -> FlattenLock {
        try Directory.make(stateDirectory, mode: 0o700)
        let run = RunSite.current(stateDirectory)
        let sender = ControlOptions.sender
        let lock: TradingLock
        do throws(PrivatePathError) { lock = try TradingLock(stateDirectory: stateDirectory) } catch {
            guard case .system(let failure) = error, failure.code == EROFS else { throw error }
            Terminal.writeError("levelhead: \(failure): the lock word cannot be raised; the gateways lock themselves")
            let held = try EpochWord.current(stateDirectory: stateDirectory)
            let state = EpochState(epoch: (held?.epoch ?? 1) + 1, isLocked: true)
            return FlattenLock(lock: nil, state: state, sender: sender, run: run?.directory ?? "")
        }
        var isLasting = true
        do { isLasting = try run?.isLive() ?? true } catch {
            Terminal.writeError("levelhead: \(error): locked as a live run is, over runs")
        }
        let (state, failure) = lock.raise(
            LockRecord(
                epoch: 0, sender: sender, reason: reason ?? "", waitsForOpen: waitsForOpen,
                run: run?.directory ?? "", isLasting: isLasting))
        if let failure {
            Terminal.writeError("levelhead: \(failure): locked without a record; the epoch word holds the lock")
        }
        return FlattenLock(lock: lock, state: state, sender: sender, run: run?.directory ?? "")
    }
}
