public import MarketCalendar
import Platform
public import Units

/// What a key holds, and within which bounds.
public enum SettingKind: Equatable, Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    case real(ClosedRange<Double>)
    /// A power of two.
    case powerOfTwo(ClosedRange<Int>)
    /// "HH:MM" or "HH:MM:SS", New York.
    case timeOfDay
    /// Dollars as a decimal text, so that no amount passes through floating point.
    case money(ClosedRange<Money>)
    /// As `money`, or "table": what the contract table says.
    case moneyOrTable(ClosedRange<Money>)
    case choice([String])
    /// One futures contract: "ESZ6", or "ES.c.0" by the calendar's roll.
    case symbol
    /// One to six capital letters and digits, or nothing.
    case optionRoot
    /// "10.0.0.5:7000" in digits, or nothing.
    case addressAndPort
    /// "BALANCE:CONTRACTS,…" by rising balance; or nothing.
    case tiers
    /// A time of day, or "never".
    case timeOfDayOrNever
    /// The path of a file, or nothing.
    case file

    /// What is expected, for an error and for the help.
    public var expectation: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .real(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .powerOfTwo(let range): "a power of two from \(range.lowerBound) to \(range.upperBound)"
        case .timeOfDay: "a time of day as \"HH:MM\" or \"HH:MM:SS\""
        case .money(let range):
            "dollars as decimal text from \"\(range.lowerBound)\" to \"\(range.upperBound)\""
        case .moneyOrTable(let range):
            "\"table\", or dollars as decimal text from \"\(range.lowerBound)\" to \"\(range.upperBound)\""
        case .choice(let names) where names.count == 1: "\"\(names[0])\" and nothing else"
        case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: " or ")
        case .symbol: "a futures symbol such as \"ES.c.0\" or \"ESZ6\""
        case .optionRoot: "an option root such as \"SPXW\", or \"\""
        case .addressAndPort: "an IPv4 address and a port such as \"127.0.0.1:7000\", or \"\""
        case .tiers: "balances and contracts such as \"50000:2,52000:3\" by rising balance, or \"\""
        case .timeOfDayOrNever: "a time of day as \"HH:MM\" or \"HH:MM:SS\", or \"never\""
        case .file: "the path of a file without quotes, backslashes and control characters, or \"\""
        }
    }
}

/// A value of a key, already within its bounds.
public enum SettingValue: Equatable, Sendable {
    case boolean(Bool)
    case integer(Int)
    case real(Double)
    case timeOfDay(TimeOfDay)
    case money(Money)
    case text(String)

    /// One spelling per value, as TOML has it.
    public var canonical: String {
        switch self {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .timeOfDay(let value): "\"\(value)\""
        case .money(let value): "\"\(value)\""
        case .text(let value): "\"\(value)\""
        }
    }
}

/// A value as a source wrote it, before it is known whether the key takes it.
enum RawValue: Equatable {
    case boolean(Bool)
    case integer(Int)
    case real(Double)
    case text(String)
    /// A TOML value no key takes: an array, a date; its kind.
    case other(String)
    /// From the environment or the command line, where there are no types.
    case untyped(String)

    /// As it is shown in an error.
    var found: String {
        switch self {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .text(let value), .untyped(let value): JSONText.string(value)
        case .other(let kind): "a TOML \(kind)"
        }
    }
}

extension SettingKind {
    /// Nil when the value is of another type or out of bounds.
    func read(_ raw: RawValue) -> SettingValue? {
        switch self {
        case .boolean:
            switch raw {
            case .boolean(let value): .boolean(value)
            case .untyped("true"): .boolean(true)
            case .untyped("false"): .boolean(false)
            default: nil
            }
        case .integer(let range):
            SettingKind.integer(raw).flatMap { range.contains($0) ? .integer($0) : nil }
        case .powerOfTwo(let range):
            SettingKind.integer(raw).flatMap { range.contains($0) && $0.nonzeroBitCount == 1 ? .integer($0) : nil }
        case .real(let range): SettingKind.real(raw).flatMap { range.contains($0) ? .real($0) : nil }
        case .timeOfDay: SettingKind.text(raw).flatMap { TimeOfDay($0) }.map(SettingValue.timeOfDay)
        case .money(let range): SettingKind.money(raw, range)
        case .moneyOrTable(let range):
            SettingKind.text(raw) == "table" ? .text("table") : SettingKind.money(raw, range)
        case .choice(let names): SettingKind.text(raw).flatMap { names.contains($0) ? .text($0) : nil }
        case .symbol: SettingKind.text(raw).flatMap { SettingKind.isContract($0) ? .text($0) : nil }
        case .optionRoot: SettingKind.text(raw).flatMap { SettingKind.isOptionRoot($0) ? .text($0) : nil }
        case .addressAndPort: SettingKind.text(raw).flatMap { SettingKind.isAddress($0) ? .text($0) : nil }
        case .tiers: SettingKind.text(raw).flatMap { SettingKind.tiers($0) == nil ? nil : .text($0) }
        case .timeOfDayOrNever:
            SettingKind.text(raw) == "never"
                ? .text("never") : SettingKind.text(raw).flatMap { TimeOfDay($0) }.map(SettingValue.timeOfDay)
        case .file: SettingKind.text(raw).flatMap { SettingKind.isPath($0) ? .text($0) : nil }
        }
    }

    private static func integer(_ raw: RawValue) -> Int? {
        switch raw {
        case .integer(let value): value
        case .untyped(let text): Int(text)
        default: nil
        }
    }

    private static func real(_ raw: RawValue) -> Double? {
        switch raw {
        case .real(let value): value
        case .integer(let value): Double(value)
        case .untyped(let text): Double(text)
        default: nil
        }
    }

    private static func text(_ raw: RawValue) -> String? {
        switch raw {
        case .text(let text), .untyped(let text): text
        default: nil
        }
    }

    private static func money(_ raw: RawValue, _ range: ClosedRange<Money>) -> SettingValue? {
        let amount: Money? =
            switch raw {
            // Whole dollars are exact; a TOML number with decimals is binary and is refused.
            case .integer(let dollars): Money(String(dollars))
            case .text(let text), .untyped(let text): Money(text)
            default: nil
            }
        return amount.flatMap { range.contains($0) ? .money($0) : nil }
    }

    /// Nil for anything else than rising balances with contracts.
    static func tiers(_ text: String) -> [(balance: Money, contracts: Quantity)]? {
        var tiers: [(balance: Money, contracts: Quantity)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: text.isEmpty) {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 2, let balance = Money(String(fields[0])), let contracts = Int64(fields[1]) else {
                return nil
            }
            guard contracts >= 0, balance >= .zero, tiers.last.map({ $0.balance < balance }) ?? true else { return nil }
            tiers.append((balance, Quantity(contracts)))
        }
        return tiers
    }

    private static func isOptionRoot(_ text: String) -> Bool {
        text.utf8.count <= 6
            && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) }
    }

    private static func isAddress(_ text: String) -> Bool {
        if text.isEmpty { return true }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), port > 0, port < .max else { return false }
        let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 32 && $0 != 127 && $0 != 34 && $0 != 92 }
    }

    private static func isContract(_ text: String) -> Bool {
        // Any date will do: it decides the decade only.
        switch try? FuturesSymbol(text, near: CivilDate(daysSinceEpoch: 0)) {
        case .outright, .continuous: true
        case .parent, .calendarSpread, nil: false
        }
    }
}
