/// Instrument definitions: the kind that changed most. Version 3 moved nearly every field, added the legs of spreads
/// and dropped four fields of the trading day.
extension DBNRecordLayout {
    static let instrumentDefinition = DBNRecordLayout(
        "InstrumentDef", byteCounts: (360, 400, 520),
        header(receiveTime: 16) + definitionPrices + definitionQuantities + definitionTexts + definitionCodes
            + definitionLegs)

    private static var definitionPrices: [RecordField] {
        [
            RecordField(
                "raw_symbol", .text, v1: .init(offset: 200, width: 22), v2: .init(offset: 200, width: 71),
                v3: .init(offset: 238, width: 71)),
            RecordField(
                "security_update_action", .character, 1, v1: 349, v2: 382, v3: 493,
                unset: UInt64(UInt8(ascii: "A"))),
            RecordField("instrument_class", .character, 1, v1: 325, v2: 374, v3: 487),
            RecordField("min_price_increment", .price, 8, v1: 24, v2: 24, v3: 24, unset: undefinedPrice),
            RecordField("display_factor", .price, 8, v1: 32, v2: 32, v3: 32, unset: undefinedPrice),
            RecordField("expiration", .timestamp, 8, v1: 40, v2: 40, v3: 40, unset: .max),
            RecordField("activation", .timestamp, 8, v1: 48, v2: 48, v3: 48, unset: .max),
            RecordField("high_limit_price", .price, 8, v1: 56, v2: 56, v3: 56, unset: undefinedPrice),
            RecordField("low_limit_price", .price, 8, v1: 64, v2: 64, v3: 64, unset: undefinedPrice),
            RecordField("max_price_variation", .price, 8, v1: 72, v2: 72, v3: 72, unset: undefinedPrice),
            RecordField(
                "trading_reference_price", .price, 8, v1: 80, v2: 80, v3: nil,
                unset: undefinedPrice, isDroppable: true),
            RecordField("unit_of_measure_qty", .price, 8, v1: 88, v2: 88, v3: 80, unset: undefinedPrice),
            RecordField("min_price_increment_amount", .price, 8, v1: 96, v2: 96, v3: 88, unset: undefinedPrice),
            RecordField("price_ratio", .price, 8, v1: 104, v2: 104, v3: 96, unset: undefinedPrice),
        ]
    }

    private static var definitionQuantities: [RecordField] {
        [
            RecordField("inst_attrib_value", .signed, 4, v1: 112, v2: 120, v3: 136, unset: UInt64(Int32.max)),
            RecordField("underlying_id", .unsigned, 4, v1: 116, v2: 124, v3: 140),
            RecordField(
                "raw_instrument_id", .unsigned, v1: .init(offset: 120, width: 4), v2: .init(offset: 128, width: 4),
                v3: .init(offset: 112, width: 8)),
            RecordField("market_depth_implied", .signed, 4, v1: 124, v2: 132, v3: 144, unset: UInt64(Int32.max)),
            RecordField("market_depth", .signed, 4, v1: 128, v2: 136, v3: 148, unset: UInt64(Int32.max)),
            RecordField(
                "market_segment_id", .unsigned, 4, v1: 132, v2: 140, v3: 152, unset: UInt64(UInt32.max)),
            RecordField("max_trade_vol", .unsigned, 4, v1: 136, v2: 144, v3: 156, unset: UInt64(UInt32.max)),
            RecordField("min_lot_size", .signed, 4, v1: 140, v2: 148, v3: 160, unset: UInt64(Int32.max)),
            RecordField("min_lot_size_block", .signed, 4, v1: 144, v2: 152, v3: 164, unset: UInt64(Int32.max)),
            RecordField("min_lot_size_round_lot", .signed, 4, v1: 148, v2: 156, v3: 168, unset: UInt64(Int32.max)),
            RecordField("min_trade_vol", .unsigned, 4, v1: 152, v2: 160, v3: 172, unset: UInt64(UInt32.max)),
            RecordField("contract_multiplier", .signed, 4, v1: 160, v2: 164, v3: 176, unset: UInt64(Int32.max)),
            RecordField("decay_quantity", .signed, 4, v1: 164, v2: 168, v3: 180, unset: UInt64(Int32.max)),
            RecordField("original_contract_size", .signed, 4, v1: 168, v2: 172, v3: 184, unset: UInt64(Int32.max)),
            RecordField(
                "trading_reference_date", .unsigned, 2, v1: 176, v2: 176, v3: nil,
                unset: 0xFFFF, isDroppable: true),
            RecordField("appl_id", .signed, 2, v1: 178, v2: 178, v3: 212, unset: UInt64(Int16.max)),
            RecordField("maturity_year", .unsigned, 2, v1: 180, v2: 180, v3: 214, unset: 0xFFFF),
            RecordField("decay_start_date", .unsigned, 2, v1: 182, v2: 182, v3: 216, unset: 0xFFFF),
            RecordField("channel_id", .unsigned, 2, v1: 184, v2: 184, v3: 218, unset: 0xFFFF),
        ]
    }

