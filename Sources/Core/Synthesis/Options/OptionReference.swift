import DBN
import Determinism
import MarketCalendar
import Units

// Definitions of the options, and their open interest at the end of the day before.
extension ReferenceRecords {
    /// As Databento's definitions of ES options have it: the multiplier is the quantity of the unit, and neither a
    /// contract multiplier nor a price increment is given.
    mutating func addDefinition(_ parameters: SessionParameters, _ option: SyntheticOption) throws(DBNError) {
        let expiry = parameters.expiries[option.expiry]
        let preOpen = parameters.instant(DayShape.openSecond - 900)
        var record = InstrumentDefinitionRecord(
            header: RecordHeader(
                publisherID: 1, instrumentID: option.instrumentID, eventTime: preOpen - .milliseconds(1)),
            receiveTime: preOpen, rawSymbol: option.symbol, instrumentClass: option.isCall ? .call : .put)
        record.asset = expiry.root
        record.group = expiry.root
        record.exchange = "XCME"
        record.securityType = "OOF"
        record.cfi = "O" + (option.isCall ? "C" : "P") + (expiry.isQuarterly ? "A" : "E") + "FPS"
        record.currency = "USD"
        record.unitOfMeasure = "IPNT"
        record.underlying = parameters.signal.symbol
        record.underlyingID = parameters.signal.instrumentID
        record.strikePrice = Price(nanos: option.strike * 1_000_000_000)
        record.displayFactor = Price(nanos: 10_000_000)
        record.expiration = expiry.expiration
        record.activation = expiry.expiration - .hours(24 * (expiry.isQuarterly ? 365 : 60))
        record.lowLimitPrice = Price(nanos: OptionQuote.unitNanos)
        record.unitOfMeasureQuantity = Price(nanos: parameters.signal.multiplier * 1_000_000_000)
        record.rawInstrumentID = UInt64(option.instrumentID.raw)
        record.marketDepth = 3
        record.channelID = 1
        record.maturityYear = UInt16(expiry.date.year)
        record.maturityMonth = UInt8(expiry.date.month)
        record.maturityDay = UInt8(expiry.date.day)
        try add(record)
    }

    /// One statistic a contract, of the previous trade date, before the open.
    mutating func addOpenInterest(_ parameters: SessionParameters, _ chain: [SyntheticOption]) {
        var random = SeededGenerator(seed: parameters.seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x01d1)
        let time = parameters.instant(DayShape.openSecond - 890)
        for option in chain {
            var record = StatisticsRecord(
                header: RecordHeader(publisherID: 1, instrumentID: option.instrumentID, eventTime: time),
                receiveTime: time + .microseconds(90), type: .openInterest)
            record.referenceTime = parameters.previousTradeDate
            record.price = .undefined
            record.quantity = Self.openInterest(parameters, option, &random)
            record.sequence = UInt32(entries.count + 1)
            record.sendTimeDelta = 14_000
            record.channelID = 1
            record.flags = 0x80
            add(.statistics, record.receiveTime, count: RecordByteCount.statistics) { record.write(to: $0) }
        }
    }

    /// Contracts. Most at round strikes a little out of the money, and in quarterlies.
    private static func openInterest(
        _ parameters: SessionParameters, _ option: SyntheticOption, _ random: inout SeededGenerator
    ) -> Int64 {
        let expiry = parameters.expiries[option.expiry]
        let price = Double(parameters.openingPrice.count) * 0.25
        let years = (expiry.expiration - parameters.midnight).seconds / SyntheticSmile.secondsPerYear
        let distance = (Double(option.strike) - price) / (price * 0.15 * years.squareRoot())
        // Standard deviations out of the money.
        let out = option.isCall ? distance : -distance
        let place = DeterministicMath.exp(-0.35 * (out - 0.8) * (out - 0.8))
        let roundness = option.strike % 100 == 0 ? 3 : option.strike % 50 == 0 ? 1.8 : option.strike % 25 == 0 ? 1 : 0.3
        let usual = (expiry.isQuarterly ? 6_000 : 1_400) * roundness * (place + 0.04)
        return Int64(usual * DeterministicMath.exp(0.6 * random.normal()))
    }
}
