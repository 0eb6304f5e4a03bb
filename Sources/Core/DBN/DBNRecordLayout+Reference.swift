/// Session states, statistics, auctions and the messages of the gateway itself.
extension DBNRecordLayout {
    static let status = DBNRecordLayout(
        "Status", byteCount: 40,
        header(receiveTime: 16) + [
            .u16("action", 24), .u16("reason", 26), .u16("trading_event", 28),
            .character("is_trading", 30, unset: tilde), .character("is_quoting", 31, unset: tilde),
            .character("is_short_sell_restricted", 32, unset: tilde),
        ])

    /// `quantity` grew to 64 bits in version 3; "undefined" is the largest value of either width.
    static let statistics = DBNRecordLayout(
        "Stat", byteCounts: (64, 64, 80),
        header(receiveTime: 16) + [
            .time("ts_ref", 24), .price("price", 32),
            RecordField(
                "quantity", .signed, v1: .init(offset: 40, width: 4), v2: .init(offset: 40, width: 4),
                v3: .init(offset: 40, width: 8), unset: UInt64(Int64.max)),
            RecordField("sequence", .unsigned, 4, v1: 44, v2: 44, v3: 48),
            RecordField("ts_in_delta", .signed, 4, v1: 48, v2: 48, v3: 52),
            RecordField("stat_type", .unsigned, 2, v1: 52, v2: 52, v3: 56),
            RecordField("channel_id", .unsigned, 2, v1: 54, v2: 54, v3: 58, unset: UInt64(UInt16.max)),
            RecordField("update_action", .unsigned, 1, v1: 56, v2: 56, v3: 60, unset: 1),
            RecordField("stat_flags", .unsigned, 1, v1: 57, v2: 57, v3: 61),
        ])

    static let imbalance = DBNRecordLayout(
        "Imbalance", byteCount: 112,
        header(receiveTime: 16) + [
            .price("ref_price", 24), .time("auction_time", 32), .price("cont_book_clr_price", 40),
            .price("auct_interest_clr_price", 48), .price("ssr_filling_price", 56), .price("ind_match_price", 64),
            .price("upper_collar", 72), .price("lower_collar", 80), .u32("paired_qty", 88),
            .u32("total_imbalance_qty", 92), .u32("market_imbalance_qty", 96), .u32("unpaired_qty", 100),
            .character("auction_type", 104, unset: tilde), .character("side", 105, unset: UInt8(ascii: "N")),
            .u8("auction_status", 106), .u8("freeze_status", 107), .u8("num_extensions", 108),
            .character("unpaired_side", 109, unset: UInt8(ascii: "N")),
            .character("significant_imbalance", 110, unset: tilde),
        ])

    /// Version 1 says with words alone what later versions also say with a code.
    static let error = DBNRecordLayout(
        "Error", byteCounts: (80, 320, 320),
        header() + [
            RecordField(
                "err", .text, v1: .init(offset: 16, width: 64), v2: .init(offset: 16, width: 302),
                v3: .init(offset: 16, width: 302)),
            RecordField("code", .unsigned, 1, v1: nil, v2: 318, v3: 318, unset: 0xFF, isDroppable: true),
            RecordField("is_last", .unsigned, 1, v1: nil, v2: 319, v3: 319, unset: 0xFF, isDroppable: true),
        ])

    static let system = DBNRecordLayout(
        "System", byteCounts: (80, 320, 320),
        header() + [
            RecordField(
                "msg", .text, v1: .init(offset: 16, width: 64), v2: .init(offset: 16, width: 303),
                v3: .init(offset: 16, width: 303)),
            RecordField("code", .unsigned, 1, v1: nil, v2: 319, v3: 319, unset: 0xFF, isDroppable: true),
        ])

    static let symbolMapping = DBNRecordLayout(
        "SymbolMapping", byteCounts: (80, 176, 176),
        header() + [
            RecordField("stype_in", .unsigned, 1, v1: nil, v2: 16, v3: 16, unset: 0xFF, isDroppable: true),
            RecordField(
                "stype_in_symbol", .text, v1: .init(offset: 16, width: 22), v2: .init(offset: 17, width: 71),
                v3: .init(offset: 17, width: 71)),
            RecordField("stype_out", .unsigned, 1, v1: nil, v2: 88, v3: 88, unset: 0xFF, isDroppable: true),
            RecordField(
                "stype_out_symbol", .text, v1: .init(offset: 38, width: 22), v2: .init(offset: 89, width: 71),
                v3: .init(offset: 89, width: 71)),
            RecordField("start_ts", .timestamp, 8, v1: 64, v2: 160, v3: 160, unset: .max),
            RecordField("end_ts", .timestamp, 8, v1: 72, v2: 168, v3: 168, unset: .max),
        ])

    /// Databento's "not available" among `Y` and `N`.
    static let tilde = UInt8(ascii: "~")
}
