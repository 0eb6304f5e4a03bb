import Units

/// A new `status` record. Layout: `StatusView`.
public struct StatusRecord: Hashable, Sendable {
    public var header: RecordHeader
    public var receiveTime: Timestamp
    public var action: StatusAction
    public var reason = StatusReason.none
    public var tradingEvent = TradingEvent.none
    public var isTrading = TriState.notAvailable
    public var isQuoting = TriState.notAvailable
    public var isShortSellRestricted = TriState.notAvailable

    public init(header: RecordHeader, receiveTime: Timestamp, action: StatusAction) {
        self.header = header
        self.receiveTime = receiveTime
        self.action = action
    }

    /// Writes the record and returns its size.
    @discardableResult
    public func write(to output: UnsafeMutableRawPointer) -> Int {
        output.initializeMemory(as: UInt8.self, repeating: 0, count: RecordByteCount.status)
        header.write(.status, byteCount: RecordByteCount.status, to: output)
        output.storeBytes(of: receiveTime.nanoseconds, toByteOffset: 16, as: UInt64.self)
        output.storeBytes(of: action.rawValue, toByteOffset: 24, as: UInt16.self)
        output.storeBytes(of: reason.rawValue, toByteOffset: 26, as: UInt16.self)
        output.storeBytes(of: tradingEvent.rawValue, toByteOffset: 28, as: UInt16.self)
        output.storeBytes(of: isTrading.rawValue, toByteOffset: 30, as: UInt8.self)
        output.storeBytes(of: isQuoting.rawValue, toByteOffset: 31, as: UInt8.self)
        output.storeBytes(of: isShortSellRestricted.rawValue, toByteOffset: 32, as: UInt8.self)
        return RecordByteCount.status
    }
}

/// A new version 3 `statistics` record. Layout: `StatisticsView`.
public struct StatisticsRecord: Hashable, Sendable {
    public var header: RecordHeader
    public var receiveTime: Timestamp
    public var type: StatisticType
    /// The time the statistic is about.
    public var referenceTime = Timestamp.undefined
    public var price = Price.undefined
    public var quantity = Undefined.statisticQuantity
    public var sequence: UInt32 = 0
    public var sendTimeDelta: Int32 = 0
    public var channelID = Undefined.channelID
    public var update = StatisticUpdate.new
    public var flags: UInt8 = 0

    public init(header: RecordHeader, receiveTime: Timestamp, type: StatisticType) {
        self.header = header
        self.receiveTime = receiveTime
        self.type = type
    }

    /// Writes the record and returns its size.
    @discardableResult
    public func write(to output: UnsafeMutableRawPointer) -> Int {
        output.initializeMemory(as: UInt8.self, repeating: 0, count: RecordByteCount.statistics)
        header.write(.statistics, byteCount: RecordByteCount.statistics, to: output)
        output.storeBytes(of: receiveTime.nanoseconds, toByteOffset: 16, as: UInt64.self)
        output.storeBytes(of: referenceTime.nanoseconds, toByteOffset: 24, as: UInt64.self)
        output.storeBytes(of: price.nanos, toByteOffset: 32, as: Int64.self)
        output.storeBytes(of: quantity, toByteOffset: 40, as: Int64.self)
        output.storeBytes(of: sequence, toByteOffset: 48, as: UInt32.self)
        output.storeBytes(of: sendTimeDelta, toByteOffset: 52, as: Int32.self)
        output.storeBytes(of: type.rawValue, toByteOffset: 56, as: UInt16.self)
        output.storeBytes(of: channelID, toByteOffset: 58, as: UInt16.self)
        output.storeBytes(of: update.rawValue, toByteOffset: 60, as: UInt8.self)
        output.storeBytes(of: flags, toByteOffset: 61, as: UInt8.self)
        return RecordByteCount.statistics
    }
}
