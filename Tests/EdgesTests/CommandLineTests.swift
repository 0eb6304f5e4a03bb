import DBN
import Foundation
import Platform
import Tape
import Testing
import Units

extension Program {
    /// Runs a line of the shell in which `$lh` is the program; its status is that of the first command that failed.
    static func shell(_ line: String, in directory: String) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-o", "pipefail", "-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var environment = ProcessInfo.processInfo.environment
        environment["lh"] = path
        environment["LEVELHEAD_STATE_DIR"] = directory + "/state"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
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
}

/// The command line as scripts use it.
@Suite(.enabled(if: Program.isBuilt, "needs the program beside the tests: swift build"))
struct CommandLineTests {
    @Test(arguments: ["in.dbn", "./in.dbn", "link.dbn", "hard.dbn"])
    func `convert does not replace its own input`(name: String) throws {
        let scratch = try Scratch()
        let path = try TapeVerbTests.tape(scratch)
        let before = try PosixFile.contents(of: path)
        let outcome = try Program.shell(
            "ln -s in.dbn link.dbn; ln in.dbn hard.dbn; $lh convert in.dbn \(name) --schema trades", in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.errors == "levelhead: \(name): the same file as the input in.dbn, expected another name\n")
        #expect(try PosixFile.contents(of: path) == before)
    }
}
