import Platform

/// Which files a command line names.
public enum TapePaths {
    /// Files as given; of a directory every `*.dbn` and `*.dbn.zst` in it, sorted by name. Nothing is opened.
    ///
    /// - Parameter readsOnce: a pipe is taken, too.
    /// - Throws: `.noPaths`, `.notRegular`, `.noTapes` for a directory without any, and what `stat` says of a path that
    ///   is not there.
    public static func expand(_ arguments: [String], readsOnce: Bool = false) throws(TapeError) -> [String] {
        guard !arguments.isEmpty else { throw .noPaths }
        var paths: [String] = []
        for argument in arguments {
            let kind = try TapeError.system { () throws(SystemCallError) in try FileKind(of: argument) }
            if kind == .other, !readsOnce { throw .notRegular(path: argument) }
            guard kind == .directory else {
                paths.append(argument)
                continue
            }
            let names = try TapeError.system { () throws(SystemCallError) in try Directory.names(in: argument) }
            let tapes = names.filter { $0.hasSuffix(".dbn") || $0.hasSuffix(".dbn.zst") }.filter { !$0.hasPrefix(".") }
            guard !tapes.isEmpty else { throw .noTapes(directory: argument) }
            paths += tapes.map { FilePath.join(argument, $0) }
        }
        return paths
    }
}
