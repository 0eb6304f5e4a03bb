import Foundation
import Platform
import Storage
import TestSupport
import Testing

@Suite struct StorageRunDirectoryTests {
    private let directory: Scratch
    private let path: String

    init() throws {
        directory = try Scratch()
        path = directory.file("runs/one")
    }

    @Test func `a new run has its parts, for its user alone`() throws {
        let run = try RunDirectory.create(path)
        for part in ["runs", "runs/one", "runs/one/journal", "runs/one/state", "runs/one/results"] {
            #expect(try directory.mode(part) == 0o700, "\(part)")
        }
        try run.writeRun(Array("{}".utf8))
        try run.writeResult("summary.json", Array("[]".utf8))
        #expect(try directory.bytes("runs/one/run.json") == Array("{}".utf8))
        #expect(try directory.bytes("runs/one/results/summary.json") == Array("[]".utf8))
        #expect(try directory.mode("runs/one/run.json") == 0o600)
        #expect(run.journalFile("risk") == "\(path)/journal/risk.journal")
    }

    @Test func `a directory that is not empty is refused and left as it was`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try directory.write([1], "runs/one/notes.txt")
        #expect(throws: RunDirectoryError.notEmpty(path: path, entry: "notes.txt")) {
            _ = try RunDirectory.create(path).path
        }
        #expect(throws: RunDirectoryError.notARun(path: path)) { _ = try RunDirectory.resume(path).path }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
    }

    @Test func `a finished run is resumed and not begun again`() throws {
        do { try RunDirectory.create(path).writeRun(Array("{}".utf8)) }
        #expect(throws: RunDirectoryError.notEmpty(path: path, entry: "run.json")) {
            _ = try RunDirectory.create(path).path
        }
        #expect(try RunDirectory.resume(path).isResumed)
    }

    @Test func `a run that was killed before its run.json is begun again`() throws {
        #expect(throws: RunDirectoryError.notARun(path: path)) { _ = try RunDirectory.resume(path).path }
        #expect(try RunDirectory.create(path).path == path)
        #expect(try !RunDirectory.resume(path).isResumed)
        #expect(try !RunDirectory.create(path).isResumed)
        try directory.write([1], "runs/one/journal/trading.journal")
        #expect(throws: RunDirectoryError.notARun(path: path)) { _ = try RunDirectory.resume(path).path }
        #expect(throws: RunDirectoryError.notEmpty(path: path, entry: "journal")) {
            _ = try RunDirectory.create(path).path
        }
    }

    @Test func `a discarded run leaves nothing of its own and everything else`() throws {
        do {
            let run = try RunDirectory.create(path)
            try run.writeRun(Array("{}".utf8))
            try run.writeResult("summary.json", Array("{}".utf8))
        }
        RunDirectory.discard(path)
        #expect(!FileManager.default.fileExists(atPath: path))
        do { try RunDirectory.create(path).writeRun(Array("{}".utf8)) }
        try directory.write([1], "runs/one/notes.txt")
        RunDirectory.discard(path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
    }

    @Test func `two runs cannot use one directory, and the second is told the first one's pid`() throws {
        let run = try RunDirectory.create(path)
        try run.writeRun(Array("{}".utf8))
        let pid = Int(ProcessInfo.processInfo.processIdentifier)
        #expect(throws: RunDirectoryError.inUse(path: path, pid: pid)) { _ = try RunDirectory.resume(path).path }
        #expect(throws: RunDirectoryError.inUse(path: path, pid: pid)) { _ = try RunDirectory.create(path).path }
        #expect(run.path == path)
    }

    @Test func `another process's lock is named with its pid and ends with it`() throws {
        do { try RunDirectory.create(path).writeRun(Array("{}".utf8)) }
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let command = "echo $$ > \(path)/lock; echo; exec sleep 60"
        holder.arguments = ["flock", "--exclusive", "\(path)/lock", "sh", "-c", command]
        let output = Pipe()
        holder.standardOutput = output
        try holder.run()
        _ = output.fileHandleForReading.readData(ofLength: 1)
        let pid = Int(String(decoding: try directory.bytes("runs/one/lock"), as: UTF8.self).dropLast())
        #expect(throws: RunDirectoryError.inUse(path: path, pid: pid)) { _ = try RunDirectory.resume(path).path }
        // Both flock(1) and its child hold the open file.
        if let pid { kill(pid_t(pid), SIGKILL) }
        holder.waitUntilExit()
        #expect(try RunDirectory.resume(path).isResumed)
    }

    @Test func `the default path is the time in UTC and a part of its own`() {
        let first = RunDirectory.defaultPath(stateDirectory: "/state", seconds: 1_767_323_045)
        #expect(first.wholeMatch(of: #/\/state\/runs\/20260102T030405Z-[0-9a-f]{8}/#) != nil, "\(first)")
        #expect(first != RunDirectory.defaultPath(stateDirectory: "/state", seconds: 1_767_323_045))
    }

    @Test(arguments: [
        ("/given", "/env", "/home/x", "/given"), (nil, "/env", "/home/x", "/env"),
        (nil, nil, "/home/x", "/home/x/.levelhead"), (nil, "", "/home/x", "/home/x/.levelhead"), (nil, nil, nil, nil),
    ] as [(String?, String?, String?, String?)])
    func `the state directory comes from the command line, the environment, the home`(
        explicit: String?, variable: String?, home: String?, expected: String?
    ) {
        let environment = ["LEVELHEAD_STATE_DIR": variable, "HOME": home]
        let path = StateDirectory.path(explicit: explicit) { environment[$0] ?? nil }
        #expect(path == expected)
    }

    @Test func `replacing a file that cannot be replaced leaves nothing behind`() throws {
        let absent = directory.file("absent/run.json")
        #expect(throws: SystemCallError(call: "open", path: absent, code: ENOENT)) {
            try PosixFile.replace(absent, with: [1])
        }
        try FileManager.default.createDirectory(atPath: directory.file("taken"), withIntermediateDirectories: true)
        #expect(throws: SystemCallError.self) { try PosixFile.replace(directory.file("taken"), with: [1]) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["taken"])
    }
}
