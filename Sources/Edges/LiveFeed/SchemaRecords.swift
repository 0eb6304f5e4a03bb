import DBN

extension Schema {
    /// Whether the gateway may skip records of it for a reader that asked for that.
    var isSkippable: Bool {
        [.mbp1, .mbp10, .bbo1s, .bbo1m, .cmbp1, .cbbo1s, .cbbo1m].contains(self)
    }
}
