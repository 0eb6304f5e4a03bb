import Configuration
import Foundation
import MarketCalendar
import TestSupport
import Testing
import Units

private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    try withFile(Array(text.utf8), body)
}

private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let scratch = try Scratch()
    return try body(try scratch.write(bytes, "test.toml"))
}

private func override(_ key: String, _ value: String) -> ConfigurationSources.Override {
    ConfigurationSources.Override(key: key, value: value, flag: "--set")
}

/// The line that a user sees, with the path of the file shortened to "FILE".
private func message(
    file text: String? = nil, bytes: [UInt8]? = nil, environment: [String: String] = [:], set assignments: [String] = []
) throws -> String? {
    func resolve(_ path: String?) -> String? {
        do {
            var sources = ConfigurationSources(file: path, environment: environment)
            for assignment in assignments {
                sources.overrides.append(try ConfigurationSources.Override(assignment: assignment))
            }
            _ = try sources.resolve()
            return nil
        } catch {
            return path.map { "\(error)".replacingOccurrences(of: $0, with: "FILE") } ?? "\(error)"
        }
    }
    guard let bytes = bytes ?? text.map({ Array($0.utf8) }) else { return resolve(nil) }
    return try withFile(bytes, resolve)
}

@Suite struct ConfigurationPrecedenceTests {
    static let key = "bars.sma_length"
    static let file = "[bars]\nsma_length = 10\n"
    static let environment = ["LEVELHEAD_BARS_SMA_LENGTH": "20"]

    private func setting(_ configuration: ResolvedConfiguration) throws -> (SettingValue, SettingOrigin) {
        let setting = try #require(configuration.settings.first { $0.key == Self.key })
        return (setting.value, setting.origin)
    }

    @Test func `the command line wins over environment, file and default, each over the next`() throws {
        #expect(try setting(ConfigurationSources().resolve()) == (.integer(90), .standard))
        try withFile(Self.file) { path throws in
            let file = SettingOrigin.file(path: path, line: 2)
            #expect(try setting(ConfigurationSources(file: path).resolve()) == (.integer(10), file))
            var sources = ConfigurationSources(file: path, environment: Self.environment)
            let variable = SettingOrigin.environment(variable: "LEVELHEAD_BARS_SMA_LENGTH")
            #expect(try setting(sources.resolve()) == (.integer(20), variable))
            sources.overrides = [override(Self.key, "30")]
            #expect(try setting(sources.resolve()) == (.integer(30), .commandLine(flag: "--set")))
            #expect(try sources.resolve().bars.smaLength == 30)
            sources.overrides.append(.init(key: Self.key, value: "40", flag: "--sma"))
            #expect(try setting(sources.resolve()) == (.integer(40), .commandLine(flag: "--sma")))
        }
    }

    @Test func `every key can be set in a file, in the environment and on the command line`() throws {
        for declaration in SettingTable.all {
            let canonical = declaration.standard.canonical
            let bare = canonical.replacingOccurrences(of: "\"", with: "")
            try withFile("\(declaration.key) = \(canonical)\n") { path throws in
                let origins = try [
                    ConfigurationSources(file: path),
                    ConfigurationSources(environment: [declaration.environmentName: bare]),
                    ConfigurationSources(overrides: [override(declaration.key, bare)]),
                ].map { sources in
                    try #require(try sources.resolve().settings.first { $0.key == declaration.key }).origin
                }
                #expect(origins == [
                    .file(path: path, line: 1), .environment(variable: declaration.environmentName),
                    .commandLine(flag: "--set"),
                ])
            }
        }
    }

    @Test func `keys and variables are unique, and every default is within its bounds`() throws {
        let all = SettingTable.all
        #expect(Set(all.map(\.key)).count == all.count)
        #expect(Set(all.map(\.environmentName)).count == all.count)
        // The canonical text is TOML that resolves to itself.
        let text = try ConfigurationSources().resolve().canonicalText
        let again = try withFile(text) { try ConfigurationSources(file: $0).resolve().canonicalText }
        #expect(again == text)
    }

    @Test func `other variables are left alone`() throws {
        let environment = ["PATH": "/bin", "LEVELHEAD_STATE_DIR": "/tmp/x", "LEVELHEAD": "1", "LEVELHEADER": "2"]
        #expect(try message(environment: environment) == nil)
    }
}

