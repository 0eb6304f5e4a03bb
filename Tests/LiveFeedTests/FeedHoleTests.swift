import DBN
import LiveFeed
import Testing
import Units

@Suite struct FeedHoleTests {
    private static let hour = Nanoseconds.seconds(3_600)
    /// The session before a weekend and the one behind it.
    private static let friday = Timestamp(nanoseconds: 1_767_308_400_000_000_000)
    private static let monday = friday + .seconds(72 * 3_600)

    private static func unseen(
        before first: Timestamp, of session: Timestamp, replay: Timestamp?, begunIn present: Timestamp
    ) -> Timestamp? {
        let hole = FeedHole.unseen(before: first, session: session, replay: replay, presentSession: present)
        if let hole {
            #expect(hole.to == first && hole.schema == nil && hole.instrument == InstrumentID(0))
            #expect(hole.reason == .unreplayed)
        }
        return hole?.from
    }

    @Test func `a run that begins on a weekend lacks nothing of the session behind it`() {
        let first = Self.monday + .milliseconds(50)
        for replay in [Self.friday, nil] {
            #expect(Self.unseen(before: first, of: Self.monday, replay: replay, begunIn: Self.friday) == nil)
        }
    }

    @Test func `a session that it was there for and whose first book came late lacks its beginning`() {
        let first = Self.monday + .seconds(61)
        for replay in [Self.friday, nil] {
            let from = Self.unseen(before: first, of: Self.monday, replay: replay, begunIn: Self.friday)
            #expect(from == Self.monday)
        }
    }

    @Test func `in the middle of a session what no replay brings is missing`() {
        let first = Self.friday + .seconds(20)
        #expect(Self.unseen(before: first, of: Self.friday, replay: nil, begunIn: Self.friday) == Self.friday)
        #expect(Self.unseen(before: first, of: Self.friday, replay: Self.friday, begunIn: Self.friday) == nil)
        let late = Self.friday + Self.hour
        #expect(Self.unseen(before: late, of: Self.friday, replay: Self.friday, begunIn: Self.friday) == Self.friday)
    }

    /// Its present is long over, and the clock says nothing of when the run was there.
    @Test func `of a tape that is served without a replay all before the first book is missing`() {
        let first = Self.friday + .milliseconds(50)
        #expect(Self.unseen(before: first, of: Self.friday, replay: nil, begunIn: Self.monday) == Self.friday)
    }
}
