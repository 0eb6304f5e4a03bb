import DBN

/// Records of a tape, one behind the other in memory, as a ring holds them.
struct RecordStore: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer
    private var used = 0
    private(set) var count = 0
    /// How many of them are `mbp-10`.
    private(set) var bookCount = 0

    /// - Parameter capacity: in records of the largest kind.
    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity * Self.largestRecord, alignment: 64)
    }

    deinit { bytes.deallocate() }

    /// A record's length is a byte, in units of four.
    private static let largestRecord = 4 * Int(UInt8.max)

    /// Copies a record behind the others; false when there is no room.
    mutating func append(_ record: RecordView) -> Bool {
        let size = record.byteCount
        guard used + size <= bytes.count, let place = bytes.baseAddress.map({ $0 + used }) else { return false }
        place.copyMemory(from: record.bytes, byteCount: size)
        used += size
        count += 1
        if record.type == .mbp10 { bookCount += 1 }
        return true
    }

    /// Hands out all records in order.
    @inline(__always)
    func forEach(_ body: (RecordView) -> Void) {
        guard let start = bytes.baseAddress else { return }
        var offset = 0
        while offset < used {
            let record = RecordView(start + offset)
            offset += record.byteCount
            body(record)
        }
    }
}
