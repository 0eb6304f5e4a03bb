import Features
import Testing

/// The test state machine of FEATURES A.11 with K.3-20 to 26, in the desk's words.
///
///     level 100        the level's price in ticks, also as a fraction: 2001/20
///     mid 98.5         the mid in force when the level becomes active, or none
///     trade 99         a trade; mid 92: a valid mid
/// and what is expected: side, test (with its side), touches, outcome.
@Suite struct LevelTestTests {
    /// Plays a script. Each line is an event and, after `->`, words that must hold.
    private static func play(_ script: String, parameters: LevelParameters = LevelParameters()) {
        var test = LevelTest()
        var level = LevelPrice(numerator: 0)
        var time: UInt64 = 0
        for line in script.split(separator: "\n") {
            time += 1
            let halves = line.components(separatedBy: "->")
            let words = halves[0].split(separator: " ").map(String.init)
            guard let verb = words.first else { continue }
            let argument = words.count > 1 ? words[1] : ""
            switch verb {
            case "level":
                let parts = argument.split(separator: "/").compactMap { Int64($0) }
                level = LevelPrice(numerator: parts[0], denominator: parts.count > 1 ? parts[1] : 1)
            case "activate":
                test.activate(at: argument == "none" ? nil : level.offset(ofTwiceMid: Self.twice(argument)))
            case "trade":
                let started = test.trade(
                    price: Self.twice(argument) / 2, level: level, parameters: parameters, time: time)
                #expect(started == halves.last?.contains("starts"), "\(line)")
            case "mid":
                let ended = test.mid(
                    offset: level.offset(ofTwiceMid: Self.twice(argument)), level: level, parameters: parameters,
                    time: time)
                #expect(ended == halves.last?.contains("ends"), "\(line)")
            default: Issue.record("unknown verb in: \(line)")
            }
            check(test, halves.count > 1 ? halves[1].split(separator: " ").map(String.init) : [], line: String(line))
        }
    }

    private static func twice(_ text: String) -> Int32 { Int32((Double(text) ?? .nan) * 2) }

    private static func check(_ test: LevelTest, _ words: [String], line: String) {
        let values: [String: Double] = [
            "side": Double(test.approachSide), "testside": Double(test.testSide), "touches": Double(test.touchCount),
            "breaks": Double(test.breakCount), "rejections": Double(test.rejectionCount),
            "outcome": Double(test.lastOutcome), "depth": test.penetration, "deepest": test.greatestPenetration,
        ]
        for word in words {
            let parts = word.split(separator: "=").map(String.init)
            switch word {
            case "testing", "starts": #expect(test.isTesting, "\(line)")
            case "armed", "ends": #expect(!test.isTesting, "\(line)")
            default: #expect(parts.count == 2 && values[parts[0]] == Double(parts[1]), "\(word) in: \(line)")
            }
        }
    }

    @Test func `a level below price is approached from above`() {
        Self.play("""
            level 100
            activate 100.5 -> side=-1 armed
            """)
        Self.play("""
            level 100
            activate 99.5 -> side=1 armed
            """)
    }

    @Test func `without a mid, or with one at the level, the side waits for the first that is not at it`() {
        Self.play("""
            level 100
            activate none -> side=0
            mid 100 -> side=0
            mid 100.5 -> side=-1
            mid 99 -> side=-1
            """)
        Self.play("""
            level 100
            activate 100 -> side=0
            mid 99.5 -> side=1
            """)
    }

    @Test func `the side changes only eight ticks away`() {
        Self.play("""
            level 100
            activate 95 -> side=1
            mid 107.5 -> side=1
            mid 108 -> side=-1
            mid 92.5 -> side=-1
            mid 92 -> side=1
            """)
    }

    @Test func `a rejection`() {
        Self.play("""
            level 100
            activate 95 -> side=1
            trade 97 -> armed touches=0
            trade 98 -> starts touches=1 testside=1 depth=0
            trade 99 -> testing touches=1
            trade 101 -> testing depth=1
            mid 92.5 -> testing
            mid 92 -> ends side=1 outcome=-1 rejections=1 breaks=0 deepest=1
            trade 91 -> armed touches=1
            trade 99 -> starts touches=2 depth=0 deepest=1
            """)
    }

    @Test func `a break, and the test of the other side after it`() {
        Self.play("""
            level 100
            activate 95 -> side=1
            trade 102 -> starts testside=1 depth=2
            trade 107 -> testing depth=7
            mid 107.5 -> testing
            mid 108 -> ends side=-1 outcome=1 breaks=1 rejections=0 deepest=7
            trade 101 -> starts touches=2 testside=-1 depth=0
            trade 96 -> testing depth=4 deepest=7
            mid 108 -> ends outcome=-1 rejections=1
            """)
    }

    @Test func `the side of a test stays what it was when it began`() {
        Self.play("""
            level 100
            activate none -> side=0
            trade 100 -> starts testside=0 depth=0
            mid 99 -> side=1 testing testside=0
            trade 103 -> testing depth=0
            mid 108 -> ends outcome=-1 rejections=1 breaks=0 side=-1
            """)
    }

    @Test func `price inside the band at the start does not test the level by itself`() {
        Self.play("""
            level 100
            activate 99.5 -> side=1 armed touches=0
            mid 100.5 -> armed side=1 touches=0
            trade 100 -> starts touches=1
            """)
    }

    @Test func `a level between ticks is touched and left in exact fractions`() {
        // 100.3: two ticks below is 98.3, two above 102.3; eight away 92.3 and 108.3.
        Self.play("""
            level 1003/10
            activate 95 -> side=1
            trade 98 -> armed
            trade 103 -> armed
            trade 99 -> starts
            mid 92.5 -> testing
            mid 108 -> testing
            mid 92 -> ends outcome=-1
            trade 102 -> starts
            mid 108.5 -> ends outcome=1 side=-1
            """)
    }

    @Test func `other distances`() {
        Self.play(
            """
            level 100
            activate 95 -> side=1
            trade 99 -> armed
            trade 100 -> starts
            mid 97 -> ends outcome=-1
            """, parameters: LevelParameters(band: 2, touch: 0, reset: 3, beyond: 2))
    }
}

extension Substring {
    /// Splits at a separator of more than one character.
    fileprivate func components(separatedBy separator: String) -> [String] {
        guard let range = firstRange(of: separator) else { return [String(self)] }
        return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
    }
}
