import Foundation
import TestSupport
import Testing

/// One file of the repository.
struct RepositoryFile: CustomTestStringConvertible, Sendable {
    /// Relative to the root.
    let path: String
    let lines: [String]

    var testDescription: String { path }

    /// Lines with their number, comments taken out of Swift sources.
    var code: [(number: Int, text: String)] {
        lines.enumerated().map { ($0.offset + 1, SwiftLine.withoutComment($0.element)) }
    }

    /// The modules that are imported.
    var imports: Set<String> {
        Set(
            lines.compactMap { line in
                let words = line.split(separator: " ").drop { $0.hasPrefix("@") || ["public", "internal"].contains($0) }
                guard words.first == "import", words.count > 1 else { return nil }
                return words.dropFirst().last.map(String.init)?.split(separator: ".").first.map(String.init)
            })
    }
}

/// The tree that these tests read: found from where this file lies.
enum Repository {
    static let root = URL(fileURLWithPath: PackageFolder.path)

    /// Every file that git would commit, read as text; others are left out.
    static let files: [RepositoryFile] = {
        let skipped: Set<String> = [".git", ".build", ".venv", "__pycache__", "Package.resolved"]
        var found: [RepositoryFile] = []
        var directories = [""]
        while let directory = directories.popLast() {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url(directory).path)) ?? []
            for name in names.sorted() where !skipped.contains(name) && !name.hasPrefix(".build") {
                let path = directory.isEmpty ? name : "\(directory)/\(name)"
                var isDirectory: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: url(path).path, isDirectory: &isDirectory)
                if isDirectory.boolValue {
                    directories.append(path)
                } else if let text = try? String(contentsOf: url(path), encoding: .utf8) {
                    found.append(RepositoryFile(path: path, lines: text.components(separatedBy: "\n")))
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }()

    static func url(_ path: String) -> URL { path.isEmpty ? root : root.appendingPathComponent(path) }

    static func file(_ path: String) -> RepositoryFile? { files.first { $0.path == path } }

    static func swift(under folder: String) -> [RepositoryFile] {
        files.filter { $0.path.hasPrefix(folder) && $0.path.hasSuffix(".swift") }
    }

    static let scripts = files.filter {
        ($0.path.hasPrefix("scripts/") || $0.path.hasPrefix(".ci/")) && ($0.lines.first ?? "").hasPrefix("#!")
    }

    static let documents = files.filter { $0.path.hasSuffix(".md") }
}

enum SwiftLine {
    /// The line without `// …`, and with the text of string literals emptied, so that neither is taken for code.
    static func withoutComment(_ line: String) -> String {
        var out = ""
        var isInText = false
        var previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" {
                isInText.toggle()
                out.append(character)
            } else if !isInText {
                if character == "/" && previous == "/" { return String(out.dropLast()) }
                out.append(character)
            }
            previous = character
        }
        return out
    }
}
