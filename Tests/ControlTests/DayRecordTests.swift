import Control
import Foundation
import Orders
import TestSupport
import Testing
import Units

/// What a live run leaves of its trade date in the state directory.
struct DayRecordTests {
    @Test func `it is what was written, in a file of its owner`() throws {
        let state = try Scratch()
        let path = DayRecord.path(state.path, venue: "paper")
        #expect(path == state.file("account-paper.json"))
        #expect(try DayRecord.read(path) == nil)
        var record = DayRecord(run: "/runs/a")
        record.writtenNanoseconds = 9
        record.tradeDate = 20_260_310
        record.profit = Dollars(Money(nanos: -1_234_567_891))
        record.drawdown = Dollars(Money(cents: 500))
        record.trades = 3
        (record.position, record.opposed) = (-2, 1)
        record.strategies["level"] = DayRecord.Strategy(profit: Money(cents: -7), trades: 2, lockedOn: 20_260_310)
        record.lock = DayRecord.Lock(reason: .dailyLoss, tradeDate: 20_260_310)
        for sync in [false, true] {
            try record.write(path, sync: sync)
            #expect(try DayRecord.read(path) == record)
        }
        #expect(try state.mode("account-paper.json") == 0o600)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(#""pnl_usd":"-1.234567891""#) && text.contains(#""reason":"daily_loss""#))
    }

    @Test(arguments: ["", "{}", "x", #"{"run": "a"}"#])
    func `what is none is an error that names the file, and stays`(text: String) throws {
        let state = try Scratch()
        let path = DayRecord.path(state.path, venue: "paper")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: DayRecordError(path: path)) { try DayRecord.read(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}
