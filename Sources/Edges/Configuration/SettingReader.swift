import MarketCalendar
import Units

/// Typed access to resolved settings. The table guarantees type and bounds, so a miss is a slip of ours and traps.
struct SettingReader {
    let settings: [ResolvedSetting]

    /// That two values break a rule. The one to mend is the one of higher precedence: its origin is named.
    func relation(_ key: String, _ rule: String, _ other: String) -> ConfigurationError {
        let (first, second) = (setting(key), setting(other))
        let origin = first.origin.precedence >= second.origin.precedence ? first.origin : second.origin
        return .relation(
            rule: "\(key) = \(first.value.canonical) must \(rule) \(other) = \(second.value.canonical)", origin: origin)
    }

    /// That one value breaks a rule of its own.
    func relation(_ key: String, _ rule: String) -> ConfigurationError {
        .relation(rule: "\(key) = \(setting(key).value.canonical) must \(rule)", origin: setting(key).origin)
    }

    func boolean(_ key: String) -> Bool {
        guard case .boolean(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    func int(_ key: String) -> Int {
        guard case .integer(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    func integer(_ key: String) -> Int64 { Int64(int(key)) }

    func ticks(_ key: String) -> Ticks { Ticks(integer(key)) }

    func real(_ key: String) -> Double {
        guard case .real(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    /// A number of seconds to the nearest nanosecond.
    func seconds(_ key: String) -> Nanoseconds { Nanoseconds(Int64((real(key) * 1e9).rounded())) }

    func time(_ key: String) -> TimeOfDay {
        guard case .timeOfDay(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    /// Nil for "never".
    func timeOrNever(_ key: String) -> TimeOfDay? {
        switch setting(key).value {
        case .timeOfDay(let value): value
        case .text: nil
        default: mistyped(key)
        }
    }

    func money(_ key: String) -> Money {
        guard case .money(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    /// Nil for none.
    func file(_ key: String) -> String? {
        let path = text(key)
        return path.isEmpty ? nil : path
    }

    /// Nil for "table".
    func fee(_ key: String) -> Money? {
        switch setting(key).value {
        case .money(let value): value
        case .text: nil
        default: mistyped(key)
        }
    }

    func text(_ key: String) -> String {
        guard case .text(let value) = setting(key).value else { mistyped(key) }
        return value
    }

    private func setting(_ key: String) -> ResolvedSetting {
        guard let setting = settings.first(where: { $0.key == key }) else {
            preconditionFailure("\(key) is not in the table of settings")
        }
        return setting
    }

    private func mistyped(_ key: String) -> Never { preconditionFailure("\(key) is declared with another type") }
}
