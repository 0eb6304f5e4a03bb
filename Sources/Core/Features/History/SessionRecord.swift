import MarketCalendar

/// What history keeps of one session of one root.
public struct SessionRecord: Sendable {
    /// Whether the session is like others.
    public enum Kind: UInt8, Sendable {
        case regular
        case earlyClose
        /// Another contract leads from this session on.
        case roll

        /// The kind of a trade date of `root`. An early close is one of the exchange's, whatever hours `calendar` is
        /// configured with.
        public init(of date: CivilDate, root: String, calendar: TradingCalendar) {
            let before = calendar.previousTradeDate(before: date)
            if calendar.session(date)?.isEarlyClose ?? false {
                self = .earlyClose
            } else if calendar.leadContract(root: root, on: date) != calendar.leadContract(root: root, on: before) {
                self = .roll
            } else {
                self = .regular
            }
        }
    }

    /// Buckets that need a group in a session that counts as complete, the first and the last among them.
    public static let fewestBuckets = 264

    public var tradeDate: CivilDate
    public var kind: Kind
    /// The tape covered the session from 18:00 to 17:00.
    public var isComplete: Bool
    /// Buckets with a group.
    public var bucketCount: Int
    /// Groups in regular hours.
    public var regularGroups: UInt64
    /// `SessionBuckets.valueCount` values; NaN where a metric was not defined.
    public var values: [Double]
    public var microPrice: MicroPriceCounts

    public init(
        tradeDate: CivilDate, kind: Kind, isComplete: Bool, bucketCount: Int, regularGroups: UInt64, values: [Double],
        microPrice: MicroPriceCounts
    ) {
        precondition(values.count == SessionBuckets.valueCount, "one value per metric and bucket")
        self.tradeDate = tradeDate
        self.kind = kind
        self.isComplete = isComplete
        self.bucketCount = bucketCount
        self.regularGroups = regularGroups
        self.values = values
        self.microPrice = microPrice
    }

    /// The profile may be made from it.
    public var isInProfile: Bool { isComplete && kind == .regular }

    public func value(_ metric: ProfileMetric, _ bucket: Int) -> Double {
        values[SessionBuckets.offset(metric, bucket)]
    }
}

// The bytes of a record: little-endian numbers one after the other, every NaN the same. Equal sessions, equal bytes.
extension SessionRecord {
    /// Version of the layout and of what the numbers mean.
    public static let formatVersion: UInt32 = 1
    private static let headCount = 16
    private static let byteCount = headCount + 8 * (SessionBuckets.valueCount + MicroPriceCounts.count)
    private static let canonicalNaN: UInt64 = 0x7ff8_0000_0000_0000

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        func put<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(Int32(tradeDate.yyyymmdd))
        put(kind.rawValue)
        put(UInt8(isComplete ? 1 : 0))
        put(UInt16(bucketCount))
        put(regularGroups)
        for value in values { put(value.isNaN ? Self.canonicalNaN : value.bitPattern) }
        for count in microPrice.values { put(count) }
        return bytes
    }

    /// Nil when the bytes are no record of this version.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        let numbers = bytes.withUnsafeBytes { raw in
            stride(from: Self.headCount, to: raw.count, by: 8).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
        let (date, bucketCount, regularGroups) = bytes.withUnsafeBytes { raw in
            (
                Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 0, as: Int32.self)),
                UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 6, as: UInt16.self)),
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard let tradeDate = CivilDate(yyyymmdd: Int(date)), let kind = Kind(rawValue: bytes[4]), bytes[5] <= 1,
            let microPrice = MicroPriceCounts(Array(numbers[SessionBuckets.valueCount...]))
        else { return nil }
        self.init(
            tradeDate: tradeDate, kind: kind, isComplete: bytes[5] == 1, bucketCount: Int(bucketCount),
            regularGroups: regularGroups,
            values: numbers[..<SessionBuckets.valueCount].map { Double(bitPattern: $0) }, microPrice: microPrice)
    }
}
