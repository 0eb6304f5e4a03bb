import Foundation
import Testing

/// The built program, run as a user runs it.
enum Program {
    static let path: String = {
        // The test bundle and the program lie in one folder.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ""
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [bundle, link ?? ""].map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return folders.map { $0.appendingPathComponent("levelhead").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? ""
    }()

    static var isBuilt: Bool { !path.isEmpty }

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    static func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        return try run(process)
    }

    /// Runs it to its end.
    static func run(_ process: Process) throws -> Outcome {
        let output = Pipe(), errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaint, as: UTF8.self))
    }

    static func json(_ arguments: [String]) throws -> Any {
        let outcome = try run(arguments + ["--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    }
}
