import DBN
import Testing
import Units

/// The time of what comes, by stamps of which some are wrong.
@Suite struct DataClockTests {
    private static let now: UInt64 = 1_773_150_000_000_000_000
    private static let day = Timestamp.nanosecondsPerDay
    /// In 2054.
    private static let wrong: UInt64 = 2_650_000_000_000_000_000

    private var clock = DataClock()

    /// A trade, received at an instant and perhaps of another one.
    private static func trade(_ received: UInt64, event: UInt64? = nil) -> [UInt8] {
        written { output in
            MarketByPriceRecord(
                header: RecordHeader(
                    publisherID: 1, instrumentID: InstrumentID(7),
                    eventTime: Timestamp(nanoseconds: event ?? received)),
                price: Price(nanos: 5), size: 1, action: .trade, side: .bid,
                receiveTime: Timestamp(nanoseconds: received)
            ).write(levels: UnsafeBufferPointer(start: nil, count: 0), to: output)
        }
    }

    /// The clock behind a record.
    private mutating func hear(_ record: [UInt8]) -> UInt64 {
        withRecord(record) { clock.hear($0) }
        return clock.time.nanoseconds
    }

    private mutating func hear(_ received: UInt64, event: UInt64? = nil) -> UInt64 {
        hear(Self.trade(received, event: event))
    }

    @Test mutating func `a receive time that Databento calls wrong dates nothing, unless it is that of its event`() {
        func flagged(_ received: UInt64, event: UInt64) -> [UInt8] {
            var record = Self.trade(received, event: event)
            record[30] |= RecordFlags.badReceiveTime.rawValue
            return record
        }
        let (hour, second) = (3_600_000_000_000 as UInt64, 1_000_000_000 as UInt64)
        #expect(hear(flagged(Self.now + 9 * hour, event: Self.now)) == 0)
        #expect(hear(Self.now) == Self.now)
        for number in 1...2 as ClosedRange<UInt64> {
            #expect(hear(flagged(Self.now + 9 * hour, event: Self.now + number)) == Self.now)
        }
        #expect(hear(flagged(Self.now + second, event: Self.now)) == Self.now + second)
        #expect(hear(Self.trade(Self.now + 9 * hour, event: Self.now)) == Self.now + 9 * hour)
    }

    @Test mutating func `it is the largest time of a record`() {
        #expect(hear(Self.now) == Self.now)
        #expect(hear(Self.now + 5) == Self.now + 5)
        #expect(hear(Self.now + 2) == Self.now + 5)
        #expect(hear(Self.now + 6 * Self.day) == Self.now + 6 * Self.day)
    }

    @Test mutating func `a stamp far from its own event changes nothing, however often it comes`() {
        #expect(hear(Self.wrong, event: Self.now) == 0)
        #expect(hear(Self.now) == Self.now)
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(hear(Self.wrong + number, event: Self.now + number) == Self.now)
            #expect(hear(.max, event: Self.now + number) == Self.now)
        }
        #expect(hear(Self.now + 4) == Self.now + 4)
    }

    @Test mutating func `a jump of more than a week needs a second record`() {
        #expect(hear(Self.now) == Self.now)
        #expect(hear(Self.wrong) == Self.now)
        #expect(hear(Self.now + 1) == Self.now + 1)
        // The first was an accident: what is said next is new.
        #expect(hear(Self.now + 30 * Self.day) == Self.now + 1)
        #expect(hear(Self.now + 30 * Self.day + 5) == Self.now + 30 * Self.day + 5)
        #expect(hear(Self.wrong) == Self.now + 30 * Self.day + 5)
        #expect(hear(Self.wrong + 60 * Self.day) == Self.now + 30 * Self.day + 5)
    }

    @Test mutating func `what a gateway says of itself confirms no jump`() throws {
        #expect(hear(Self.now) == Self.now)
        #expect(hear(Self.wrong) == Self.now)
        let heartbeat = try written { output in
            try ControlRecord.writeSystem(
                .heartbeat, "Heartbeat", at: Timestamp(nanoseconds: Self.wrong + 1), to: output)
        }
        #expect(hear(heartbeat) == Self.now)
        let later = try written { output in
            try ControlRecord.writeSystem(
                .heartbeat, "Heartbeat", at: Timestamp(nanoseconds: Self.now + Self.day), to: output)
        }
        #expect(hear(later) == Self.now + Self.day)
    }

    @Test mutating func `what tells of something long past counts where its time follows`() {
        #expect(hear(Self.now) == Self.now)
        #expect(hear(Self.now + 9, event: Self.now - 90 * Self.day) == Self.now + 9)
    }

    @Test func `a tape begins with its first record, unless that was received in another century`() {
        func beginning(_ received: UInt64, event: UInt64? = nil) -> UInt64? {
            withRecord(Self.trade(received, event: event)) {
                DataClock.beginning($0, now: Timestamp(nanoseconds: Self.now))?.nanoseconds
            }
        }
        #expect(beginning(Self.now) == Self.now)
        // A definition of months ago; a session of next year that nobody has traded.
        #expect(beginning(Self.now, event: Self.now - 90 * Self.day) == Self.now)
        #expect(beginning(Self.now + 400 * Self.day) == Self.now + 400 * Self.day)
        #expect(beginning(Self.wrong, event: Self.now - 5) == Self.now - 5)
        #expect(beginning(5, event: Self.now) == Self.now)
        #expect(beginning(.max, event: Self.now) == Self.now)
        #expect(beginning(.max, event: .max) == nil)
    }
}
