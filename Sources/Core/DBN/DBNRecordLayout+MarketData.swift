/// The kinds that carry books, trades and bars. All are the same in every version.
extension DBNRecordLayout {
    static let trade = DBNRecordLayout("Trade", byteCount: 48, marketByPriceHead())
    static let mbp1 = DBNRecordLayout("Mbp1", byteCount: 80, marketByPriceHead() + levels(1))
    static let mbp10 = DBNRecordLayout("Mbp10", byteCount: 368, marketByPriceHead() + levels(10))

    static let mbo = DBNRecordLayout(
        "Mbo", byteCount: 56,
        header(receiveTime: 40) + [
            .character("action", 38), .character("side", 39), .price("price", 24), .u32("size", 32),
            .u8("channel_id", 37), .u64("order_id", 16), .u8("flags", 36), .i32("ts_in_delta", 48),
            .u32("sequence", 52),
        ])

    static let cmbp1 = DBNRecordLayout(
        "Cmbp1", byteCount: 80,
        header(receiveTime: 32) + [
            .character("action", 28), .character("side", 29), .price("price", 16), .u32("size", 24), .u8("flags", 30),
            .i32("ts_in_delta", 40),
        ] + consolidatedLevel())

    static let bbo = DBNRecordLayout(
        "Bbo", byteCount: 80,
        header(receiveTime: 32) + [
            .character("side", 29), .price("price", 16), .u32("size", 24), .u8("flags", 30), .u32("sequence", 44),
        ] + levels(1))

    static let cbbo = DBNRecordLayout(
        "Cbbo", byteCount: 80,
        header(receiveTime: 32) + [
            .character("side", 29), .price("price", 16), .u32("size", 24), .u8("flags", 30),
        ] + consolidatedLevel())

    static let ohlcv = DBNRecordLayout(
        "Ohlcv", byteCount: 56,
        header() + [
            .price("open", 16), .price("high", 24), .price("low", 32), .price("close", 40), .u64("volume", 48),
        ])

    /// The fields every record begins with. Those with a receive time show it first.
    static func header(receiveTime: Int? = nil) -> [RecordField] {
        let received: [RecordField] = receiveTime.map { [.time("ts_recv", $0)] } ?? []
        return received + [
            .time("ts_event", 8), .u8("rtype", 1), .u16("publisher_id", 2), .u32("instrument_id", 4),
        ]
    }

    private static func marketByPriceHead() -> [RecordField] {
        header(receiveTime: 32) + [
            .character("action", 28), .character("side", 29), .u8("depth", 31), .price("price", 16), .u32("size", 24),
            .u8("flags", 30), .i32("ts_in_delta", 40), .u32("sequence", 44),
        ]
    }

    private static func levels(_ count: Int) -> [RecordField] {
        (0..<count).flatMap { level -> [RecordField] in
            let offset = 48 + 32 * level
            let suffix = "_0\(level)"
            return [
                .price("bid_px" + suffix, offset), .price("ask_px" + suffix, offset + 8),
                .u32("bid_sz" + suffix, offset + 16), .u32("ask_sz" + suffix, offset + 20),
                .u32("bid_ct" + suffix, offset + 24), .u32("ask_ct" + suffix, offset + 28),
            ]
        }
    }

    /// A level that names the venues of its best bid and offer instead of counting orders.
    private static func consolidatedLevel() -> [RecordField] {
        [
            .price("bid_px_00", 48), .price("ask_px_00", 56), .u32("bid_sz_00", 64), .u32("ask_sz_00", 68),
            .u16("bid_pb_00", 72), .u16("ask_pb_00", 76),
        ]
    }
}
