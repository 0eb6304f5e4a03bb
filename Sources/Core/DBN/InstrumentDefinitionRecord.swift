import Units

/// A new version 3 instrument definition. What is not set here is written as "unset". Layout:
/// `InstrumentDefinitionView`.
public struct InstrumentDefinitionRecord: Hashable, Sendable {
    public var header: RecordHeader
    public var receiveTime: Timestamp
    public var rawSymbol: String
    public var instrumentClass: InstrumentClass
    public var updateAction = SecurityUpdateAction.add
    public var asset = ""
    public var group = ""
    public var exchange = ""
    public var securityType = ""
    public var cfi = ""
    public var currency = ""
    public var unitOfMeasure = ""
    public var underlying = ""
    public var minimumPriceIncrement = Price.undefined
    public var minimumPriceIncrementAmount = Price.undefined
    /// In 1e-9.
    public var displayFactor = Price.undefined
    public var expiration = Timestamp.undefined
    public var activation = Timestamp.undefined
    public var highLimitPrice = Price.undefined
    public var lowLimitPrice = Price.undefined
    /// In 1e-9; of CME futures the money multiplier.
    public var unitOfMeasureQuantity = Price.undefined
    public var strikePrice = Price.undefined
    public var rawInstrumentID: UInt64 = 0
    public var underlyingID = InstrumentID(0)
    public var marketDepth = Int32.max
    public var contractMultiplier = Int32.max
    public var channelID = Undefined.channelID
    public var maturityYear = UInt16.max
    public var maturityMonth = UInt8.max
    public var maturityDay = UInt8.max

    public init(
        header: RecordHeader, receiveTime: Timestamp, rawSymbol: String, instrumentClass: InstrumentClass
    ) {
        self.header = header
        self.receiveTime = receiveTime
        self.rawSymbol = rawSymbol
        self.instrumentClass = instrumentClass
    }

    /// Writes the record and returns its size.
    /// - Throws: `textNotEncodable` when a text is not ASCII or too long for its field.
    @discardableResult
    public func write(to output: UnsafeMutableRawPointer) throws(DBNError) -> Int {
        DBNRecordLayout.instrumentDefinition.writeUnset(to: output)
        header.write(.instrumentDefinition, byteCount: RecordByteCount.instrumentDefinition, to: output)
        try writeTexts(to: output)
        writeNumbers(to: output)
        return RecordByteCount.instrumentDefinition
    }

    private func writeTexts(to output: UnsafeMutableRawPointer) throws(DBNError) {
        try output.storeText(currency, at: 224, byteCount: 4)
        try output.storeText(currency, at: 228, byteCount: 4)
        try output.storeText(rawSymbol, at: 238, byteCount: 71)
        try output.storeText(group, at: 309, byteCount: 21)
        try output.storeText(exchange, at: 330, byteCount: 5)
        try output.storeText(asset, at: 335, byteCount: 11)
        try output.storeText(cfi, at: 346, byteCount: 7)
        try output.storeText(securityType, at: 353, byteCount: 7)
        try output.storeText(unitOfMeasure, at: 360, byteCount: 31)
        try output.storeText(underlying, at: 391, byteCount: 21)
    }

    private func writeNumbers(to output: UnsafeMutableRawPointer) {
        output.storeBytes(of: receiveTime.nanoseconds, toByteOffset: 16, as: UInt64.self)
        output.storeBytes(of: minimumPriceIncrement.nanos, toByteOffset: 24, as: Int64.self)
        output.storeBytes(of: displayFactor.nanos, toByteOffset: 32, as: Int64.self)
        output.storeBytes(of: expiration.nanoseconds, toByteOffset: 40, as: UInt64.self)
        output.storeBytes(of: activation.nanoseconds, toByteOffset: 48, as: UInt64.self)
        output.storeBytes(of: highLimitPrice.nanos, toByteOffset: 56, as: Int64.self)
        output.storeBytes(of: lowLimitPrice.nanos, toByteOffset: 64, as: Int64.self)
        output.storeBytes(of: unitOfMeasureQuantity.nanos, toByteOffset: 80, as: Int64.self)
        output.storeBytes(of: minimumPriceIncrementAmount.nanos, toByteOffset: 88, as: Int64.self)
        output.storeBytes(of: strikePrice.nanos, toByteOffset: 104, as: Int64.self)
        output.storeBytes(of: rawInstrumentID, toByteOffset: 112, as: UInt64.self)
        output.storeBytes(of: underlyingID.raw, toByteOffset: 140, as: UInt32.self)
        output.storeBytes(of: marketDepth, toByteOffset: 148, as: Int32.self)
        output.storeBytes(of: contractMultiplier, toByteOffset: 176, as: Int32.self)
        output.storeBytes(of: maturityYear, toByteOffset: 214, as: UInt16.self)
        output.storeBytes(of: channelID, toByteOffset: 218, as: UInt16.self)
        output.storeBytes(of: instrumentClass.rawValue, toByteOffset: 487, as: UInt8.self)
        output.storeBytes(of: updateAction.rawValue, toByteOffset: 493, as: UInt8.self)
        output.storeBytes(of: maturityMonth, toByteOffset: 494, as: UInt8.self)
        output.storeBytes(of: maturityDay, toByteOffset: 495, as: UInt8.self)
    }
}
