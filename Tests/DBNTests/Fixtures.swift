import DBN
import Glibc
import TestSupport

/// Databento's own codec fixtures, found beside the package.
enum Fixtures {
    static let directory = PackageFolder.sharedData + "/dbn-fixtures"

    static let isPresent = access(directory + "/dbn", R_OK) == 0
    static let absence = "../shared/data/dbn-fixtures is absent"

    /// Paths of the uncompressed fixtures below `directory`, sorted: `dbn/test_data.mbo.dbn`, …
    static func plainPaths() -> [String] {
        ["databento-cpp", "dbn"].flatMap { folder in
            names(in: directory + "/" + folder)
                .filter { $0.hasSuffix(".dbn") || $0.hasSuffix(".frag") }
                .map { folder + "/" + $0 }
        }
    }

    /// The version in the name of a fragment, which has no metadata to say it; nil for whole streams.
    static func fragmentVersion(_ path: String) -> UInt8? {
        guard path.contains(".frag") else { return nil }
        return (1...3).first { path.contains(".v\($0).") }
    }

    static func bytes(_ path: String) -> [UInt8] { bytes(absolute: directory + "/" + path) }

    static func bytes(absolute path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.sorted()
    }
}
