import Units

/// A version 2 or 3 system message where it lies, 320 bytes: 303 of text at 16, the code at 319.
@frozen public struct SystemMessageView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    public var message: String { record.text(16, byteCount: 303) }
    @inlinable public var code: SystemCode { SystemCode(rawValue: record.load(319, as: UInt8.self)) }
}

/// A version 2 or 3 error message where it lies, 320 bytes: 302 of text at 16, the code at 318, `is_last` at 319.
@frozen public struct ErrorMessageView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    public var message: String { record.text(16, byteCount: 302) }
    @inlinable public var code: ErrorCode { ErrorCode(rawValue: record.load(318, as: UInt8.self)) }
    /// Not zero on the last error of a series.
    @inlinable public var isLast: UInt8 { record.load(319, as: UInt8.self) }
}

/// A version 2 or 3 symbol mapping where it lies, 176 bytes: what the record's instrument id stands for.
///
///   16        17               88          89                160        168
///   | type in | symbol in (71) | type out | symbol out (71) | start_ts | end_ts |
@frozen public struct SymbolMappingView: @unchecked Sendable {
    public let record: RecordView

    @inlinable init(record: RecordView) { self.record = record }

    /// How the symbol was asked for; nil when unset.
    public var inputType: SymbolType? { Self.type(record.load(16, as: UInt8.self)) }
    /// The symbol as asked for, such as `ES.FUT`.
    public var inputSymbol: String { record.text(17, byteCount: 71) }
    public var outputType: SymbolType? { Self.type(record.load(88, as: UInt8.self)) }
    /// What it resolved to, such as `ESZ6`.
    public var outputSymbol: String { record.text(89, byteCount: 71) }
    @inlinable public var start: Timestamp { Timestamp(nanoseconds: record.load(160, as: UInt64.self)) }
    @inlinable public var end: Timestamp { Timestamp(nanoseconds: record.load(168, as: UInt64.self)) }

    private static func type(_ byte: UInt8) -> SymbolType? {
        byte == SymbolType.noneRawValue ? nil : SymbolType(rawValue: byte)
    }
}

extension RecordView {
    /// - Precondition: `type` is `.system`, of version 2 or 3.
    @inlinable public var systemMessage: SystemMessageView { SystemMessageView(record: self) }
    /// - Precondition: `type` is `.error`, of version 2 or 3.
    @inlinable public var errorMessage: ErrorMessageView { ErrorMessageView(record: self) }
    /// - Precondition: `type` is `.symbolMapping`, of version 2 or 3.
    @inlinable public var symbolMapping: SymbolMappingView { SymbolMappingView(record: self) }
}
