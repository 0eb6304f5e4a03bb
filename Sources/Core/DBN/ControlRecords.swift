import Units

/// Writers of the gateway's own messages, version 3. Layouts: `SystemMessageView`, `ErrorMessageView`,
/// `SymbolMappingView`.
public enum ControlRecord {
    /// Writes a system message and returns its size.
    /// - Throws: `textNotEncodable` unless `message` is ASCII of at most 302 characters.
    @discardableResult
    public static func writeSystem(
        _ code: SystemCode, _ message: String, at time: Timestamp, to output: UnsafeMutableRawPointer
    ) throws(DBNError) -> Int {
        try output.storeText(message, at: 16, byteCount: 303)
        gatewayHeader(time).write(.system, byteCount: RecordByteCount.system, to: output)
        output.storeBytes(of: code.rawValue, toByteOffset: 319, as: UInt8.self)
        return RecordByteCount.system
    }

    /// Writes an error message and returns its size.
    /// - Throws: `textNotEncodable` unless `message` is ASCII of at most 301 characters.
    @discardableResult
    public static func writeError(
        _ code: ErrorCode, _ message: String, isLast: Bool = true, at time: Timestamp,
        to output: UnsafeMutableRawPointer
    ) throws(DBNError) -> Int {
        try output.storeText(message, at: 16, byteCount: 302)
        gatewayHeader(time).write(.error, byteCount: RecordByteCount.error, to: output)
        output.storeBytes(of: code.rawValue, toByteOffset: 318, as: UInt8.self)
        output.storeBytes(of: isLast ? 1 : 0, toByteOffset: 319, as: UInt8.self)
        return RecordByteCount.error
    }

    private static func gatewayHeader(_ time: Timestamp) -> RecordHeader {
        RecordHeader(publisherID: 0, instrumentID: InstrumentID(0), eventTime: time)
    }
}

/// A new version 3 symbol mapping.
public struct SymbolMappingRecord: Hashable, Sendable {
    /// `instrumentID` is what the symbols stand for.
    public var header: RecordHeader
    public var inputType: SymbolType?
    public var inputSymbol: String
    public var outputType: SymbolType?
    public var outputSymbol: String
    public var start = Timestamp.undefined
    public var end = Timestamp.undefined

    public init(
        header: RecordHeader, inputType: SymbolType?, inputSymbol: String, outputType: SymbolType?, outputSymbol: String
    ) {
        self.header = header
        self.inputType = inputType
        self.inputSymbol = inputSymbol
        self.outputType = outputType
        self.outputSymbol = outputSymbol
    }

    /// Writes the record and returns its size.
    /// - Throws: `textNotEncodable` unless both symbols are ASCII of at most 70 characters.
    @discardableResult
    public func write(to output: UnsafeMutableRawPointer) throws(DBNError) -> Int {
        try output.storeText(inputSymbol, at: 17, byteCount: 71)
        try output.storeText(outputSymbol, at: 89, byteCount: 71)
        header.write(.symbolMapping, byteCount: RecordByteCount.symbolMapping, to: output)
        output.storeBytes(of: inputType?.rawValue ?? SymbolType.noneRawValue, toByteOffset: 16, as: UInt8.self)
        output.storeBytes(of: outputType?.rawValue ?? SymbolType.noneRawValue, toByteOffset: 88, as: UInt8.self)
        output.storeBytes(of: start.nanoseconds, toByteOffset: 160, as: UInt64.self)
        output.storeBytes(of: end.nanoseconds, toByteOffset: 168, as: UInt64.self)
        return RecordByteCount.symbolMapping
    }
}
