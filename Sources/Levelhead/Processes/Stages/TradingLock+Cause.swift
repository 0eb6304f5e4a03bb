import Control
import Pipeline

extension TradingLock {
    /// Who locked, and why, as far as the record beside the word says it.
    var cause: LockFollower.Cause {
        guard let record else { return LockFollower.Cause(sender: "lock") }
        return LockFollower.Cause(sender: record.sender, reason: record.reason, waitsForOpen: record.waitsForOpen)
    }
}
