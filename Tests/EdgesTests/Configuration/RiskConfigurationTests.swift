@testable import Configuration
import Foundation
import MarketCalendar
import TestSupport
import Testing
import Units

@Suite struct RiskConfigurationTests {
    private static let sizing: Set<String> = [
        "policy.sizing", "policy.risk_share", "policy.range_target_usd", "policy.range_minutes", "policy.range_bars",
        "policy.kelly_win", "policy.kelly_payoff", "policy.kelly_multiple", "policy.kelly_cap",
    ]

    @Test func `every key of the execution gateway is in docs with its default and meaning`() throws {
        let lines = try Self.lines("docs/orders.md")
        let rows = SettingTable.all.filter { $0.key.hasPrefix("execution.") }
        #expect(rows.count == 9)
        for row in rows { #expect(lines.contains(Self.line(row)), "docs/orders.md: \(Self.line(row))") }
    }

    private static func line(_ row: SettingDeclaration) -> String {
        "| `\(row.key)` | `\(row.standard.canonical)` | \(row.unit) | \(row.meaning); \(row.kind.expectation) |"
    }

    private static func lines(_ page: String) throws -> Set<String> {
        Set(try PackageFolder.text(page).components(separatedBy: "\n"))
    }

    @Test func `every key of risk, programmes and sizing is in docs with its default and meaning`() throws {
        let lines = try Self.lines("docs/risk.md")
        var count = 0
        for row in SettingTable.all {
            let isOurs = row.key.hasPrefix("risk.") || row.key.hasPrefix("programme.") || row.key.hasPrefix("books.")
                || Self.sizing.contains(row.key)
            guard isOurs else { continue }
            count += 1
            #expect(lines.contains(Self.line(row)), "docs/risk.md: \(Self.line(row))")
        }
        #expect(count > 50)
    }

    private func resolve(_ assignments: String...) throws -> ResolvedConfiguration {
        try ConfigurationSources(
            overrides: try assignments.map { try ConfigurationSources.Override(assignment: $0) }
        ).resolve()
    }

    @Test func `by default there is no programme, no margin, and the policy's own size`() throws {
        let configuration = try resolve()
        #expect(configuration.programme == nil)
        #expect(configuration.risk.margin == nil)
        #expect(configuration.sizing == .fixed)
        #expect(configuration.risk.venue == .paper && configuration.risk.peerLoss == .reducing)
        #expect(configuration.risk.approvalLife == .seconds(2))
        #expect(configuration.risk.signalLife == .seconds(2))
    }

    @Test(arguments: [
        ("single", 64, true), ("net", 32, true), ("net", 33, false), ("two_accounts", 32, true),
        ("two_accounts", 33, false),
    ])
    func `books of strategies leave room for both sides`(routing: String, most: Int, isSound: Bool) throws {
        let assignments = ["books.routing=\(routing)", "risk.max_position_contracts=\(most)"]
        guard isSound else {
            #expect(throws: ConfigurationError.self) { try resolve(assignments[0], assignments[1]) }
            return
        }
        #expect(try resolve(assignments[0], assignments[1]).risk.books.rawValue == routing)
    }

    @Test func `the execution gateway's times and ways are read from its keys`() throws {
        let standard = try resolve().execution
        #expect(standard.unknownAfter == .milliseconds(250) && standard.fillWithin == .seconds(1))
        #expect(standard.stopAcknowledgement == .milliseconds(500) && standard.closeRetry == .seconds(1))
        #expect(standard.collar == Ticks(20) && standard.roundPause == .milliseconds(50))
        #expect(standard.flattenLate == .seconds(10) && standard.closesAtOpen && standard.venueLinks)
        let other = try resolve(
            "execution.unknown_after_ms=300", "execution.fill_within_ms=2000", "execution.stop_ack_ms=700",
            "execution.close_retry_ms=1500", "execution.collar_ticks=8", "execution.round_pause_ms=0",
            "execution.flatten_late_seconds=3", "execution.close_at_open=false", "execution.venue_links=false"
        ).execution
        #expect(other.unknownAfter == .milliseconds(300) && other.fillWithin == .seconds(2))
        #expect(other.stopAcknowledgement == .milliseconds(700) && other.closeRetry == .milliseconds(1_500))
        #expect(other.collar == Ticks(8) && other.roundPause == .zero)
        #expect(other.flattenLate == .seconds(3) && !other.closesAtOpen && !other.venueLinks)
    }

    @Test func `risk's own times and the value at risk are read from their keys`() throws {
        let risk = try resolve(
            "risk.peer_silence_ms=900", "risk.flat_by_grace_seconds=1", "risk.value_at_risk_confidence=0.99",
            "risk.value_at_risk_sessions=40", "risk.roll_flat_minutes=2"
        ).risk
        #expect(risk.peerSilence == .milliseconds(900) && risk.flatByGrace == .seconds(1))
        #expect(risk.rollFlat == .seconds(120))
        #expect(risk.valueAtRiskConfidence == 0.99 && risk.valueAtRiskSessions == 40)
    }

    @Test func `a programme is read from its keys`() throws {
        let configuration = try resolve(
            "programme.balance_usd=50000", "programme.trailing_usd=2000", "programme.trailing_high=end_of_day",
            "programme.trailing_lock_usd=100", "programme.tiers=50000:2,52000.50:3", "programme.flat_by=16:10")
        let programme = try #require(configuration.programme)
        #expect(programme.balance == Money(cents: 5_000_000) && programme.dailyLoss == .zero)
        #expect(programme.trailing == Money(cents: 200_000) && programme.trailsDayEnds)
        #expect(programme.trailingLock == Money(cents: 10_000))
        #expect(programme.tiers.map(\.contracts) == [Quantity(2), Quantity(3)])
        #expect(programme.tiers[1].balance == Money(cents: 5_200_050))
        #expect(programme.flatBy == TimeOfDay(hour: 16, minute: 10))
    }

    @Test(
        arguments: [
            "programme.daily_loss_usd=500", "programme.trailing_usd=2000", "programme.trailing_lock_usd=100",
            "programme.tiers=0:2", "programme.flat_by=16:10",
        ])
    func `a programme's rule without its balance is an error`(rule: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try resolve(rule) }
        let key = String(rule.prefix { $0 != "=" })
        #expect("\(error)".contains(key) && "\(error)".contains("without programme.balance_usd"), "\(error)")
        #expect(throws: Never.self) { try resolve(rule, "programme.balance_usd=50000") }
    }

