import MarketData
import Testing
import Units

@testable import Features

/// The book when a session begins.
@Suite struct ReopeningTests {
    typealias Desk = EngineScenarioTests.Desk

    // 2024-01-03 is a Wednesday, 05 a Friday, 07 a Sunday.

    @Test func `after days without records the last book is none until the session's first group`() throws {
        var desk = try Desk()
        // Friday.
        for minute in 50..<59 { desk.trade(desk.instant(5, 16, minute), 100, bid: 99) }
        #expect(desk.isBookValid == true)
        // Some cancel after the close.
        desk.book(desk.instant(5, 17, 0, 30), bid: 99)
        desk.tick(desk.instant(7, 18, 0, 5))
        let wasOld = desk.player.engine.isBookOld
        #expect(wasOld && !desk.isBookValid && desk.isOpen)
        #expect(!desk.last.isGroup && desk.last.values[.mid].isNaN && desk.last.values[.bidAskSpread].isNaN)
        desk.book(desk.instant(7, 18, 0, 6), bid: 99)
        let isOld = desk.player.engine.isBookOld
        #expect(!isOld && desk.isBookValid && desk.last.values[.mid] == 99.5 * 0.25)
    }

    @Test func `the book of the quarter of an hour before the open stands at the open`() throws {
        var desk = try Desk()
        for minute in 50..<59 { desk.trade(desk.instant(3, 16, minute), 100, bid: 99) }
        desk.book(desk.instant(3, 17, 45), bid: 101)
        #expect(desk.isBookValid == false)
        desk.tick(desk.instant(3, 18, 0, 5))
        #expect(desk.isBookValid && desk.last.values[.mid] == 101.5 * 0.25)
    }

    /// A group that is late, or that a gateway sends again: levels that have ended would be those of the next session.
    @Test(arguments: [16 * 60 + 30, 16 * 60 + 59])
    func `a group from before the close that comes after it opens nothing again`(minute: Int) throws {
        var desk = try Desk()
        for (hour, minute) in [(8, 0), (9, 0), (9, 31), (9, 40), (10, 5), (16, 0)] {
            desk.trade(desk.instant(3, hour, minute), 100, bid: 99)
        }
        #expect(Self.active(desk).isSuperset(of: [.premarketHigh, .premarketLow, .openingRangeHigh]))
        desk.tick(desk.instant(3, 17, 0, 5))
        #expect(Self.active(desk) == [] && desk.isBookValid == false)
        desk.book(desk.instant(3, minute / 60, minute % 60, 59), bid: 99, received: desk.instant(3, 17, 45))
        #expect(Self.active(desk) == [] && desk.isBookValid == false)
        desk.book(desk.instant(3, 18, 0, 6), bid: 99)
        #expect(Self.active(desk).isDisjoint(with: Self.ofTheDay))
        #expect(desk.isBookValid == true)
        desk.book(desk.instant(4, 9, 31), bid: 99)
        #expect(Self.active(desk).isDisjoint(with: Self.ofTheDay))
    }

    private static let ofTheDay: Set<LevelKind> = [.premarketHigh, .premarketLow, .openingRangeHigh, .openingRangeLow]

    private static func active(_ desk: borrowing Desk) -> Set<LevelKind> {
        var found: Set<LevelKind> = []
        for kind in LevelKind.allCases where desk.level(kind).isActive { found.insert(kind) }
        return found
    }
}
