/// The root of a futures contract, "MES", in four bytes: the key of the tables of this module.
@frozen public struct ContractRoot: Comparable, Hashable, BitwiseCopyable, Sendable {
    public static let none = ContractRoot(raw: 0)
    public static let mes = ContractRoot(raw: 0x4d45_5300)
    public static let es = ContractRoot(raw: 0x4553_0000)

    /// The letters from the highest byte on, zeros behind: the order of numbers is the order of names.
    public let raw: UInt32

    init(raw: UInt32) { self.raw = raw }

    /// Nil unless one to four capital letters and digits.
    public init?(_ text: String) {
        var raw: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            let isLetter = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            guard count < 4, isLetter || isDigit else { return nil }
            raw |= UInt32(byte) << UInt32(24 - 8 * count)
            count += 1
        }
        guard count > 0 else { return nil }
        self.raw = raw
    }

    public static func < (a: ContractRoot, b: ContractRoot) -> Bool { a.raw < b.raw }
}

extension ContractRoot: CustomStringConvertible {
    public var description: String {
        var letters: [UInt8] = []
        for shift in [24, 16, 8, 0] as [UInt32] {
            let byte = UInt8(truncatingIfNeeded: raw >> shift)
            if byte != 0 { letters.append(byte) }
        }
        return String(decoding: letters, as: UTF8.self)
    }
}