    private static var definitionTexts: [RecordField] {
        [
            RecordField("currency", .text, 4, v1: 186, v2: 186, v3: 224),
            RecordField("settl_currency", .text, 4, v1: 190, v2: 190, v3: 228),
            RecordField("secsubtype", .text, 6, v1: 194, v2: 194, v3: 232),
            RecordField("group", .text, 21, v1: 222, v2: 271, v3: 309),
            RecordField("exchange", .text, 5, v1: 243, v2: 292, v3: 330),
            RecordField(
                "asset", .text, v1: .init(offset: 248, width: 7), v2: .init(offset: 297, width: 7),
                v3: .init(offset: 335, width: 11)),
            RecordField("cfi", .text, 7, v1: 255, v2: 304, v3: 346),
            RecordField("security_type", .text, 7, v1: 262, v2: 311, v3: 353),
            RecordField("unit_of_measure", .text, 31, v1: 269, v2: 318, v3: 360),
            RecordField("underlying", .text, 21, v1: 300, v2: 349, v3: 391),
            RecordField("strike_price_currency", .text, 4, v1: 321, v2: 370, v3: 412),
            RecordField("strike_price", .price, 8, v1: 328, v2: 112, v3: 104, unset: undefinedPrice),
        ]
    }

    private static var definitionCodes: [RecordField] {
        [
            RecordField("match_algorithm", .character, 1, v1: 342, v2: 375, v3: 488, unset: UInt64(UInt8(ascii: " "))),
            RecordField(
                "md_security_trading_status", .unsigned, 1, v1: 343, v2: 376, v3: nil,
                unset: 0xFF, isDroppable: true),
            RecordField("main_fraction", .unsigned, 1, v1: 344, v2: 377, v3: 489, unset: 0xFF),
            RecordField("price_display_format", .unsigned, 1, v1: 345, v2: 378, v3: 490, unset: 0xFF),
            RecordField("settl_price_type", .unsigned, 1, v1: 346, v2: 379, v3: nil, unset: 0xFF, isDroppable: true),
            RecordField("sub_fraction", .unsigned, 1, v1: 347, v2: 380, v3: 491, unset: 0xFF),
            RecordField("underlying_product", .unsigned, 1, v1: 348, v2: 381, v3: 492, unset: 0xFF),
            RecordField("maturity_month", .unsigned, 1, v1: 350, v2: 383, v3: 494, unset: 0xFF),
            RecordField("maturity_day", .unsigned, 1, v1: 351, v2: 384, v3: 495, unset: 0xFF),
            RecordField("maturity_week", .unsigned, 1, v1: 352, v2: 385, v3: 496, unset: 0xFF),
            RecordField(
                "user_defined_instrument", .character, 1, v1: 353, v2: 386, v3: 497,
                unset: UInt64(UInt8(ascii: "N"))),
            RecordField("contract_multiplier_unit", .signed, 1, v1: 354, v2: 387, v3: 498, unset: UInt64(Int8.max)),
            RecordField("flow_schedule_type", .signed, 1, v1: 355, v2: 388, v3: 499, unset: UInt64(Int8.max)),
            RecordField("tick_rule", .unsigned, 1, v1: 356, v2: 389, v3: 500, unset: 0xFF),
        ]
    }

    private static var definitionLegs: [RecordField] {
        [
            RecordField("leg_count", .unsigned, 2, v1: nil, v2: nil, v3: 220),
            RecordField("leg_index", .unsigned, 2, v1: nil, v2: nil, v3: 222),
            RecordField("leg_instrument_id", .unsigned, 4, v1: nil, v2: nil, v3: 188),
            RecordField("leg_raw_symbol", .text, 71, v1: nil, v2: nil, v3: 416),
            RecordField("leg_instrument_class", .character, 1, v1: nil, v2: nil, v3: 501),
            RecordField("leg_side", .character, 1, v1: nil, v2: nil, v3: 502, unset: UInt64(UInt8(ascii: "N"))),
            RecordField("leg_price", .price, 8, v1: nil, v2: nil, v3: 120, unset: undefinedPrice),
            RecordField("leg_delta", .price, 8, v1: nil, v2: nil, v3: 128, unset: undefinedPrice),
            RecordField("leg_ratio_price_numerator", .signed, 4, v1: nil, v2: nil, v3: 192),
            RecordField("leg_ratio_price_denominator", .signed, 4, v1: nil, v2: nil, v3: 196),
            RecordField("leg_ratio_qty_numerator", .signed, 4, v1: nil, v2: nil, v3: 200),
            RecordField("leg_ratio_qty_denominator", .signed, 4, v1: nil, v2: nil, v3: 204),
            RecordField("leg_underlying_id", .unsigned, 4, v1: nil, v2: nil, v3: 208),
        ]
    }

    private static var undefinedPrice: UInt64 { RecordField.undefinedPrice }
}
