import Units

// The keys of the execution gateway: its patience with the venue, and how it closes.
extension SettingTable {
    static let execution = [
        row(
            "execution.unknown_after_ms", .integer(1...60_000), .integer(250), unit: "ms",
            "an order that the venue has not answered for this long is unknown, and is asked about"),
        row(
            "execution.fill_within_ms", .integer(1...600_000), .integer(1_000), unit: "ms",
            "an accepted order that cannot rest and has not ended for this long is asked about"),
        row(
            "execution.stop_ack_ms", .integer(1...60_000), .integer(500), unit: "ms",
            "a protective stop that is not acknowledged for this long means flatten"),
        row(
            "execution.close_retry_ms", .integer(1...60_000), .integer(1_000), unit: "ms",
            """
            a close that was refused, or left something open, is sent again after this long (one that a closed market \
            refused: when it opens, or after 30 s)
            """),
        row(
            "execution.collar_ticks", .integer(0...10_000), .integer(20), unit: "ticks",
            "how far beyond the far touch a flatten's closing orders are priced, with --direct too"),
        row(
            "execution.round_pause_ms", .integer(0...60_000), .integer(50), unit: "ms",
            "between two closing rounds of a flatten"),
        row(
            "execution.flatten_late_seconds", .integer(1...3_600), .integer(10), unit: "s",
            "a flatten that takes longer says so, and its rounds are execution.close_retry_ms apart from then on"),
        row(
            "execution.close_at_open", .boolean, .boolean(true),
            "whether a flatten that a limit asked for goes on by itself when a closed market opens"),
        row(
            "execution.venue_links", .boolean, .boolean(true),
            "whether the venue links orders; without that targets and closes wait here and go by the stop"),
    ]
}
