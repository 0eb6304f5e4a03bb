import Configuration
import Platform
import Security

/// The files that a configuration names and that results depend on: their contents are a part of what a run was made
/// from.
enum NamedFiles {
    /// By the key that names it.
    private static func paths(_ configuration: ResolvedConfiguration) -> [(key: String, path: String)] {
        let news = configuration.risk.newsFile
        let paths = [
            ("risk.news_file", news.isEmpty ? nil : news), ("venue.latency_file", configuration.venue.latencyFile),
            ("venue.ack_latency_file", configuration.venue.acknowledgementLatencyFile),
        ]
        return paths.compactMap { key, path in path.map { (key, $0) } }
    }

    private static func digest(_ path: String) throws -> String {
        SHA256Digest(of: try PosixFile.contents(of: path)).hexadecimal
    }

    /// For `run.json`: an object each, with `key`, `path` and `sha256`.
    static func json(_ configuration: ResolvedConfiguration) throws -> String {
        JSONText.array(
            try paths(configuration).map { key, path in
                JSONText.object([
                    ("key", JSONText.string(key)), ("path", JSONText.string(path)),
                    ("sha256", JSONText.string(try digest(path))),
                ])
            })
    }

    /// - Parameter run: one that goes on, or is verified.
    /// - Throws: a file has other contents than when the run began.
    static func check(_ run: RunRecord, _ configuration: ResolvedConfiguration) throws {
        guard let known = run.namedFiles else { return }
        for (key, path) in paths(configuration) {
            let found = try digest(path)
            if let known = known[key], known != found { throw NamedFileChanged(run: run.path, key: key, path: path) }
        }
    }
}

struct NamedFileChanged: Error, CustomStringConvertible {
    let run: String
    let key: String
    let path: String

    var description: String {
        "\(path): other contents than when the run began, which has their hash in \(run) (\(key))"
    }
}
