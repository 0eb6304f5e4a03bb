public import Units

/// The execution gateway's patience with the venue, and how it closes.
public struct ExecutionSettings: Equatable, Sendable {
    public let unknownAfter: Nanoseconds
    public let fillWithin: Nanoseconds
    public let stopAcknowledgement: Nanoseconds
    public let closeRetry: Nanoseconds
    public let collar: Ticks
    public let roundPause: Nanoseconds
    public let flattenLate: Nanoseconds
    public let closesAtOpen: Bool
    public let venueLinks: Bool

    init(_ read: SettingReader) {
        unknownAfter = .milliseconds(read.integer("execution.unknown_after_ms"))
        fillWithin = .milliseconds(read.integer("execution.fill_within_ms"))
        stopAcknowledgement = .milliseconds(read.integer("execution.stop_ack_ms"))
        closeRetry = .milliseconds(read.integer("execution.close_retry_ms"))
        collar = read.ticks("execution.collar_ticks")
        roundPause = .milliseconds(read.integer("execution.round_pause_ms"))
        flattenLate = .seconds(read.integer("execution.flatten_late_seconds"))
        closesAtOpen = read.boolean("execution.close_at_open")
        venueLinks = read.boolean("execution.venue_links")
    }
}
