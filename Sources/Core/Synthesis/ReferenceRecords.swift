import DBN
import Units

/// The records of a session that are not book records: definitions, statuses, statistics. Few, made at the start.
struct ReferenceRecords {
    struct Entry {
        var receiveTime: UInt64
        var stream: SyntheticStream
        var bytes: [UInt8]
    }

    /// In the order in which they are received; of equal times, in the order of tapes.
    private(set) var entries: [Entry] = []

    /// The preliminary settlement of the day comes a quarter of an hour after 16:00 ET.
    static let settlementSecond = 58_500.0

    /// - Throws: `textNotEncodable` when a symbol is not ASCII or too long.
    init(_ parameters: SessionParameters, settlement: Ticks) throws(DBNError) {
        let contracts = [parameters.signal] + (parameters.traded.map { [$0] } ?? [])
        for contract in contracts {
            try addDefinition(parameters, contract)
            addStatistics(parameters, contract, settlement: settlement)
            addStatuses(parameters, contract)
        }
        let chain = SyntheticOption.chain(parameters)
        for option in chain { try addDefinition(parameters, option) }
        addOpenInterest(parameters, chain)
        entries.sort { ($0.receiveTime, $0.stream.rawValue) < ($1.receiveTime, $1.stream.rawValue) }
    }

    mutating func add(
        _ stream: SyntheticStream, _ receiveTime: Timestamp, count: Int, write: (UnsafeMutableRawPointer) -> Void
    ) {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { raw in raw.baseAddress.map(write) }
        entries.append(Entry(receiveTime: receiveTime.nanoseconds, stream: stream, bytes: bytes))
    }

    // MARK: Statuses

    private mutating func addStatuses(_ parameters: SessionParameters, _ contract: SyntheticContract) {
        func status(_ second: Double, _ action: StatusAction, _ reason: StatusReason, isTrading: Bool, isQuoting: Bool)
        {
            let time = parameters.instant(second)
            var record = StatusRecord(
                header: contract.header(time), receiveTime: time + .microseconds(95), action: action)
            record.reason = reason
            record.isTrading = isTrading ? .yes : .no
            record.isQuoting = isQuoting ? .yes : .no
            add(.status, record.receiveTime, count: RecordByteCount.status) { record.write(to: $0) }
        }
        let window = parameters.window
        status(DayShape.openSecond - 900, .preOpen, .scheduled, isTrading: false, isQuoting: true)
        status(DayShape.openSecond - 30, .preOpen, .scheduled, isTrading: false, isQuoting: true)
        // Received before the first book record of that instant: the open is known when trading starts.
        status(DayShape.openSecond - 1e-3, .trading, .scheduled, isTrading: true, isQuoting: true)
        for halt in parameters.halts where halt.start < window.end {
            status(halt.start, .halt, .marketEvent, isTrading: false, isQuoting: false)
            if halt.end < window.end {
                status(halt.end - 1e-3, .trading, .marketEvent, isTrading: true, isQuoting: true)
            }
        }
        if window.end >= DayShape.closeSecond {
            status(DayShape.closeSecond, .close, .scheduled, isTrading: false, isQuoting: false)
        }
    }

    // MARK: Statistics

    private mutating func addStatistics(
        _ parameters: SessionParameters, _ contract: SyntheticContract, settlement: Ticks
    ) {
        let isMicro = contract.multiplier < 50
        func statistic(
            _ second: Double, _ type: StatisticType, price: Price = .undefined, quantity: Int64? = nil, flags: UInt8,
            of day: Timestamp
        ) {
            let time = parameters.instant(second)
            var record = StatisticsRecord(
                header: contract.header(time), receiveTime: time + .microseconds(90), type: type)
            record.referenceTime = day
            record.price = price
            record.quantity = quantity ?? Undefined.statisticQuantity
            record.sequence = UInt32(entries.count + 1)
            record.sendTimeDelta = 14_000
            record.channelID = 0
            record.flags = flags
            add(.statistics, record.receiveTime, count: RecordByteCount.statistics) { record.write(to: $0) }
        }
        let previous = parameters.previousTradeDate
        let before = DayShape.openSecond - 890
        let tick = SyntheticContract.tick
        // The previous day: final settlement, cleared volume, open interest. Round numbers, not measured.
        statistic(before, .settlementPrice, price: tick.price(parameters.openingPrice), flags: 0b11, of: previous)
        statistic(before, .clearedVolume, quantity: isMicro ? 1_100_000 : 1_300_000, flags: 0x80, of: previous)
        statistic(before, .openInterest, quantity: isMicro ? 170_000 : 2_050_000, flags: 0x80, of: previous)
        if parameters.window.end >= Self.settlementSecond {
            let day = Timestamp.nanosecondsPerDay
            let today = Timestamp(nanoseconds: parameters.midnight.nanoseconds / day * day)
            statistic(Self.settlementSecond, .settlementPrice, price: tick.price(settlement), flags: 0b10, of: today)
        }
    }

    // MARK: Definitions

    private mutating func addDefinition(
        _ parameters: SessionParameters, _ contract: SyntheticContract
    ) throws(DBNError) {
        let preOpen = parameters.instant(DayShape.openSecond - 900)
        let tick = SyntheticContract.tick
        // 7 % of the reference, on the grid: the exchange's limits outside regular hours.
        let limit = Ticks(parameters.openingPrice.count * 7 / 100)
        var record = InstrumentDefinitionRecord(
            header: contract.header(preOpen - .milliseconds(1)), receiveTime: preOpen, rawSymbol: contract.symbol,
            instrumentClass: .future)
        record.asset = contract.root
        record.group = contract.root
        record.exchange = "XCME"
        record.securityType = "FUT"
        record.cfi = "FFIXSX"
        record.currency = "USD"
        record.unitOfMeasure = "IPNT"
        record.minimumPriceIncrement = Price(nanos: tick.nanos)
        // As the exchange has it: in display units, not dollars a tick.
        record.minimumPriceIncrementAmount = Price(nanos: contract.multiplier * 2_500_000)
        record.displayFactor = Price(nanos: 10_000_000)
        record.expiration = contract.expiration
        record.activation = contract.activation
        record.highLimitPrice = tick.price(parameters.openingPrice + limit)
        record.lowLimitPrice = tick.price(parameters.openingPrice - limit)
        record.unitOfMeasureQuantity = Price(nanos: contract.multiplier * 1_000_000_000)
        record.rawInstrumentID = UInt64(contract.instrumentID.raw)
        record.marketDepth = 10
        record.channelID = 0
        record.maturityYear = contract.maturityYear
        record.maturityMonth = contract.maturityMonth
        try add(record)
    }

    mutating func add(_ record: InstrumentDefinitionRecord) throws(DBNError) {
        var bytes = [UInt8](repeating: 0, count: RecordByteCount.instrumentDefinition)
        let outcome = bytes.withUnsafeMutableBytes { raw in
            Result { () throws(DBNError) in if let base = raw.baseAddress { try record.write(to: base) } }
        }
        try outcome.get()
        entries.append(Entry(receiveTime: record.receiveTime.nanoseconds, stream: .definition, bytes: bytes))
    }
}

extension SyntheticContract {
    static let tick = TickSize(nanos: 250_000_000)

    /// Publisher 1 is GLBX.MDP3.GLBX.
    fileprivate func header(_ eventTime: Timestamp) -> RecordHeader {
        RecordHeader(publisherID: 1, instrumentID: instrumentID, eventTime: eventTime)
    }
}
