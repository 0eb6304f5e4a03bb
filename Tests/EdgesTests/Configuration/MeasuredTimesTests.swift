import Configuration
import Testing
import Units

@Suite struct MeasuredTimesTests {
    private func table(_ text: String) throws -> [Int64] {
        try MeasuredTimes(text, path: "f").table.map(\.count)
    }

    @Test func `every time of a short file is an entry, as often as it was measured`() throws {
        #expect(try table("# ns\n300\n\n100 2\r\n200,1\n") == [100, 100, 200, 300])
        #expect(try table("7") == [7])
    }

    @Test func `a long file becomes its quantiles`() throws {
        let long = (1...8_192).map { String($0) }.joined(separator: "\n")
        let entries = try table(long)
        #expect(entries.count == MeasuredTimes.capacity)
        #expect(entries == Array(stride(from: 2, through: 8_192, by: 2)))
        // Three quarters short, one quarter long.
        let histogram = try table("10 3000000000\n20 1000000000")
        #expect(histogram.filter { $0 == 10 }.count == 3_072)
        #expect(histogram.filter { $0 == 20 }.count == 1_024)
    }

    @Test func `a line that is not a time is named`() {
        let wrong = [
            ("1\n-1", 2), ("x", 1), ("1 0", 1), ("1 2 3", 1), ("60000000001", 1), ("1.5", 1),
            ("\n\n5 1000000000001", 3),
        ]
        for (text, line) in wrong {
            #expect(throws: MeasuredTimesError(path: "f", line: line)) {
                _ = try MeasuredTimes(text, path: "f")
            }
        }
        #expect(throws: MeasuredTimesError(path: "f", line: nil)) { _ = try MeasuredTimes("# none\n", path: "f") }
    }
}
