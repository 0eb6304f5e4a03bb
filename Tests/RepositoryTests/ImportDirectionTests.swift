import Foundation
import Testing

/// Data flows one way, and so do imports. The manifest says what a module may import; the import lines must keep to it.
@Suite struct ImportDirectionTests {
    private static let core = [
        "Units", "Determinism", "MarketCalendar", "DBN", "Ring", "MarketData", "Features", "Orders", "Signals",
        "Accounts", "Risk", "PaperVenue", "Execution", "Synthesis",
    ]
    /// Part of the toolchain and without an allocation, a clock or a lock of its own accord.
    private static let coreMayAlsoImport: Set<String> = ["Synchronization", "Swift"]
    /// Shims that a module of the core may see, and why it is no edge for it.
    private static let coreShims: [String: Set<String>] = [
        "Determinism": ["CSleef", "CLanes"],  // functions of numbers
        "Features": ["CVectors"],  // comparisons of numbers
        "MarketData": ["CVectors"],  // comparisons of bytes
        "Ring": ["CPlatform"],  // the pause instruction and futexes
    ]
    private static let shims: Set<String> = [
        "CZstd", "CLMDB", "COpenSSL", "CSleef", "CZeroMQ", "CNanomsg", "CPlatform", "CHeapCount", "CVectors", "CLanes",
    ]

    private static let coreFiles =
        Repository.swift(under: "Sources/Core/") + Repository.swift(under: "Sources/Pipeline/")

    private static func module(of file: RepositoryFile) -> String {
        let parts = file.path.split(separator: "/").map(String.init)
        return ["Core", "Edges", "Bench", "Research"].contains(parts[1]) ? parts[2] : parts[1]
    }

    @Test(arguments: coreFiles)
    func `the core imports the core`(file: RepositoryFile) {
        let module = Self.module(of: file)
        let allowed = Set(Self.core).union(Self.coreMayAlsoImport).union(Self.coreShims[module] ?? [])
        for name in file.imports where !allowed.contains(name) {
            Issue.record("\(file.path): import \(name): the core takes values; reach the world from Sources/Edges")
        }
    }

    @Test(arguments: Repository.swift(under: "Sources/Edges/"))
    func `a file of an edge imports at most one C library`(file: RepositoryFile) {
        let libraries = file.imports.intersection(Self.shims.subtracting(["CPlatform"]))
        #expect(libraries.count <= 1, "\(file.path): \(libraries.sorted()): one file, one library")
    }

    @Test(arguments: Repository.swift(under: "Sources/"))
    func `a module imports what the manifest gives it`(file: RepositoryFile) throws {
        let targets = try Self.manifest()
        let module = Self.module(of: file) == "Levelhead" ? "levelhead" : Self.module(of: file)
        let given = try #require(targets[module], "\(module) is no target of Package.swift")
        for name in file.imports.intersection(targets.keys) where name != module {
            #expect(given.contains(name), "\(file.path): import \(name): not among the dependencies of \(module)")
        }
    }

    @Test func `no module depends on one that comes after it`() throws {
        let targets = try Self.manifest()
        for (index, module) in Self.core.enumerated() {
            let later = Set(Self.core[index...])
            let given = try #require(targets[module], "\(module) is no target of Package.swift")
            #expect(given.isDisjoint(with: later), "\(module) depends on \(given.intersection(later).sorted())")
        }
        let edges = targets.keys.filter {
            FileManager.default.fileExists(atPath: Repository.url("Sources/Edges/\($0)").path)
        }
        #expect(edges.contains("Storage"))
        for module in Self.core + ["Pipeline"] {
            let given = targets[module] ?? []
            #expect(given.isDisjoint(with: edges), "\(module) depends on \(given.intersection(edges).sorted())")
        }
    }

    /// Labels look ahead: a live path that could see them would trade on the future.
    @Test func `labels are known to their verb and to nothing else`() throws {
        let users = Repository.swift(under: "Sources/").filter { $0.imports.contains("Labels") }.map(\.path)
        #expect(users == ["Sources/Levelhead/Verbs/LabelsCommand.swift"])
        let targets = try Self.manifest()
        let dependents = targets.filter { $0.value.contains("Labels") }.keys.sorted()
        #expect(dependents == ["LabelsTests", "levelhead"], "nothing else may be linked with them")
        #expect(!Repository.swift(under: "Sources/Research/Labels/").isEmpty, "the module was not found")
        let other = Repository.swift(under: "Sources/").filter { !$0.path.hasPrefix("Sources/Research/") }
        for file in other where file.path != users.first {
            for line in file.code where line.text.contains("LabelTracker") || line.text.contains("LabelSchema") {
                Issue.record("\(file.path):\(line.number): labels belong to levelhead labels alone")
            }
        }
    }

    /// Target to the names in its declaration: read as text, for the rules are about what is written there.
    private static func manifest() throws -> [String: Set<String>] {
        let file = try #require(Repository.file("Package.swift"))
        let source = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: " ")
        let declaration = /(?:(?:core|edge|\.|\.executable)[tT]arget\( *(?:name: )?|systemLibrary\(|tests\( *)"(\w+)"/
        let starts = source.matches(of: declaration)
        var targets: [String: Set<String>] = [:]
        for (index, match) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1].range.lowerBound : source.endIndex
            let names = source[match.range.upperBound..<end].matches(of: /"(\w+)"/).map { String($0.output.1) }
            targets[String(match.output.1), default: []].formUnion(names)
        }
        return targets
    }
}
