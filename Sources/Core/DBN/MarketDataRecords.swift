import Units

/// A new record of the market-by-price family, without its levels. Layout: `MarketByPriceView`.
@frozen public struct MarketByPriceRecord: Hashable, BitwiseCopyable, Sendable {
    public var header: RecordHeader
    public var price: Price
    public var size: UInt32
    public var action: Action
    public var side: BookSide
    public var flags: RecordFlags
    /// The level that changed, 0 being the best.
    public var depth: UInt8
    public var receiveTime: Timestamp
    /// From the venue's sending to the receiving, in nanoseconds.
    public var sendTimeDelta: Int32
    public var sequence: UInt32

    @inlinable public init(
        header: RecordHeader, price: Price, size: UInt32, action: Action, side: BookSide, flags: RecordFlags = [],
        depth: UInt8 = 0, receiveTime: Timestamp, sendTimeDelta: Int32 = 0, sequence: UInt32 = 0
    ) {
        self.header = header
        self.price = price
        self.size = size
        self.action = action
        self.side = side
        self.flags = flags
        self.depth = depth
        self.receiveTime = receiveTime
        self.sendTimeDelta = sendTimeDelta
        self.sequence = sequence
    }

    /// Writes a `trades`, `mbp-1` or `mbp-10` record, by the number of levels, and returns its size.
    /// - Precondition: there are 0, 1 or 10 levels; `output` has room for the record, at any alignment.
    @inlinable @discardableResult
    public func write(levels: UnsafeBufferPointer<BidAskPair>, to output: UnsafeMutableRawPointer) -> Int {
        let type: RecordType
        switch levels.count {
        case 0: type = .trade
        case 1: type = .mbp1
        default:
            precondition(levels.count == 10, "there are 0, 1 or 10 levels")
            type = .mbp10
        }
        let byteCount = 48 + 32 * levels.count
        writeHead(type, byteCount: byteCount, to: output)
        if let first = levels.baseAddress {
            (output + 48).copyMemory(from: UnsafeRawPointer(first), byteCount: 32 * levels.count)
        }
        return byteCount
    }

    /// Writes the first 48 bytes; the caller writes the levels, at 48 + 32 times their index.
    @inlinable public func writeHead(_ type: RecordType, byteCount: Int, to output: UnsafeMutableRawPointer) {
        header.write(type, byteCount: byteCount, to: output)
        output.storeBytes(of: price.nanos, toByteOffset: 16, as: Int64.self)
        output.storeBytes(of: size, toByteOffset: 24, as: UInt32.self)
        output.storeBytes(of: action.rawValue, toByteOffset: 28, as: UInt8.self)
        output.storeBytes(of: side.rawValue, toByteOffset: 29, as: UInt8.self)
        output.storeBytes(of: flags.rawValue, toByteOffset: 30, as: UInt8.self)
        output.storeBytes(of: depth, toByteOffset: 31, as: UInt8.self)
        output.storeBytes(of: receiveTime.nanoseconds, toByteOffset: 32, as: UInt64.self)
        output.storeBytes(of: sendTimeDelta, toByteOffset: 40, as: Int32.self)
        output.storeBytes(of: sequence, toByteOffset: 44, as: UInt32.self)
    }
}

/// A new `mbo` record. Layout: `MarketByOrderView`.
@frozen public struct MarketByOrderRecord: Hashable, BitwiseCopyable, Sendable {
    public var header: RecordHeader
    public var orderID: UInt64
    public var price: Price
    public var size: UInt32
    public var action: Action
    public var side: BookSide
    public var flags: RecordFlags
    public var channelID: UInt8
    public var receiveTime: Timestamp
    public var sendTimeDelta: Int32
    public var sequence: UInt32

    @inlinable public init(
        header: RecordHeader, orderID: UInt64, price: Price, size: UInt32, action: Action, side: BookSide,
        flags: RecordFlags = [], channelID: UInt8 = .max, receiveTime: Timestamp, sendTimeDelta: Int32 = 0,
        sequence: UInt32 = 0
    ) {
        self.header = header
        self.orderID = orderID
        self.price = price
        self.size = size
        self.action = action
        self.side = side
        self.flags = flags
        self.channelID = channelID
        self.receiveTime = receiveTime
        self.sendTimeDelta = sendTimeDelta
        self.sequence = sequence
    }

    /// Writes the record and returns its size.
    @inlinable @discardableResult
    public func write(to output: UnsafeMutableRawPointer) -> Int {
        header.write(.mbo, byteCount: RecordByteCount.mbo, to: output)
        output.storeBytes(of: orderID, toByteOffset: 16, as: UInt64.self)
        output.storeBytes(of: price.nanos, toByteOffset: 24, as: Int64.self)
        output.storeBytes(of: size, toByteOffset: 32, as: UInt32.self)
        output.storeBytes(of: flags.rawValue, toByteOffset: 36, as: UInt8.self)
        output.storeBytes(of: channelID, toByteOffset: 37, as: UInt8.self)
        output.storeBytes(of: action.rawValue, toByteOffset: 38, as: UInt8.self)
        output.storeBytes(of: side.rawValue, toByteOffset: 39, as: UInt8.self)
        output.storeBytes(of: receiveTime.nanoseconds, toByteOffset: 40, as: UInt64.self)
        output.storeBytes(of: sendTimeDelta, toByteOffset: 48, as: Int32.self)
        output.storeBytes(of: sequence, toByteOffset: 52, as: UInt32.self)
        return RecordByteCount.mbo
    }
}

/// A new `ohlcv` record. Layout: `BarView`.
@frozen public struct BarRecord: Hashable, BitwiseCopyable, Sendable {
    /// `eventTime` is the start of the bar.
    public var header: RecordHeader
    public var open: Price
    public var high: Price
    public var low: Price
    public var close: Price
    public var volume: UInt64

    @inlinable public init(
        header: RecordHeader, open: Price, high: Price, low: Price, close: Price, volume: UInt64
    ) {
        self.header = header
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// Writes the record as one of the `.ohlcv…` types and returns its size.
    @inlinable @discardableResult
    public func write(_ type: RecordType, to output: UnsafeMutableRawPointer) -> Int {
        header.write(type, byteCount: RecordByteCount.ohlcv, to: output)
        output.storeBytes(of: open.nanos, toByteOffset: 16, as: Int64.self)
        output.storeBytes(of: high.nanos, toByteOffset: 24, as: Int64.self)
        output.storeBytes(of: low.nanos, toByteOffset: 32, as: Int64.self)
        output.storeBytes(of: close.nanos, toByteOffset: 40, as: Int64.self)
        output.storeBytes(of: volume, toByteOffset: 48, as: UInt64.self)
        return RecordByteCount.ohlcv
    }
}
