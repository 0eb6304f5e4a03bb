import Testing

/// What a reviewer would say twice, said once, with what to do instead.
@Suite struct SourceRuleTests {
    private static let sources = Repository.swift(under: "Sources/")
    private static let core = Repository.swift(under: "Sources/Core/") + Repository.swift(under: "Sources/Pipeline/")

    /// Text that must not be in a line of code. The pattern is looked for only in lines that hold the needle: regular
    /// expressions take their time in a debug build.
    struct Rule: Sendable {
        let needle: String
        let pattern: @Sendable () -> Regex<Substring>
        let instead: String

        /// Simple word boundaries: by Unicode's, `key.hashValue` is one word.
        func isBroken(by line: String) -> Bool {
            line.contains(needle) && line.firstMatch(of: pattern().wordBoundaryKind(.simple)) != nil
        }
    }

    private static let banned = [
        Rule(
            needle: "fatalError", pattern: { /\bfatalError\(/ },
            instead: "precondition for our own bugs, typed throws for the world's"),
        Rule(needle: "try!", pattern: { /\btry!/ }, instead: "handle the error or throw it on"),
        Rule(needle: "as!", pattern: { /\bas!/ }, instead: "as? with a reason, or a type that needs no cast"),
        // A closing bracket or a word, `!`, and no comparison: a force unwrap, or an implicitly unwrapped type.
        Rule(
            needle: "!", pattern: { /[\w\)\]]!(?![=\w])/ }, instead: "guard let, or a precondition with a reason"),
    ]

    private static let undetermined = [
        Rule(needle: "Clock", pattern: { /\b(?:Continuous|Suspending)Clock/ }, instead: "take the time as an argument"),
        Rule(needle: "time", pattern: { /\b(?:clock_gettime|gettimeofday|time)\((?:nil|CLOCK|&)/ },
            instead: "take the time as an argument"),
        Rule(needle: "andom", pattern: { /SystemRandomNumberGenerator|\barc4random|\.randomElement\(\)/ },
            instead: "take a SeededGenerator"),
        Rule(needle: ".random(in:", pattern: { /\.random\(in:(?!.*using:)/ },
            instead: "take a SeededGenerator and say using:"),
        Rule(needle: ".shuffled()", pattern: { /\.shuffled\(\)/ }, instead: "take a SeededGenerator and say using:"),
        Rule(needle: "getenv", pattern: { /\bgetenv\(/ }, instead: "take the value as an argument"),
        Rule(needle: "hashValue", pattern: { /\bhashValue\b/ }, instead: "hash values differ from run to run"),
    ]

    @Test(arguments: sources)
    func `no banned construct`(file: RepositoryFile) {
        for line in file.code {
            for rule in Self.banned where rule.isBroken(by: line.text) {
                Issue.record("\(file.path):\(line.number): \(line.text.trimmed): \(rule.instead)")
            }
        }
    }

    /// Put together here, so that this file does not hold what it looks for.
    private static let marksOfWorkLeft = ["TO" + "DO", "FIX" + "ME"]

    @Test(arguments: Repository.files)
    func `nothing is left to do later`(file: RepositoryFile) {
        for (index, line) in file.lines.enumerated() {
            let isLeft = Self.marksOfWorkLeft.contains { line.contains($0) }
            #expect(!isLeft, "\(file.path):\(index + 1): do it, or open an issue")
        }
    }

    @Test(arguments: Repository.files.filter { $0.path.hasSuffix(".swift") })
    func `lines have at most 120 columns and files at most 500 lines`(file: RepositoryFile) {
        #expect(file.lines.count <= 500, "\(file.path): split it by concept; 400 lines are a question already")
        for (index, line) in file.lines.enumerated() where line.count > 120 && !line.contains("://") {
            // The targets of the manifest are lists.
            if file.path == "Package.swift" { continue }
            Issue.record("\(file.path):\(index + 1): \(line.count) columns")
        }
    }

    @Test(arguments: core)
    func `the core reads no clock, no random source and no environment`(file: RepositoryFile) {
        for line in file.code {
            for rule in Self.undetermined where rule.isBroken(by: line.text) {
                Issue.record("\(file.path):\(line.number): \(line.text.trimmed): \(rule.instead)")
            }
        }
    }

    @Test func `the rules see what they are for`() {
        let bad = [
            "fatalError(\"x\")", "try! load()", "value as! Int", "names.first!", "map[key]!.count", "var pointer: Int!",
        ]
        for line in bad {
            let code = SwiftLine.withoutComment(line)
            #expect(Self.banned.contains { $0.isBroken(by: code) }, "\(line)")
        }
        for line in ["a != b", "if !a { }", "// never try! this", "print(\"wow!\")", "(!done)", "x!=y", "a[!b]"] {
            let code = SwiftLine.withoutComment(line)
            #expect(!Self.banned.contains { $0.isBroken(by: code) }, "\(line)")
        }
        for line in [
            "let now = ContinuousClock.now", "clock_gettime(CLOCK_MONOTONIC, &time)", "Int.random(in: 0..<9)",
            "cards.shuffled()", "getenv(name)", "key.hashValue", "var random = SystemRandomNumberGenerator()",
        ] { #expect(Self.undetermined.contains { $0.isBroken(by: line) }, "\(line)") }
        for line in ["Int.random(in: 0..<9, using: &generator)", "cards.shuffled(using: &generator)", "time(at: 3)"] {
            #expect(!Self.undetermined.contains { $0.isBroken(by: line) }, "\(line)")
        }
        #expect(Self.sources.count > 20, "the tree was not found")
        #expect(Self.core.count > 10, "the core was not found")
    }
}

extension String {
    var trimmed: String { String(drop { $0 == " " }) }
}
