import DBN
import Foundation
import Platform
import Ring
import Tape
import Units

/// The ingest process ended without having done its work.
struct IngestFailed: Error, CustomStringConvertible {
    let status: Int32
    let message: String
    var description: String { message.isEmpty ? "ingest ended with status \(status)" : message }
}

/// Decodes the tape in a process of its own, over a ring in shared memory.
struct ProcessFeed: RecordFeed, ~Copyable {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let ringPath: String
    private var reader: RingFeedReader

    /// Starts `levelhead ingest` and attaches to its ring.
    ///
    /// - Parameters:
    ///   - arguments: of the tape, as on this command line.
    ///   - first: the first record wanted.
    init(arguments: [String], first: UInt64, ringPath: String, capacity: Int, wait: WaitPolicy) throws {
        self.ringPath = ringPath
        // What a killed run left has another numbering.
        try SharedMemoryFile.remove(path: ringPath)
        process.executableURL = OwnProgram.file
        process.arguments =
            [
                "ingest", "--ring", ringPath, "--ring-bytes", "\(capacity)", "--skip", "\(first)", "--await-reader",
                "--only-for", "\(getpid())",
            ] + arguments
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        reader = try Self.attach(process, ringPath: ringPath, errors: errors, wait: wait)
    }

    deinit {
        if process.isRunning { process.terminate() }
        unlink(ringPath)
    }

    private static func attach(
        _ process: Process, ringPath: String, errors: Pipe, wait: WaitPolicy
    ) throws -> RingFeedReader {
        while true {
            do {
                let file = try SharedMemoryFile.open(path: ringPath, writableBytes: RingLayout.headerBytes)
                let memory = try RingMemory(attaching: file.bytes, owner: file)
                let identity = SharedMemoryProcess.current
                // Both have it mapped: without a name nothing of it outlives them.
                try SharedMemoryFile.remove(path: ringPath)
                return try RingFeedReader(memory, inPlace: true, identity: identity, wait: wait)
            } catch SharedMemoryError.absent {
                guard process.isRunning else { throw Self.failure(process, errors) }
                usleep(1_000)
            }
        }
    }

    private static func failure(_ process: Process, _ errors: Pipe) -> IngestFailed {
        process.waitUntilExit()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let line = text.split(separator: "\n").last.map(String.init) ?? ""
        let prefix = "levelhead: "
        return IngestFailed(
            status: process.terminationStatus,
            message: line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : line)
    }

    mutating func next() throws -> (record: RecordView, sequence: UInt64)? {
        try reader.next { !process.isRunning }
    }

    var position: TapePosition { TapePosition(bytesRead: 0, byteCount: 0) }

    mutating func finish() throws -> FeedCounts {
        let counts = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Self.failure(process, errors) }
        return try JSONDecoder().decode(FeedCounts.self, from: counts)
    }
}
