import Orders

extension EpochState {
    /// Why an arm that goes with the lock of this epoch is not done; nil when it is the one in force. Without an epoch,
    /// one that is late would undo a flatten that nobody had thought of.
    func refusal(ofArm epoch: UInt64?) -> String? {
        guard let epoch else { return "no epoch of the lock that it is to open" }
        if epoch == self.epoch { return nil }
        return epoch < self.epoch ? "flattened meanwhile" : "epoch \(epoch): the lock is of epoch \(self.epoch)"
    }
}
