import Foundation
import Platform

/// One tape of several, each exported by a process of its own.
struct ExportJob {
    /// The tape's name, for reports.
    let name: String
    /// Arguments of this same program.
    let arguments: [String]
    /// The tape's size, for the progress bar.
    let byteCount: Int
}

/// Runs jobs side by side, with one progress bar over all of them. One that fails does not stop the others.
struct ParallelExport {
    /// What became of a job: the line that it printed last, or what it said went wrong.
    enum Outcome {
        case done(String)
        case failed(String)
    }

    let jobs: [ExportJob]
    /// Processes at a time.
    let limit: Int

    /// - Returns: the outcomes in the order of the jobs.
    func run() throws -> [Outcome] {
        var outcomes = [Outcome?](repeating: nil, count: jobs.count)
        var running: [Int: ExportProcess] = [:]
        var next = 0
        var finishedBytes = 0, finishedRecords = 0
        var bar = ProgressBar("features")
        let total = jobs.reduce(0) { $0 + $1.byteCount }
        while next < jobs.count || !running.isEmpty {
            while running.count < limit, next < jobs.count {
                running[next] = try ExportProcess(jobs[next])
                next += 1
            }
            usleep(20_000)
            for (index, process) in running.sorted(by: { $0.key < $1.key }) {
                let isRunning = process.isRunning
                process.read()
                guard !isRunning else { continue }
                outcomes[index] = process.outcome
                finishedBytes += jobs[index].byteCount
                finishedRecords += process.records
                running[index] = nil
            }
            let bytes = running.reduce(finishedBytes) { $0 + $1.value.bytesRead }
            let records = running.reduce(finishedRecords) { $0 + $1.value.records }
            bar.update(done: bytes, of: total, items: records)
        }
        return outcomes.map { $0 ?? .failed("did not start") }
    }
}

/// One job under way. What it writes is read as far as it is there: nothing blocks.
private final class ExportProcess {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private var text: [UInt8] = []
    private var complaint: [UInt8] = []
    private(set) var bytesRead = 0
    private(set) var records = 0
    private var lastLine = ""

    init(_ job: ExportJob) throws {
        process.executableURL = OwnProgram.file
        process.arguments = job.arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        for pipe in [output, errors] {
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    var isRunning: Bool { process.isRunning }

    /// Takes what the process has written so far.
    func read() {
        Self.drain(output, into: &text)
        Self.drain(errors, into: &complaint)
        while let end = text.firstIndex(of: 0x0A) {
            takeLine(String(decoding: text[..<end], as: UTF8.self))
            text.removeSubrange(...end)
        }
    }

    /// A line of progress, or the result.
    private func takeLine(_ line: String) {
        let words = line.split(separator: " ")
        if words.first == "progress", words.count == 3, let bytes = Int(words[1]), let count = Int(words[2]) {
            (bytesRead, records) = (bytes, count)
        } else {
            lastLine = line
        }
    }

    var outcome: ParallelExport.Outcome {
        process.waitUntilExit()
        let lines = String(decoding: complaint, as: UTF8.self).split(separator: "\n").map(String.init)
        if process.terminationReason == .exit, process.terminationStatus == 0 {
            for line in lines { Terminal.writeError(line) }
            return .done(lastLine)
        }
        let said = lines.last ?? ""
        if process.terminationReason == .uncaughtSignal {
            return .failed("ended by signal \(process.terminationStatus)")
        }
        let prefix = "levelhead: "
        return .failed(said.hasPrefix(prefix) ? String(said.dropFirst(prefix.count)) : said)
    }

    private static func drain(_ pipe: Pipe, into bytes: inout [UInt8]) {
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Foundation.read(pipe.fileHandleForReading.fileDescriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes += part[..<count]
        }
    }
}
