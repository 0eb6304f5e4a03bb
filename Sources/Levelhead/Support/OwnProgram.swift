import Foundation
import Platform

/// This program, run as others would.
enum OwnProgram {
    struct End {
        let status: Int32
        let output: String
        let errors: String

        /// The one JSON object on standard output.
        var json: [String: Any]? {
            (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any]
        }
    }

    /// Whatever has become of the name that it was started by: its file may have been replaced since.
    static let file = URL(fileURLWithPath: "/proc/self/exe")

    static func start(_ arguments: [String], output: URL, errors: URL) throws -> Process {
        let process = Process()
        process.executableURL = file
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return process
    }

    /// Runs to the end; what it says goes through files below `scratch`.
    static func run(_ arguments: [String], scratch: String) throws -> End {
        let name = UUID().uuidString
        let output = URL(fileURLWithPath: "\(scratch)/\(name).out")
        let errors = URL(fileURLWithPath: "\(scratch)/\(name).err")
        defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
        let process = try start(arguments, output: output, errors: errors)
        process.waitUntilExit()
        return End(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