@Suite struct ConfigurationErrorTests {
    @Test(arguments: [
        ("[bars]\n\n# length\nsma_lenght = 10\n",
            "FILE:4: unknown key 'bars.sma_lenght'; the nearest known key is 'bars.sma_length'"),
        ("risk.daily_los_usd = \"5\"\n",
            "FILE:1: unknown key 'risk.daily_los_usd'; the nearest known key is 'risk.daily_loss_usd'"),
        ("[bar]\nsma_length = 10\n",
            "FILE:2: unknown key 'bar.sma_length'; the nearest known key is 'bars.sma_length'"),
        ("[bars]\nsma_length = \"ten\"\n",
            "FILE:2: bars.sma_length: expected an integer from 1 to 512, found \"ten\""),
        ("[bars]\nsma_length = 0\n", "FILE:2: bars.sma_length: expected an integer from 1 to 512, found 0"),
        ("[bars]\nsma_length = 513\n", "FILE:2: bars.sma_length: expected an integer from 1 to 512, found 513"),
        ("[bars]\nsma_length = 1.0\n", "FILE:2: bars.sma_length: expected an integer from 1 to 512, found 1.0"),
        ("[bars]\nsma_length = [1]\n",
            "FILE:2: bars.sma_length: expected an integer from 1 to 512, found a TOML array"),
        ("[policy]\nenabled = 1\n", "FILE:2: policy.enabled: expected true or false, found 1"),
        ("[policy]\nentry_start = 09:30:00\n",
            "FILE:2: policy.entry_start: expected a time of day as \"HH:MM\" or \"HH:MM:SS\", found a TOML time"),
        ("[policy]\nsignal_threshold = 1.5\n",
            "FILE:2: policy.signal_threshold: expected a number from 0.0 to 1.0, found 1.5"),
        ("[risk]\ndaily_loss_usd = 12.5\n",
            "FILE:2: risk.daily_loss_usd: expected dollars as decimal text from \"1.00\" to \"100000000.00\", "
                + "found 12.5"),
        ("[venue]\nbroker_fee_usd = \"-0.1\"\n",
            "FILE:2: venue.broker_fee_usd: expected \"table\", or dollars as decimal text from \"0.00\" to \"100.00\", "
                + "found \"-0.1\""),
        ("[ring]\nwait = \"sleep\"\n",
            "FILE:2: ring.wait: expected \"spin\" or \"yield\" or \"park\", found \"sleep\""),
        ("[ring]\nbytes = 3000000\n",
            "FILE:2: ring.bytes: expected a power of two from 1048576 to 17179869184, found 3000000"),
        ("[instrument]\nsignal = \"ESH4-ESM4\"\n",
            "FILE:2: instrument.signal: expected a futures symbol such as \"ES.c.0\" or \"ESZ6\", found \"ESH4-ESM4\""),
        // The fold tells the options' marks from the futures' by this name.
        ("[live]\noptions_dataset = \"XEUR.EOBI\"\n",
            "FILE:2: live.options_dataset: expected \"OPRA.PILLAR\" and nothing else, found \"XEUR.EOBI\""),
        ("[sessions]\npremarket_end = \"03:00\"\n",
            "FILE:2: sessions.premarket_end = \"03:00\" must be after, on a clock that begins at 18:00, "
                + "sessions.premarket_start = \"04:00\""),
        ("[sessions]\nrth_close = \"17:30\"\n",
            "FILE:2: sessions.rth_close = \"17:30\" must end, within 18:00 to 17:00 of the next day, a window from "
                + "sessions.rth_open = \"09:30\""),
        ("[policy]\nentry_end = \"09:00\"\n",
            "FILE:2: policy.entry_end = \"09:00\" must be after, on a clock that begins at 18:00, "
                + "policy.entry_start = \"09:30\""),
        ("[risk]\nmax_order_contracts = 11\n",
            "FILE:2: risk.max_order_contracts = 11 must not be more than risk.max_position_contracts = 10"),
        ("[policy]\nflat_by = \"17:15\"\n",
            "FILE:2: policy.flat_by = \"17:15\" must be before 17:00, the session's end, on a clock "
                + "that begins at 18:00"),
        ("[policy]\nflat_by = \"17:00\"\n",
            "FILE:2: policy.flat_by = \"17:00\" must be before 17:00, the session's end, on a clock "
                + "that begins at 18:00"),
        ("[programme]\nbalance_usd = \"1.00\"\nflat_by = \"18:00\"\n",
            "FILE:3: programme.flat_by = \"18:00\" must be, on a clock that begins at 18:00, more than "
                + "policy.early_close_entry_minutes after policy.entry_start = \"09:30\""),
        ("[programme]\nbalance_usd = \"1.00\"\nflat_by = \"17:59\"\n",
            "FILE:3: programme.flat_by = \"17:59\" must be before 17:00, the session's end, on a clock "
                + "that begins at 18:00"),
        ("[policy]\nsizing = \"kelly\"\n",
            "FILE:2: policy.sizing = \"kelly\" must have a risk.balance_usd above 0, which it is taken from"),
        ("[risk]\nbalance_usd = \"9000\"\n[policy]\nsizing = \"kelly\"\n",
            "FILE:4: policy.sizing = \"kelly\" must have an edge: policy.kelly_win × kelly_payoff above 1 − "
                + "kelly_win, and kelly_multiple, kelly_cap above 0"),
        ("[risk]\nbalance_usd = \"9000\"\n[policy]\nrisk_share = 0.0\nsizing = \"fractional\"\n",
            "FILE:5: policy.sizing = \"fractional\" must have a policy.risk_share above 0"),
        ("[policy]\nsizing = \"volatility\"\n",
            "FILE:2: policy.sizing = \"volatility\" must have a policy.range_target_usd above 0"),
        ("[riks]\n", "FILE:1: unknown key 'riks'; the nearest known key is 'digest'"),
        ("\"risk.max_order_contracts\" = 1\n[risk]\nmax_order_contracts = 5\n",
            "FILE:1: unknown key '\"risk.max_order_contracts\"'; the nearest known key is 'risk.max_order_contracts'"),
        // The default is the other value; the one that was set is the one to mend.
        ("[levels]\nreset_ticks = 1\n", "FILE:2: levels.touch_ticks = 2 must not be more than levels.reset_ticks = 1"),
    ])
    func `a file's error names file, line, key, what was found and what was expected`(
        text: String, expected: String
    ) throws {
        #expect(try message(file: text) == expected)
    }

