import DBN
import Testing
import Units

@Suite struct RecordTextTests {
    private func text(_ bytes: [UInt8], _ append: (RecordFields, inout [UInt8]) -> Void) throws -> String {
        try withRecord(bytes) { record in
            var output: [UInt8] = []
            append(try #require(RecordFields(record)), &output)
            return String(decoding: output, as: UTF8.self)
        }
    }

    @Test func `CSV has a header and quotes what needs quotes`() throws {
        let bytes = try written {
            try ControlRecord.writeSystem(.unset, "a, \"b\"", at: Timestamp(nanoseconds: 1), to: $0)
        }
        let header = try text(bytes) { $0.appendCSVHeader(to: &$1) }
        #expect(header == "ts_event,rtype,publisher_id,instrument_id,msg,code\n")
        #expect(try text(bytes) { $0.appendCSVRow(to: &$1) } == "1,23,0,0,\"a, \"\"b\"\"\",255\n")
    }

    @Test func `JSON escapes controls and bytes that are not ASCII`() throws {
        var bytes = try written { try ControlRecord.writeSystem(.unset, "a\n\tz", at: .undefined, to: $0) }
        bytes[19] = 0xE9
        #expect(
            try text(bytes) { $0.appendJSONLine(to: &$1) }
                == "{\"ts_event\":18446744073709551615,\"rtype\":23,\"publisher_id\":0,\"instrument_id\":0"
                + ",\"msg\":\"a\\u000a\\u0009\\u00e9\",\"code\":255}\n")
    }

    @Test func `the extremes of every integer are written in full`() throws {
        var record = StatisticsRecord(
            header: RecordHeader(publisherID: .max, instrumentID: InstrumentID(.max), eventTime: .undefined),
            receiveTime: Timestamp(nanoseconds: 0), type: StatisticType(rawValue: .max))
        record.price = Price(nanos: .min)
        record.quantity = .min
        record.sendTimeDelta = .min
        record.sequence = .max
        let bytes = written { record.write(to: $0) }
        #expect(
            try text(bytes) { $0.appendCSVRow(to: &$1) }
                == "0,18446744073709551615,24,65535,4294967295,18446744073709551615,-9223372036854775808"
                + ",-9223372036854775808,4294967295,-2147483648,65535,65535,1,0\n")
    }

    @Test func `differences name the fields that differ`() throws {
        var record = StatusRecord(
            header: RecordHeader(publisherID: 1, instrumentID: InstrumentID(1), eventTime: .undefined),
            receiveTime: .undefined, action: .halt)
        let one = written { record.write(to: $0) }
        record.reason = .scheduled
        record.isTrading = .yes
        let other = written { record.write(to: $0) }
        try withRecord(one) { one in
            try withRecord(other) { other in
                let fields = try #require(RecordFields(one))
                #expect(try fields.differences(from: #require(RecordFields(other))) == ["reason", "is_trading"])
                #expect(try fields.differences(from: #require(RecordFields(one))).isEmpty)
                #expect(fields["no_such_field"] == nil)
            }
        }
    }

    @Test func `codes have names, and numbers without one stay readable`() {
        #expect(Action.fill.name == "fill")
        #expect(Action(rawValue: 1).name == "action-1")
        #expect(BookSide.bid.name == "bid")
        #expect(StatusAction.notAvailableForTrading.name == "not_available_for_trading")
        #expect(StatusAction(rawValue: 16).name == "action-16")
        #expect(StatusReason(rawValue: 130).name == "quotation_not_available")
        #expect(StatusReason(rawValue: 7).name == "reason-7")
        #expect(TradingEvent.impliedMatchingOff.name == "implied_matching_off")
        #expect(StatisticType.openInterest.name == "open_interest")
        #expect(StatisticType(rawValue: 10_002).name == "venue_specific_price_1")
        #expect(InstrumentClass.optionSpread.name == "option_spread")
        #expect(SystemCode.endOfInterval.name == "end_of_interval")
        #expect(ErrorCode.replayDataAgedOut.name == "replay_data_aged_out")
        #expect(ErrorCode(rawValue: 77).name == "error-77")
    }
}
