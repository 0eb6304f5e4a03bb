/// A time of day on the clock of the session's zone (New York), in whole seconds since midnight.
@frozen public struct TimeOfDay: Comparable, Hashable, BitwiseCopyable, Sendable {
    /// 0..<86 400.
    public let seconds: Int32

    /// - Precondition: hour 0...23, minute and second 0...59.
    public init(hour: Int, minute: Int, second: Int = 0) {
        precondition((0...23).contains(hour) && (0...59).contains(minute) && (0...59).contains(second))
        seconds = Int32(hour * 3_600 + minute * 60 + second)
    }

    /// - Precondition: 0..<86 400.
    public init(seconds: Int32) {
        precondition((0..<86_400).contains(seconds))
        self.seconds = seconds
    }

    @inlinable public static func < (a: TimeOfDay, b: TimeOfDay) -> Bool { a.seconds < b.seconds }

    public var hour: Int { Int(seconds) / 3_600 }
    public var minute: Int { Int(seconds) / 60 % 60 }
    public var second: Int { Int(seconds) % 60 }

    /// Seconds since 18:00, where a Globex session begins: 18:30 is 1 800, 09:30 is 55 800.
    public var secondsIntoSession: Int32 { (seconds + 6 * 3_600) % 86_400 }

    /// The same place on the session's clock, or nil at or after its end (17:00, 82 800 s).
    init?(secondsIntoSession: Int32) {
        guard (0...82_800).contains(secondsIntoSession) else { return nil }
        self.init(seconds: (secondsIntoSession + 18 * 3_600) % 86_400)
    }
}

extension TimeOfDay: CustomStringConvertible {
    /// "09:30", or "09:30:15" when there are seconds.
    public var description: String {
        let minutes = padded(hour, 2) + ":" + padded(minute, 2)
        return second == 0 ? minutes : minutes + ":" + padded(second, 2)
    }

    /// Reads "HH:MM" or "HH:MM:SS". Nil for anything else.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5 || bytes.count == 8, bytes[2] == UInt8(ascii: ":"),
            let hour = decimal(bytes[0..<2]), let minute = decimal(bytes[3..<5]), hour < 24, minute < 60
        else { return nil }
        var second = 0
        if bytes.count == 8 {
            guard bytes[5] == UInt8(ascii: ":"), let value = decimal(bytes[6..<8]), value < 60 else { return nil }
            second = value
        }
        self.init(hour: hour, minute: minute, second: second)
    }
}
