/// What a system message of the gateway says. Open: an unknown code stays readable.
@frozen public struct SystemCode: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let heartbeat = SystemCode(rawValue: 0)
    public static let subscriptionAcknowledged = SystemCode(rawValue: 1)
    public static let slowReaderWarning = SystemCode(rawValue: 2)
    public static let replayCompleted = SystemCode(rawValue: 3)
    /// `ts_event` is the exclusive end of the interval; sent even when it had no bar.
    public static let endOfInterval = SystemCode(rawValue: 4)
    public static let unsubscribeAcknowledged = SystemCode(rawValue: 5)
    public static let unset = SystemCode(rawValue: 0xFF)

    /// Databento's name; `system-N` for a code without one.
    public var name: String {
        switch self {
        case .heartbeat: "heartbeat"
        case .subscriptionAcknowledged: "subscription_ack"
        case .slowReaderWarning: "slow_reader_warning"
        case .replayCompleted: "replay_completed"
        case .endOfInterval: "end_of_interval"
        case .unsubscribeAcknowledged: "unsubscribe_ack"
        case .unset: "unset"
        default: "system-\(rawValue)"
        }
    }
}

/// What an error message of the gateway says. Open: an unknown code stays readable.
@frozen public struct ErrorCode: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let authenticationFailed = ErrorCode(rawValue: 1)
    public static let keyDeactivated = ErrorCode(rawValue: 2)
    public static let connectionLimitExceeded = ErrorCode(rawValue: 3)
    public static let symbolResolutionFailed = ErrorCode(rawValue: 4)
    public static let invalidSubscription = ErrorCode(rawValue: 5)
    public static let internalError = ErrorCode(rawValue: 6)
    /// The gateway dropped records: a gap in the data.
    public static let skippedRecordsAfterSlowReading = ErrorCode(rawValue: 7)
    public static let replayDataAgedOut = ErrorCode(rawValue: 8)
    public static let unset = ErrorCode(rawValue: 0xFF)

    /// Databento's name; `error-N` for a code without one.
    public var name: String {
        switch self {
        case .authenticationFailed: "auth_failed"
        case .keyDeactivated: "api_key_deactivated"
        case .connectionLimitExceeded: "connection_limit_exceeded"
        case .symbolResolutionFailed: "symbol_resolution_failed"
        case .invalidSubscription: "invalid_subscription"
        case .internalError: "internal_error"
        case .skippedRecordsAfterSlowReading: "skipped_records_after_slow_reading"
        case .replayDataAgedOut: "replay_data_aged_out"
        case .unset: "unset"
        default: "error-\(rawValue)"
        }
    }
}
