/// One delivery month of one root: ES of December 2026.
public struct FuturesContract: Hashable, Sendable {
    public let root: String
    public let year: Int
    /// 1...12.
    public let month: Int

    /// - Precondition: `month` is 1...12.
    public init(root: String, year: Int, month: Int) {
        precondition((1...12).contains(month), "a delivery month is 1...12")
        self.root = root
        self.year = year
        self.month = month
    }

    private static let monthCodes = Array("FGHJKMNQUVXZ".utf8)

    /// The exchange's letter for a month: F is January, Z December.
    static func month(code: UInt8) -> Int? { monthCodes.firstIndex(of: code).map { $0 + 1 } }

    public var monthCode: Character { Character(UnicodeScalar(FuturesContract.monthCodes[month - 1])) }

    /// As Globex writes it, with one digit of the year: "ESZ6".
    public var rawSymbol: String { root + String(monthCode) + String(year % 10) }

    /// Reads "ESZ6" or "ESZ26". A single digit means the year between one before and eight after that of `reference`:
    /// the exchange lists contracts years ahead, and a tape may name one that has just expired. Two digits mean
    /// 2000...2099. Nil for anything else: spreads, options, other instruments.
    public init?(_ text: some StringProtocol, near reference: CivilDate) {
        let bytes = Array(text.utf8)
        let digits = bytes.suffix(while: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        guard (1...2).contains(digits.count), let number = decimal(digits), digits.startIndex >= 2,
            let month = FuturesContract.month(code: bytes[digits.startIndex - 1])
        else { return nil }
        let root = bytes[..<(digits.startIndex - 1)]
        guard FuturesContract.isRoot(root) else { return nil }
        self.root = String(decoding: root, as: UTF8.self)
        self.month = month
        if digits.count == 2 {
            year = 2_000 + number
        } else {
            let earliest = reference.year - 1
            year = earliest + (number - earliest % 10 + 10) % 10
        }
    }

    /// One to four capital letters and digits with at least one letter, as in "ES", "6E", "M2K".
    static func isRoot(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isLetter = { (byte: UInt8) in byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        return (1...4).contains(bytes.count) && bytes.contains(where: isLetter)
            && bytes.allSatisfy { isLetter($0) || isDigit($0) }
    }
}

extension FuturesContract: Comparable {
    /// By delivery, then root.
    public static func < (a: FuturesContract, b: FuturesContract) -> Bool {
        (a.year, a.month, a.root) < (b.year, b.month, b.root)
    }
}

extension FuturesContract: CustomStringConvertible {
    public var description: String { rawSymbol }
}

extension Array {
    /// The longest tail whose elements all satisfy the condition.
    fileprivate func suffix(while condition: (Element) -> Bool) -> ArraySlice<Element> {
        var start = endIndex
        while start > startIndex, condition(self[start - 1]) { start -= 1 }
        return self[start...]
    }
}
