import DBN
import Testing
import Units

/// What the writers of new records leave, read back by name through the layout tables.
@Suite struct RecordWriterTests {
    static let header = RecordHeader(
        publisherID: 0x0102, instrumentID: InstrumentID(0x0304_0506), eventTime: Timestamp(nanoseconds: 7))

    /// Fields as JSON, which names every one of them.
    private func json(_ bytes: [UInt8], hasSendTime: Bool = false) throws -> String {
        try withRecord(bytes) { record in
            #expect(record.byteCount == bytes.count)
            var output: [UInt8] = []
            try #require(RecordFields(record, hasSendTime: hasSendTime)).appendJSONLine(to: &output)
            return String(decoding: output, as: UTF8.self)
        }
    }

    private static let headerJSON = "\"publisher_id\":258,\"instrument_id\":50595078"

    @Test(arguments: [0, 1, 10])
    func `market by price`(depth: Int) throws {
        let record = MarketByPriceRecord(
            header: Self.header, price: Price(nanos: -1), size: 2, action: .trade, side: .bid,
            flags: [.last, .topOfBook], depth: 3, receiveTime: Timestamp(nanoseconds: 4), sendTimeDelta: -5,
            sequence: 6)
        let levels = (0..<depth).map {
            BidAskPair(bidPrice: Int64($0), askPrice: 10, bidSize: 11, askSize: 12, bidCount: 13, askCount: 14)
        }
        let bytes = written { output in levels.withUnsafeBufferPointer { record.write(levels: $0, to: output) } }
        let rtype = [0: 0, 1: 1, 10: 10][depth] ?? -1
        var expected = "{\"ts_recv\":4,\"ts_event\":7,\"rtype\":\(rtype),\(Self.headerJSON)"
        expected += ",\"action\":\"T\",\"side\":\"B\",\"depth\":3,\"price\":-1,\"size\":2"
        expected += ",\"flags\":192,\"ts_in_delta\":-5,\"sequence\":6"
        for level in 0..<depth {
            expected += ",\"bid_px_0\(level)\":\(level),\"ask_px_0\(level)\":10,\"bid_sz_0\(level)\":11"
            expected += ",\"ask_sz_0\(level)\":12,\"bid_ct_0\(level)\":13,\"ask_ct_0\(level)\":14"
        }
        #expect(try json(bytes) == expected + "}\n")
    }