    @Test(arguments: ["50000", "50000:x", "2:1,1:1", "1:1,1:2", "-1:1", "1:-1", "1:1,"])
    func `tiers that make no sense are refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try resolve("programme.tiers=\(text)") }
    }

    @Test func `limits of a strategy are read from a table of their own`() throws {
        let scratch = try Scratch()
        let path = try scratch.write("[risk.strategy.level]\nmax_position_contracts = 3\n", "risk.toml")
        let configuration = try ConfigurationSources(file: path).resolve()
        #expect(configuration.risk.levelStrategy.maximumPosition == Quantity(3))
        #expect(configuration.risk.instrument.maximumPosition == .zero)
    }

    @Test func `a margin needs a balance that covers a contract, and falls with its kind`() throws {
        #expect(throws: ConfigurationError.self) { try resolve("risk.initial_margin_usd=2000") }
        // What is asked for holding alone would be asked for nowhere.
        for key in ["risk.maintenance_margin_usd", "risk.intraday_margin_usd"] {
            #expect(throws: ConfigurationError.self) { try resolve("\(key)=50", "risk.balance_usd=5000") }
        }
        #expect(throws: ConfigurationError.self) {
            try resolve("risk.initial_margin_usd=2000", "risk.balance_usd=5000", "risk.intraday_margin_usd=2001")
        }
        let margin = try #require(
            try resolve("risk.initial_margin_usd=2000", "risk.balance_usd=5000", "risk.intraday_margin_usd=500")
                .risk.margin)
        #expect(margin.maintenance == margin.initial && margin.intraday == Money(cents: 50_000))
    }
}

@Suite struct NewsFileTests {
    private func read(_ text: String) throws -> [Range<Timestamp>] {
        let scratch = try Scratch()
        let path = try scratch.write(text, "news.csv")
        do { return try NewsFile(path: path).windows } catch {
            throw NewsFileError(path: "FILE", line: error.line, reason: error.reason)
        }
    }

    @Test func `windows are read with names, comments and offsets`() throws {
        let text = """
            # from,to,name
            2024-03-08T08:25-05:00, 2024-03-08T08:35-05:00, employment

            2024-03-12T12:25:30Z,2024-03-12T12:35Z
            """
        let windows = try read(text)
        #expect(windows == [
            Timestamp(nanoseconds: 1_709_904_300_000_000_000)..<Timestamp(nanoseconds: 1_709_904_900_000_000_000),
            Timestamp(nanoseconds: 1_710_246_330_000_000_000)..<Timestamp(nanoseconds: 1_710_246_900_000_000_000),
        ])
    }

    @Test(arguments: [
        ("2024-03-08T08:25Z", 1), ("\n2024-03-08,2024-03-09T00:00Z", 2), ("2024-02-30T08:25Z,2024-03-09T00:00Z", 1),
        ("2024-03-08T24:00Z,2024-03-09T00:00Z", 1), ("2024-03-08T08:25,2024-03-09T00:00Z", 1),
        ("2024-03-08T08:25Z,2024-03-08T08:25Z", 1), ("from,to", 1), ("2024-03-08T08:25Z,9999-03-08T08:25Z", 1),
    ])
    func `a line that is none says where`(text: String, line: Int) {
        do {
            _ = try read(text)
            Issue.record("read \(text)")
        } catch {
            let error = error as? NewsFileError
            #expect(error?.line == line)
            #expect(error?.description.hasPrefix("FILE:\(line): ") == true)
        }
    }

    @Test func `a file that is not there is named`() {
        #expect(throws: NewsFileError.self) { try NewsFile(path: "no/such/file") }
    }
}