    @Test func `text that is not TOML is refused with line and column`() throws {
        let text = try #require(try message(file: "[bars]\nsma_length = \n"))
        #expect(text.hasPrefix("FILE:2:14: not TOML: "), "\(text)")
        #expect(!text.contains("\n"))
    }

    @Test func `what is no text is refused, not read up to there`() throws {
        let files: [([UInt8], String)] = [
            (Array("[risk]\nmax_order_contracts = 4\n\0\n".utf8), "FILE:3:1: not TOML: byte 0x00"),
            (Array("[bars]\n# caf".utf8) + [0xE9, 0x0A], "FILE:2:6: not TOML: byte 0xe9"),
            ([0x23, 0, 0x0A, 0], "FILE:1:2: not TOML: byte 0x00"),
            (Array("# \u{1F4C8}\n".utf8), ""), (Array("[risk]\n".utf8), ""),
        ]
        for (bytes, expected) in files {
            let reason = expected.isEmpty ? "" : expected + ", expected a text in UTF-8"
            #expect(try message(bytes: bytes) ?? "" == reason)
        }
    }

    @Test func `the first error of a file is the one on its first line`() throws {
        #expect(try message(file: "[zzz]\na = 1\n[aaa]\nz = 1\n")?.hasPrefix("FILE:2: unknown key 'zzz.a'") == true)
    }

    @Test func `the lines of a file are told also when an editor of another system wrote it`() throws {
        let text = "\u{FEFF}# of the desk\r\n[bars]\r\nsma_length = 0\r\n"
        let error = try message(file: text) ?? ""
        #expect(error.hasPrefix("FILE:3: bars.sma_length"), "\(error)")
    }

