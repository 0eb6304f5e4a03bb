import Configuration
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

/// Quotes of options on an index, on a tape of which a run uses none.
enum UnusedChain {
    /// Says so on the standard error: without `options.root` nothing else would but a count of unused records.
    static func warn(datasets: [String], _ configuration: ResolvedConfiguration) {
        let chain = configuration.live.optionsDataset
        let options = configuration.options
        guard options.isEnabled, options.root.isEmpty, datasets.contains(chain) else { return }
        Terminal.writeError(
            "levelhead: \(chain) on the tape is not used: no chain of an index is followed (options.root)")
    }
}
