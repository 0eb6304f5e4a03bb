import Platform

/// Definitions of options for which `options.maximum_contracts` left no room.
enum OptionRoom {
    /// Says so on the standard error if there were any.
    static func warn(ignored: UInt64, room: Int) {
        guard ignored > 0 else { return }
        Terminal.writeError(
            "levelhead: \(ignored) option definitions were ignored: options.maximum_contracts leaves room for \(room)")
    }
}
