import DBN
import Determinism
import Testing
import Units

/// The hand-written views against the layout tables, on records of random bytes.
@Suite struct RecordViewTests {
    /// What the table says of a field, as 64 bits; texts as their length and sum.
    private func table(_ fields: RecordFields, _ name: String) throws -> UInt64 {
        switch try #require(fields[name], "\(name)") {
        case .unsigned(let value): value
        case .signed(let value): UInt64(bitPattern: value)
        case .price(let price): UInt64(bitPattern: price.nanos)
        case .timestamp(let time): time.nanoseconds
        case .character(let byte): UInt64(byte)
        case .text(let bytes): Self.digest(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(UInt64(text.utf8.count)) { $0 &* 31 &+ UInt64($1) }
    }

    private func check(_ type: RecordType, _ views: [(String, (RecordView) -> UInt64)]) throws {
        for seed in UInt64(0)..<4 {
            var generator = SeededGenerator(seed: seed)
            // One byte in front: views must not need alignment.
            let bytes = [0] + RecordBytes.random(type, version: 3, &generator)
            try bytes.withUnsafeBytes { buffer in
                let record = RecordView(try #require(buffer.baseAddress) + 1)
                let fields = try #require(RecordFields(record))
                for (name, view) in views {
                    #expect(try view(record) == table(fields, name), "\(type.name) \(name) seed \(seed)")
                }
                #expect(try record.eventTime.nanoseconds == table(fields, "ts_event"))
                #expect(try UInt64(record.publisherID) == table(fields, "publisher_id"))
                #expect(try UInt64(record.instrumentID.raw) == table(fields, "instrument_id"))
                let received = fields["ts_recv"] == nil ? "ts_event" : "ts_recv"
                #expect(try record.receiveTime.nanoseconds == table(fields, received), "\(type.name)")
            }
        }
    }

    private func signed<T: BinaryInteger>(_ value: T) -> UInt64 { UInt64(truncatingIfNeeded: value) }

    @Test func `market by price and by order`() throws {
        for (type, depth) in [(RecordType.trade, 0), (.mbp1, 1), (.mbp10, 10)] {
            var views: [(String, (RecordView) -> UInt64)] = [
                ("price", { signed($0.marketByPrice.price.nanos) }), ("size", { UInt64($0.marketByPrice.size) }),
                ("action", { UInt64($0.marketByPrice.action.rawValue) }),
                ("side", { UInt64($0.marketByPrice.side.rawValue) }),
                ("flags", { UInt64($0.marketByPrice.flags.rawValue) }), ("depth", { UInt64($0.marketByPrice.depth) }),
                ("ts_recv", { $0.marketByPrice.receiveTime.nanoseconds }),
                ("ts_in_delta", { signed($0.marketByPrice.sendTimeDelta) }),
                ("sequence", { UInt64($0.marketByPrice.sequence) }),
            ]
            for index in 0..<depth {
                views += [
                    ("bid_px_0\(index)", { signed($0.marketByPrice.level(index).bidPrice) }),
                    ("ask_px_0\(index)", { signed($0.marketByPrice.level(index).askPrice) }),
                    ("bid_sz_0\(index)", { UInt64($0.marketByPrice.level(index).bidSize) }),
                    ("ask_sz_0\(index)", { UInt64($0.marketByPrice.level(index).askSize) }),
                    ("bid_ct_0\(index)", { UInt64($0.marketByPrice.level(index).bidCount) }),
                    ("ask_ct_0\(index)", { UInt64($0.marketByPrice.level(index).askCount) }),
                ]
            }
            try check(type, views)
        }
        try check(
            .mbo,
            [
                ("order_id", { $0.marketByOrder.orderID }), ("price", { signed($0.marketByOrder.price.nanos) }),
                ("size", { UInt64($0.marketByOrder.size) }), ("flags", { UInt64($0.marketByOrder.flags.rawValue) }),
                ("channel_id", { UInt64($0.marketByOrder.channelID) }),
                ("action", { UInt64($0.marketByOrder.action.rawValue) }),
                ("side", { UInt64($0.marketByOrder.side.rawValue) }),
                ("ts_recv", { $0.marketByOrder.receiveTime.nanoseconds }),
                ("ts_in_delta", { signed($0.marketByOrder.sendTimeDelta) }),
                ("sequence", { UInt64($0.marketByOrder.sequence) }),
            ])
    }

    @Test func `quotes and bars`() throws {
        for type in [RecordType.bbo1s, .bbo1m] {
            try check(
                type,
                [
                    ("price", { signed($0.bestQuote.price.nanos) }), ("size", { UInt64($0.bestQuote.size) }),
                    ("side", { UInt64($0.bestQuote.side.rawValue) }),
                    ("flags", { UInt64($0.bestQuote.flags.rawValue) }),
                    ("ts_recv", { $0.bestQuote.receiveTime.nanoseconds }),
                    ("sequence", { UInt64($0.bestQuote.sequence) }),
                    ("ask_ct_00", { UInt64($0.bestQuote.level.askCount) }),
                ])
        }
        for type in [RecordType.cmbp1, .tcbbo, .cbbo1s, .cbbo1m] {
            var views: [(String, (RecordView) -> UInt64)] = [
                ("price", { signed($0.consolidatedQuote.price.nanos) }),
                ("size", { UInt64($0.consolidatedQuote.size) }),
                ("side", { UInt64($0.consolidatedQuote.side.rawValue) }),
                ("flags", { UInt64($0.consolidatedQuote.flags.rawValue) }),
                ("ts_recv", { $0.consolidatedQuote.receiveTime.nanoseconds }),
                ("bid_px_00", { signed($0.consolidatedQuote.bidPrice.nanos) }),
                ("ask_px_00", { signed($0.consolidatedQuote.askPrice.nanos) }),
                ("bid_sz_00", { UInt64($0.consolidatedQuote.bidSize) }),
                ("ask_sz_00", { UInt64($0.consolidatedQuote.askSize) }),
                ("bid_pb_00", { UInt64($0.consolidatedQuote.bidPublisherID) }),
                ("ask_pb_00", { UInt64($0.consolidatedQuote.askPublisherID) }),
            ]
            if type == .cmbp1 || type == .tcbbo {
                views += [
                    ("action", { UInt64($0.consolidatedQuote.action.rawValue) }),
                    ("ts_in_delta", { signed($0.consolidatedQuote.sendTimeDelta) }),
                ]
            }
            try check(type, views)
        }
        try check(
            .ohlcv1m,
            [
                ("open", { signed($0.bar.open.nanos) }), ("high", { signed($0.bar.high.nanos) }),
                ("low", { signed($0.bar.low.nanos) }), ("close", { signed($0.bar.close.nanos) }),
                ("volume", { $0.bar.volume }),
            ])
    }

    @Test func `status, statistics and imbalance`() throws {
        try check(
            .status,
            [
                ("ts_recv", { $0.status.receiveTime.nanoseconds }), ("action", { UInt64($0.status.action.rawValue) }),
                ("reason", { UInt64($0.status.reason.rawValue) }),
                ("trading_event", { UInt64($0.status.tradingEvent.rawValue) }),
                ("is_trading", { UInt64($0.status.isTrading.rawValue) }),
                ("is_quoting", { UInt64($0.status.isQuoting.rawValue) }),
                ("is_short_sell_restricted", { UInt64($0.status.isShortSellRestricted.rawValue) }),
            ])
        try check(
            .statistics,
            [
                ("ts_recv", { $0.statistics.receiveTime.nanoseconds }),
                ("ts_ref", { $0.statistics.referenceTime.nanoseconds }),
                ("price", { signed($0.statistics.price.nanos) }), ("quantity", { signed($0.statistics.quantity) }),
                ("sequence", { UInt64($0.statistics.sequence) }),
                ("ts_in_delta", { signed($0.statistics.sendTimeDelta) }),
                ("stat_type", { UInt64($0.statistics.type.rawValue) }),
                ("channel_id", { UInt64($0.statistics.channelID) }),
                ("update_action", { UInt64($0.statistics.update.rawValue) }),
                ("stat_flags", { UInt64($0.statistics.flags) }),
            ])
        try check(
            .imbalance,
            [
                ("ts_recv", { $0.imbalance.receiveTime.nanoseconds }),
                ("ref_price", { signed($0.imbalance.referencePrice.nanos) }),
                ("auction_time", { $0.imbalance.auctionTime.nanoseconds }),
                ("cont_book_clr_price", { signed($0.imbalance.continuousBookClearingPrice.nanos) }),
                ("auct_interest_clr_price", { signed($0.imbalance.auctionClearingPrice.nanos) }),
                ("ind_match_price", { signed($0.imbalance.indicativeMatchPrice.nanos) }),
                ("upper_collar", { signed($0.imbalance.upperCollar.nanos) }),
                ("lower_collar", { signed($0.imbalance.lowerCollar.nanos) }),
                ("paired_qty", { UInt64($0.imbalance.pairedQuantity) }),
                ("total_imbalance_qty", { UInt64($0.imbalance.totalImbalance) }),
                ("auction_type", { UInt64($0.imbalance.auctionType) }),
                ("side", { UInt64($0.imbalance.side.rawValue) }),
            ])
    }

    @Test func `definitions`() throws {
        let texts: [(String, (RecordView) -> String)] = [
            ("raw_symbol", { $0.instrumentDefinition.rawSymbol }), ("asset", { $0.instrumentDefinition.asset }),
            ("group", { $0.instrumentDefinition.group }), ("exchange", { $0.instrumentDefinition.exchange }),
            ("security_type", { $0.instrumentDefinition.securityType }),
            ("currency", { $0.instrumentDefinition.currency }),
            ("unit_of_measure", { $0.instrumentDefinition.unitOfMeasure }),
            ("underlying", { $0.instrumentDefinition.underlying }),
            ("leg_raw_symbol", { $0.instrumentDefinition.legRawSymbol }),
        ]
        let numbers: [(String, (RecordView) -> UInt64)] = [
            ("ts_recv", { $0.instrumentDefinition.receiveTime.nanoseconds }),
            ("instrument_class", { UInt64($0.instrumentDefinition.instrumentClass.rawValue) }),
            ("security_update_action", { UInt64($0.instrumentDefinition.updateAction.rawValue) }),
            ("min_price_increment", { signed($0.instrumentDefinition.minimumPriceIncrement.nanos) }),
            ("display_factor", { signed($0.instrumentDefinition.displayFactor.nanos) }),
            ("expiration", { $0.instrumentDefinition.expiration.nanoseconds }),
            ("activation", { $0.instrumentDefinition.activation.nanoseconds }),
            ("high_limit_price", { signed($0.instrumentDefinition.highLimitPrice.nanos) }),
            ("low_limit_price", { signed($0.instrumentDefinition.lowLimitPrice.nanos) }),
            ("unit_of_measure_qty", { signed($0.instrumentDefinition.unitOfMeasureQuantity.nanos) }),
            ("strike_price", { signed($0.instrumentDefinition.strikePrice.nanos) }),
            ("raw_instrument_id", { $0.instrumentDefinition.rawInstrumentID }),
            ("underlying_id", { UInt64($0.instrumentDefinition.underlyingID.raw) }),
            ("contract_multiplier", { signed($0.instrumentDefinition.contractMultiplier) }),
            ("original_contract_size", { signed($0.instrumentDefinition.originalContractSize) }),
            ("maturity_year", { UInt64($0.instrumentDefinition.maturityYear) }),
            ("maturity_month", { UInt64($0.instrumentDefinition.maturityMonth) }),
            ("maturity_day", { UInt64($0.instrumentDefinition.maturityDay) }),
            ("leg_count", { UInt64($0.instrumentDefinition.legCount) }),
            ("leg_index", { UInt64($0.instrumentDefinition.legIndex) }),
            ("leg_instrument_id", { UInt64($0.instrumentDefinition.legInstrumentID.raw) }),
            ("leg_side", { UInt64($0.instrumentDefinition.legSide.rawValue) }),
        ]
        try check(
            .instrumentDefinition, numbers + texts.map { name, text in (name, { Self.digest(text($0)) }) })
    }

    @Test func `messages of the gateway`() throws {
        try check(
            .system,
            [
                ("msg", { Self.digest($0.systemMessage.message) }),
                ("code", { UInt64($0.systemMessage.code.rawValue) }),
            ])
        try check(
            .error,
            [
                ("err", { Self.digest($0.errorMessage.message) }), ("code", { UInt64($0.errorMessage.code.rawValue) }),
                ("is_last", { UInt64($0.errorMessage.isLast) }),
            ])
        try check(
            .symbolMapping,
            [
                ("stype_in", { UInt64($0.symbolMapping.inputType?.rawValue ?? 0xFF) }),
                ("stype_in_symbol", { Self.digest($0.symbolMapping.inputSymbol) }),
                ("stype_out", { UInt64($0.symbolMapping.outputType?.rawValue ?? 0xFF) }),
                ("stype_out_symbol", { Self.digest($0.symbolMapping.outputSymbol) }),
                ("start_ts", { $0.symbolMapping.start.nanoseconds }),
                ("end_ts", { $0.symbolMapping.end.nanoseconds }),
            ])
    }
}