    @Test func `a file that is not there is named with the system's reason`() throws {
        #expect(throws: ConfigurationError.unreadable(path: "/nowhere/x.toml", reason: "No such file or directory")) {
            try ConfigurationSources(file: "/nowhere/x.toml").resolve()
        }
    }

    @Test func `errors of environment and command line name variable and flag`() throws {
        #expect(try message(environment: ["LEVELHEAD_BARS_SMA_LENGHT": "1"])
            == "environment LEVELHEAD_BARS_SMA_LENGHT: unknown key 'bars.sma_lenght'; "
            + "the nearest known key is 'bars.sma_length'")
        // A section that is mistyped is no other program's variable.
        #expect(try message(environment: ["LEVELHEAD_RSIK_DAILY_LOSS": "100"])
            == "environment LEVELHEAD_RSIK_DAILY_LOSS: unknown key 'rsik_daily_loss'; "
            + "the nearest known key is 'risk.daily_loss_usd'")
        #expect(try message(environment: ["LEVELHEAD_BIN": "x"])?.hasPrefix(
            "environment LEVELHEAD_BIN: unknown key 'bin'; ") == true)
        #expect(try message(environment: ["LEVELHEAD_DIGEST": "hour"])
            == "environment LEVELHEAD_DIGEST: digest: expected \"second\" or \"tick\", found \"hour\"")
        #expect(try message(set: ["policy.quantity=many"])
            == "command line --set: policy.quantity: expected an integer from 1 to 1000, found \"many\"")
        #expect(try message(set: ["policy.quantity=6"])
            == "command line --set: policy.quantity = 6 must not be more than risk.max_order_contracts = 5")
        #expect(try message(environment: ["LEVELHEAD_RISK_MAX_ORDER_CONTRACTS": "1"], set: ["policy.quantity=2"])
            == "command line --set: policy.quantity = 2 must not be more than risk.max_order_contracts = 1")
        for (port, isRefused) in [(7_998, false), (7_999, true), (8_004, true), (8_005, false)] {
            let found = try message(set: ["streams.tcp=127.0.0.1:\(port)", "metrics.first_port=8000"])
            #expect(
                found == (isRefused ? "command line --set: streams.tcp = \"127.0.0.1:\(port)\" must leave to others, "
                    + "with the next port, the five from metrics.first_port = 8000" : nil))
        }
        #expect(try message(environment: ["LEVELHEAD_DIGEST": "a\nb"])
            == "environment LEVELHEAD_DIGEST: digest: expected \"second\" or \"tick\", found \"a\\nb\"")
        #expect(try message(set: ["quantity=1"])
            == "command line --set: unknown key 'quantity'; the nearest known key is 'policy.quantity'")
        #expect(try message(set: ["policy.quantity"])
            == "command line --set: expected key=value, found \"policy.quantity\"")
        #expect(try message(set: ["=1"]) == "command line --set: expected key=value, found \"=1\"")
        #expect(try message(set: ["features.annualization_hours=nan"])?.hasSuffix("found \"nan\"") == true)
    }
}

@Suite struct ResolvedConfigurationTests {
    @Test func `the defaults are those of the design`() throws {
        let configuration = try ConfigurationSources().resolve()
        #expect(configuration.instrument.signal == "ES.c.0" && configuration.instrument.traded == "MES.c.0")
        #expect(configuration.sessions == .regular)
        #expect(configuration.bars.smaPeriod == .minutes(2) && configuration.bars.smaLength == 90)
        #expect(configuration.levels.band == Ticks(4) && configuration.levels.touch == Ticks(2))
        #expect(configuration.levels.reset == Ticks(8) && configuration.levels.beyond == Ticks(8))
        #expect(configuration.features.largeTradeContracts == nil)
        #expect(configuration.features.annualizationHours == 23)
        #expect(configuration.policy.stop == Ticks(8) && configuration.policy.target == Ticks(16))
        #expect(configuration.policy.hold == .seconds(3) && configuration.policy.timeStop == .seconds(600))
        #expect(configuration.risk.maximumOrder == Quantity(5) && configuration.risk.maximumPosition == Quantity(10))
        #expect(configuration.digest == .second && configuration.ring.wait == .yield)
    }

