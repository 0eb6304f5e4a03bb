import Foundation

/// The folder of Package.swift, and what lies beside it.
public enum PackageFolder {
    public static let path: String = {
        var folder = URL(fileURLWithPath: #filePath)
        repeat { folder.deleteLastPathComponent() } while folder.path != "/"
            && !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path)
        return folder.path
    }()

    /// Recorded market data; absent on other machines.
    public static let sharedData = URL(fileURLWithPath: path + "/../shared/data").standardized.path

    public static func file(_ name: String) -> String { path + "/" + name }

    public static func text(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8)
    }
}
