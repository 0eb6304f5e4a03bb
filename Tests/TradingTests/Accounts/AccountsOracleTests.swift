import Accounts
import Foundation
import Orders
import TestSupport
import Testing
import Units

/// Compares with numbers that pandas, numpy and scipy made: scripts/oracles/accounts-cases.txt, written by
/// scripts/oracles/accounts.py, which draws the layout.
@Suite struct AccountsOracleTests {
    private struct Line {
        let name: Substring
        private let words: [Substring]

        init(_ text: Substring) {
            let all = text.split(separator: " ")
            name = all.first ?? ""
            words = Array(all.dropFirst())
        }

        func text(_ index: Int) throws -> String { String(try #require(index < words.count ? words[index] : nil)) }
        func number(_ index: Int) throws -> Int64 { try #require(Int64(text(index))) }
        var numbers: [Int64] { words.compactMap { Int64($0) } }
    }

    private static func lines(_ name: String...) throws -> [Line] {
        let text = try PackageFolder.text("scripts/oracles/accounts-cases.txt")
        return text.split(separator: "\n").map { Line($0) }.filter { name.contains(String($0.name)) }
    }

    @Test func `books are what pandas makes of the same fills`() throws {
        var book = StrategyBook()
        var (cases, compared) = (0, 0)
        for line in try Self.lines("book", "trade") {
            if line.name == "book" {
                book = StrategyBook()
                cases += 1
                continue
            }
            compared += 1
            let side: Side = try line.text(0) == "buy" ? .buy : .sell
            book.apply(
                BookScript.trade(
                    UInt64(compared), side, try line.number(1), at: try line.number(2),
                    fee: Money(nanos: try line.number(3))), BookScript.terms)
            let place = "case \(cases), trade \(compared)"
            #expect(book.quantity.contracts == (try line.number(4)), "\(place)")
            #expect(book.realised.nanos == (try line.number(5)), "\(place)")
            #expect(book.openCost.nanos == (try line.number(6)), "\(place)")
            #expect(book.fees.nanos == (try line.number(7)), "\(place)")
        }
        #expect(cases >= 5 && compared >= 500)
    }

    @Test func `value at risk is numpy's quantile and scipy's normal`() throws {
        var profits: [Int64] = []
        var compared = 0
        for line in try Self.lines("profits", "var") {
            if line.name == "profits" {
                profits = line.numbers
                continue
            }
            compared += 1
            var configuration = ValueAtRiskConfiguration()
            configuration.length = profits.count
            configuration.minimum = 2
            configuration.confidence = ExactRatio(billionths: try line.number(0))
            configuration.horizon = try line.number(1)
            configuration.mean = try line.text(2) == "sample" ? .sample : .zero
            var value = ValueAtRisk(configuration)
            // Older ones that have left the window.
            for profit in profits.prefix(3) { value.append(Money(nanos: 7 * profit)) }
            for profit in profits { value.append(Money(nanos: profit)) }
            let historical = try #require(value.historical).nanos - line.number(3)
            let expected = try line.number(4)
            let parametric = try #require(value.parametric).nanos - expected
            // We round up, the deviation before it is multiplied; numpy computes in binary with 53 bits.
            #expect(abs(historical) <= 2, "case \(compared): off by \(historical)e-9 dollars")
            let tolerated = 5 + expected / 10_000_000_000_000
            #expect(abs(parametric) <= tolerated, "case \(compared): off by \(parametric)e-9 dollars")
            #expect(abs(value.deviations - (try line.number(5))) <= 5, "case \(compared)")
        }
        #expect(compared >= 50)
    }
}