    @Test func `fees come from the table unless they are configured`() throws {
        let micro = try #require(ContractSpecification.of(root: "MES"))
        let crude = try #require(ContractSpecification.of(root: "CL"))
        var sources = ConfigurationSources()
        // 0.35 exchange and clearing, 0.02 assessment, 0.25 broker.
        func fee(_ contract: ContractSpecification) throws -> Money? {
            try sources.resolve().venue.fees(contract).map { $0.exchange + $0.clearing + $0.regulatory + $0.broker }
        }
        #expect(try fee(micro) == Money(cents: 62))
        #expect(try fee(crude) == nil)
        sources.overrides = [override("venue.exchange_fee_usd", "0.375"), override("venue.broker_fee_usd", "0")]
        #expect(try fee(micro) == Money("0.395"))
        #expect(try fee(crude) == Money("0.395"))
    }

    @Test func `money and seconds are read exactly`() throws {
        let sources = ConfigurationSources(overrides: [
            override("risk.daily_loss_usd", "1234.56"), override("policy.hold_seconds", "0.1"),
        ])
        #expect(try sources.resolve().risk.dailyLoss == Money(cents: 123_456))
        #expect(try sources.resolve().policy.hold == .milliseconds(100))
    }

    @Test func `the text to hash leaves out what changes no result, and the origins`() throws {
        let standard = try ConfigurationSources().resolve()
        let ring = try ConfigurationSources(overrides: [override("ring.wait", "spin")]).resolve()
        let same = try ConfigurationSources(overrides: [override("levels.band_ticks", "4")]).resolve()
        let other = try ConfigurationSources(overrides: [override("levels.band_ticks", "5")]).resolve()
        #expect(ring.resultText == standard.resultText && ring.canonicalText != standard.canonicalText)
        #expect(same.canonicalText == standard.canonicalText)
        #expect(other.resultText != standard.resultText)
        #expect(!standard.resultText.contains("ring.") && standard.resultText.contains("digest = \"second\"\n"))
    }

    @Test func `the engine waits as the others do unless it is told, and runs on any core`() throws {
        let others = try ConfigurationSources(overrides: [override("ring.wait", "park")]).resolve()
        #expect(others.ring.engineWait == .park && others.cores.engine == nil && !others.cores.areAwake)
        let own = try ConfigurationSources(overrides: [
            override("ring.engine_wait", "spin"), override("cores.engine", "0"), override("cores.awake", "true"),
        ]).resolve()
        #expect(own.ring.engineWait == .spin && own.ring.wait == .yield)
        #expect(own.cores.engine == 0 && own.cores.areAwake)
    }

    @Test func `metrics are on any port unless there is a first one, behind which four more are`() throws {
        #expect(try ConfigurationSources().resolve().metrics.firstPort == nil)
        let own = try ConfigurationSources(overrides: [override("metrics.first_port", "9480")]).resolve()
        #expect(own.metrics.firstPort == 9_480)
        let last = try ConfigurationSources(overrides: [override("metrics.first_port", "65531")]).resolve()
        #expect(last.metrics.firstPort.map { $0 + 4 } == .max)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationSources(overrides: [override("metrics.first_port", "65532")]).resolve()
        }
    }

    @Test func `the JSON holds every key with value and origin`() throws {
        let sources = ConfigurationSources(overrides: [.init(key: "bars.sma_length", value: "7", flag: "--\"odd\"\n")])
        let object = try JSONSerialization.jsonObject(with: Data(try sources.resolve().json.utf8))
        let members = try #require(object as? [String: [String: Any]])
        #expect(members.keys.sorted() == SettingTable.all.map(\.key).sorted())
        #expect(members["bars.sma_length"]?["value"] as? Int == 7)
        #expect(members["bars.sma_length"]?["origin"] as? String == "command line --\"odd\"\n")
        #expect(members["risk.daily_loss_usd"]?["value"] as? String == "1000.00")
        #expect(members["policy.flat_by"]?["origin"] as? String == "default")
        #expect(members["policy.enabled"]?["value"] as? Bool == true)
    }
}
