import Control
import Foundation
import Orders
import Platform
import Security
import TestSupport
import Units

/// As a state directory.
extension Scratch {
    func key() throws -> SecretKey { try KeyStore(stateDirectory: path).key(.control) }

    func client() throws -> ControlClient { ControlClient(stateDirectory: path, key: try key()) }
}

enum TestKey {
    /// A key whose bytes count up from `first`.
    static func make(first: UInt8 = 0) throws -> SecretKey {
        let bytes = (0..<UInt8(SecretKey.byteCount)).map { $0 &+ first }
        guard let key = SecretKey(bytes: bytes) else { throw CocoaError(.coderInvalidValue) }
        return key
    }
}

/// A server within the test's own process, with a thread that works its mailbox.
final class TestProcess: Sendable {
    let board: ProcessBoard
    let mailbox = ControlMailbox(capacity: 8)
    let server: ControlServer

    init(
        _ state: Scratch, _ name: String, verbs: Set<ControlVerb> = [.pause, .resume],
        received: @escaping @Sendable (ControlCommand) -> Void = { _ in }
    ) throws {
        board = ProcessBoard(name: name, run: "run-1")
        server = try ControlServer(
            stateDirectory: state.path, key: try state.key(), board: board, mailbox: mailbox, verbs: verbs,
            received: received)
    }
}

/// Another process: `ControlProbe` beside the tests. What it prints goes into a file, for a pipe's end would be
/// inherited by every other process that tests start meanwhile.
final class Probe {
    static let path: String = BuiltProgram.path("ControlProbe")
    private static let longestStart = 30.0

    let pid: pid_t
    private let output: String
    private var isRunning = true

    /// Returns when the probe can be asked.
    init(_ state: Scratch, _ name: String, _ arguments: [String] = []) throws {
        output = state.file("\(name)-\(UUID().uuidString.prefix(8)).out")
        pid = try Self.start(["--state-dir", state.path, "--name", name] + arguments, output: output)
        let end = Date() + Self.longestStart
        while try !lines().contains(where: { $0.hasPrefix("ready ") }) {
            var status: Int32 = 0
            guard Date() < end, waitpid(pid, &status, WNOHANG) == 0 else {
                throw CocoaError(.executableNotLoadable)
            }
            usleep(2_000)
        }
    }

    deinit { if isRunning { die() } }

    private static func start(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var words = ([path] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        words.append(nil)
        var pid = pid_t()
        guard posix_spawn(&pid, path, &actions, nil, words, environ) == 0 else {
            throw CocoaError(.executableNotLoadable)
        }
        return pid
    }

    private func lines() throws -> [String] {
        try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Kills it and waits.
    func die() {
        signal(SIGKILL)
        wait()
    }

    /// Ends it in order and gives the commands it handled, a line each.
    func finish() throws -> [String] {
        signal(SIGTERM)
        wait()
        return Array(try lines().dropFirst())
    }

    private func wait() {
        isRunning = false
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
}

/// Programs that lie beside the test bundle.
enum BuiltProgram {
    static func path(_ name: String) -> String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? ""
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folders = [bundle, link ?? ""].map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return folders.map { $0.appendingPathComponent(name).path }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? ""
    }

    static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe(), errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: complaint, as: UTF8.self)
        )
    }
}
