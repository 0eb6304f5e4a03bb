import Foundation
import Testing

@Suite struct TreeTests {
    /// Put together here, so that this file does not hold what it looks for.
    private static let pathsOfOneMachine = ["work", "root", "tmp/wt"].map { "/\($0)/" }
    private static let closeOfPrivateKey = ["PRIVATE", "KEY-----"].joined(separator: " ")

    /// A Databento key is `db-` and 29 letters and digits.
    private static func hasKey(_ line: String) -> Bool {
        line.contains("db-") && line.firstMatch(of: /db-[A-Za-z0-9]{20}/) != nil
    }

    @Test(arguments: Repository.scripts)
    func `a script can be run and stops at the first error`(file: RepositoryFile) {
        let path = Repository.url(file.path).path
        #expect(FileManager.default.isExecutableFile(atPath: path), "\(file.path): chmod +x")
        if file.lines.first?.contains("bash") ?? false {
            #expect(file.lines.contains("set -euo pipefail"), "\(file.path): set -euo pipefail")
            #expect(file.lines.count <= 90, "\(file.path): a long script is a program: split it")
        }
    }

    @Test(arguments: Repository.files)
    func `no path of one machine and nothing like a key`(file: RepositoryFile) {
        for (index, line) in file.lines.enumerated() {
            let place = "\(file.path):\(index + 1)"
            let isOfOneMachine = Self.pathsOfOneMachine.contains { line.contains($0) }
            #expect(!isOfOneMachine, "\(place): \(line)")
            #expect(!Self.hasKey(line), "\(place): looks like a key")
            #expect(!line.contains(Self.closeOfPrivateKey), "\(place): a private key")
        }
    }

    /// systemd passes over a key that stands in a section which it does not belong to.
    @Test(arguments: ["levelhead", "levelhead@", "levelhead-begin", "levelhead-dashboard"])
    func `keys of a unit stand where systemd reads them`(unit: String) throws {
        let text = try String(contentsOf: Repository.url("configs/systemd/\(unit).service"), encoding: .utf8)
        let ofUnit = ["Description", "Wants", "After", "Requires", "StartLimitIntervalSec"]
        let ofInstall = ["WantedBy"]
        var section = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("[") { section = String(line) }
            guard let key = line.split(separator: "=").first.map(String.init), line.contains("=") else { continue }
            let wanted = ofUnit.contains(key) ? "[Unit]" : ofInstall.contains(key) ? "[Install]" : "[Service]"
            #expect(section == wanted, "\(unit): \(key)")
        }
    }

    @Test(arguments: Repository.documents)
    func `links lead somewhere`(file: RepositoryFile) {
        let folder = Repository.url(file.path).deletingLastPathComponent()
        for line in file.lines {
            for match in line.matches(of: /\]\(([^)\s]+)\)/) {
                let target = String(match.output.1.prefix { $0 != "#" })
                if target.isEmpty || target.contains("://") { continue }
                let path = folder.appendingPathComponent(target).path
                #expect(FileManager.default.fileExists(atPath: path), "\(file.path): \(target)")
            }
        }
    }

    @Test func `the README's commands and folders exist`() throws {
        let readme = try #require(Repository.file("README.md"))
        let text = readme.lines.joined(separator: "\n")
        let pattern = /(?:scripts|Sources|Tests|docs|configs)\/[\w\/.-]*\w/
        let paths = Set(text.matches(of: pattern).map { String($0.output) })
        #expect(paths.contains("scripts/run") && paths.contains("scripts/test"))
        for path in paths {
            #expect(FileManager.default.fileExists(atPath: Repository.url(path).path), "README.md: \(path)")
        }
    }

    @Test func `every folder of sources is in the README's tree`() throws {
        let text = try #require(Repository.file("README.md")).lines.joined(separator: "\n")
        let words = Set(text.split { !$0.isLetter && !$0.isNumber }.map(String.init))
        for folder in ["Sources/Core", "Sources/Edges"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: Repository.url(folder).path) {
                #expect(words.contains(name), "README.md does not name \(folder)/\(name)")
            }
        }
    }

    @Test func `the checks are lines that scripts/test can read`() throws {
        let checks = try #require(Repository.file("scripts/checks"))
        var names: Set<String> = []
        for line in checks.lines where !line.isEmpty && !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
            guard parts.count == 5 else {
                Issue.record("\(line): expected five parts")
                continue
            }
            #expect(Int(parts[1]) != nil, "\(line): seconds")
            #expect(parts[2] == "1" || parts[2] == "2", "\(line): cores")
            #expect(names.insert(String(parts.first ?? "")).inserted, "\(line): name is used twice")
        }
        #expect(!names.isEmpty)
    }

    @Test func `the rules see what they are for`() {
        #expect(Self.hasKey("key db-" + String(repeating: "a", count: 29)))
        #expect(!Self.hasKey("levelhead.db-journal"))
        #expect(Repository.files.count > 50, "the tree was not found")
        #expect(Repository.scripts.contains { $0.path == "scripts/test" })
        #expect(Repository.scripts.contains { $0.path == ".ci/run" })
        #expect(Repository.documents.contains { $0.path == "README.md" })
    }
}