    @Test func `market by order and bars`() throws {
        let order = MarketByOrderRecord(
            header: Self.header, orderID: .max, price: .undefined, size: 2, action: .add, side: .ask, flags: .snapshot,
            channelID: 9, receiveTime: Timestamp(nanoseconds: 4), sendTimeDelta: 5, sequence: 6)
        #expect(
            try json(written { order.write(to: $0) })
                == "{\"ts_recv\":4,\"ts_event\":7,\"rtype\":160,\(Self.headerJSON),\"action\":\"A\",\"side\":\"A\""
                + ",\"price\":9223372036854775807,\"size\":2,\"channel_id\":9,\"order_id\":18446744073709551615"
                + ",\"flags\":32,\"ts_in_delta\":5,\"sequence\":6}\n")
        let bar = BarRecord(
            header: Self.header, open: Price(nanos: 1), high: Price(nanos: 2), low: Price(nanos: -3),
            close: Price(nanos: 4), volume: 5)
        #expect(
            try json(written { bar.write(.ohlcv1m, to: $0) })
                == "{\"ts_event\":7,\"rtype\":33,\(Self.headerJSON),\"open\":1,\"high\":2,\"low\":-3,\"close\":4"
                + ",\"volume\":5}\n")
    }

    @Test func `status and statistics`() throws {
        var status = StatusRecord(header: Self.header, receiveTime: Timestamp(nanoseconds: 4), action: .halt)
        status.reason = .scheduled
        status.tradingEvent = .noCancel
        status.isTrading = .no
        #expect(
            try json(written { status.write(to: $0) })
                == "{\"ts_recv\":4,\"ts_event\":7,\"rtype\":18,\(Self.headerJSON),\"action\":8,\"reason\":1"
                + ",\"trading_event\":1,\"is_trading\":\"N\",\"is_quoting\":\"~\""
                + ",\"is_short_sell_restricted\":\"~\"}\n")
        var statistics = StatisticsRecord(
            header: Self.header, receiveTime: Timestamp(nanoseconds: 4), type: .settlementPrice)
        statistics.price = Price(nanos: 5)
        #expect(
            try json(written { statistics.write(to: $0) })
                == "{\"ts_recv\":4,\"ts_event\":7,\"rtype\":24,\(Self.headerJSON),\"ts_ref\":18446744073709551615"
                + ",\"price\":5,\"quantity\":9223372036854775807,\"sequence\":0,\"ts_in_delta\":0,\"stat_type\":3"
                + ",\"channel_id\":65535,\"update_action\":1,\"stat_flags\":0}\n")
    }

    @Test func `messages of the gateway`() throws {
        let time = Timestamp(nanoseconds: 7)
        let none = "\"publisher_id\":0,\"instrument_id\":0"
        #expect(
            try json(try written { try ControlRecord.writeSystem(.heartbeat, "Heart\"beat\\", at: time, to: $0) })
                == "{\"ts_event\":7,\"rtype\":23,\(none),\"msg\":\"Heart\\\"beat\\\\\",\"code\":0}\n")
        #expect(
            try json(try written { try ControlRecord.writeError(.authenticationFailed, "no", at: time, to: $0) })
                == "{\"ts_event\":7,\"rtype\":21,\(none),\"err\":\"no\",\"code\":1,\"is_last\":1}\n")
        let mapping = SymbolMappingRecord(
            header: Self.header, inputType: .parent, inputSymbol: "ES.FUT", outputType: nil, outputSymbol: "ESZ6")
        #expect(
            try json(try written { try mapping.write(to: $0) })
                == "{\"ts_event\":7,\"rtype\":22,\(Self.headerJSON),\"stype_in\":4,\"stype_in_symbol\":\"ES.FUT\""
                + ",\"stype_out\":255,\"stype_out_symbol\":\"ESZ6\",\"start_ts\":18446744073709551615"
                + ",\"end_ts\":18446744073709551615}\n")
        let long = String(repeating: "x", count: 303)
        #expect(throws: DBNError.textNotEncodable(long, byteCountMax: 302)) {
            try written { try ControlRecord.writeSystem(.heartbeat, long, at: time, to: $0) }
        }
    }

    @Test func `a definition says what it was given and is unset elsewhere`() throws {
        var definition = InstrumentDefinitionRecord(
            header: Self.header, receiveTime: Timestamp(nanoseconds: 4), rawSymbol: "ESZ6", instrumentClass: .future)
        definition.asset = "ES"
        definition.exchange = "XCME"
        definition.currency = "USD"
        definition.minimumPriceIncrement = Price(nanos: 250_000_000)
        definition.unitOfMeasureQuantity = Price(nanos: 50_000_000_000)
        definition.maturityYear = 2026
        definition.maturityMonth = 12
        let bytes = try written { try definition.write(to: $0) }
        #expect(bytes.count == 520)
        withRecord(bytes) { record in
            let view = record.instrumentDefinition
            #expect(view.rawSymbol == "ESZ6")
            #expect(view.asset == "ES")
            #expect(view.exchange == "XCME")
            #expect(view.instrumentClass == .future)
            #expect(view.updateAction == .add)
            #expect(view.minimumPriceIncrement == Price(nanos: 250_000_000))
            #expect(view.unitOfMeasureQuantity == Price(nanos: 50_000_000_000))
            #expect(view.contractMultiplier == .max)
            #expect(view.strikePrice == .undefined)
            #expect(view.legCount == 0)
            #expect(view.legSide == .none)
            #expect(view.maturityMonth == 12)
            #expect(view.maturityDay == .max)
        }
        // The bytes of Databento's own InstrumentDefMsg with every optional field left out, after the texts.
        #expect(Array(bytes[487...]) == [70, 32, 255, 255, 255, 255, 65, 12, 255, 255, 78, 127, 127, 255, 0, 78]
            + [UInt8](repeating: 0, count: 17))
    }
}
