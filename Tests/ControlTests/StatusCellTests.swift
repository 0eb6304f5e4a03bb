import CHeapCount
import Control
import Foundation
import Orders
import Synchronization
import Testing
import Units

@Suite struct StatusCellTests {
    /// Every field is the same number in a value that is whole.
    private struct Row: BitwiseCopyable, Sendable {
        var a, b, c, d, e, f, g, h: UInt64
        var small: UInt8

        init(_ value: UInt64) {
            (a, b, c, d) = (value, value, value, value)
            (e, f, g, h) = (value, value, value, value)
            small = UInt8(truncatingIfNeeded: value)
        }

        var isWhole: Bool { [b, c, d, e, f, g, h].allSatisfy { $0 == a } && small == UInt8(truncatingIfNeeded: a) }
    }

    @Test func `readers see whole values, in the order they were stored`() {
        let cell = SequenceLockCell(Row(0))
        let isOver = Atomic<Bool>(false)
        let torn = Atomic<Int>(0), backwards = Atomic<Int>(0), changes = Atomic<Int>(0)
        let last = Atomic<UInt64>(0)
        DispatchQueue.concurrentPerform(iterations: 3) { index in
            if index == 0 {
                // On a busy machine the readers may begin late.
                var value: UInt64 = 0
                while value < 200_000 || (changes.load(ordering: .relaxed) == 0 && value < 100_000_000) {
                    value += 1
                    cell.store(Row(value))
                }
                last.store(value, ordering: .relaxed)
                isOver.store(true, ordering: .releasing)
                return
            }
            var seen: UInt64 = 0
            while !isOver.load(ordering: .acquiring) {
                let row = cell.load()
                if !row.isWhole { torn.add(1, ordering: .relaxed) }
                if row.a < seen { backwards.add(1, ordering: .relaxed) }
                if row.a > seen { changes.add(1, ordering: .relaxed) }
                seen = row.a
            }
        }
        #expect(torn.load(ordering: .relaxed) == 0)
        #expect(backwards.load(ordering: .relaxed) == 0)
        #expect(cell.load().a == last.load(ordering: .relaxed))
        #expect(changes.load(ordering: .relaxed) > 0, "the threads never ran side by side")
    }

    @Test func `every field comes back`() {
        let record = ProgressRecord(
            state: .waiting, sequence: 1, inputTime: Timestamp(nanoseconds: 2), lag: Nanoseconds(-3), records: 4,
            gaps: 5, recordsLost: 6, dropped: 7, produced: 8)
        let found = StatusCell(record).load()
        #expect(found.state == .waiting && found.sequence == 1 && found.inputTime.nanoseconds == 2)
        #expect(found.lag.count == -3 && found.records == 4 && found.gaps == 5 && found.recordsLost == 6)
        #expect(found.dropped == 7 && found.produced == 8)
        let account = AccountRecord(tradingState: .halted, dayProfit: Money(cents: -5), workingOrders: 9)
        let cell = AccountCell(account)
        #expect(cell.load().tradingState == .halted && cell.load().workingOrders == 9)
        #expect(cell.load().dayProfit == Money(cents: -5))
    }

    @Test(.enabled(if: lh_heap_count_enabled() == 1, "a sanitizer counts the heap"))
    func `storing allocates nothing, and neither does looking into an empty mailbox`() {
        let cell = StatusCell(ProgressRecord())
        let mailbox = ControlMailbox(capacity: 4)
        var record = ProgressRecord()
        let before = lh_heap_calls()
        var found = 0
        while record.sequence < 999 {
            record.sequence += 1
            cell.store(record)
            if mailbox.pop() != nil { found += 1 }
        }
        #expect(lh_heap_calls() == before)
        #expect(found == 0 && cell.load().sequence == 999)
    }

    @Test func `a mailbox hands over everything in order, and is full when it says so`() {
        let mailbox = BoundedMailbox<[Int]>(capacity: 8)
        let count = 100_000
        let wrong = Atomic<Int>(0), refused = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            if index == 0 {
                for value in 0..<count {
                    while !mailbox.push([value, value]) {
                        refused.add(1, ordering: .relaxed)
                        sched_yield()
                    }
                }
                return
            }
            var next = 0
            while next < count {
                guard let element = mailbox.pop() else {
                    sched_yield()
                    continue
                }
                if element != [next, next] { wrong.add(1, ordering: .relaxed) }
                next += 1
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(mailbox.pop() == nil)
        for value in 0..<8 { #expect(mailbox.push([value])) }
        #expect(!mailbox.push([8]))
        #expect(mailbox.pop() == [0])
        #expect(mailbox.push([8]))
    }

    @Test func `the board tells everything on it`() {
        let account = AccountRecord(
            tradingState: .reducing, dayProfit: Money(cents: -1_050), dayLossLimit: Money(cents: 100_00))
        let board = ProcessBoard(name: "risk", run: "r", symbols: ["ESH4", "MESH4"], account: account)
        board.instruments[1].store(InstrumentRecord(quality: [.gap, .noHistory, .warming], position: -2))
        board.setFeed("replaying")
        board.setMissing(["b", "c"])
        let status = board.current()
        #expect(status.instruments.map(\.symbol) == ["ESH4", "MESH4"])
        #expect(status.instruments[0].quality == ["no_book"])
        #expect(Set(status.instruments[1].quality) == ["gap", "no_history", "warming"])
        #expect(status.account?.position == ["MESH4": -2])
        #expect(status.account?.tradingState == "REDUCING")
        #expect(status.account?.dayProfit == "-10.50")
        #expect(status.account?.dayLossLimit == "100.00")
        #expect(status.account?.drawdownLimit == nil)
        #expect(status.warming == ["MESH4"] && status.missing == ["b", "c"])
        #expect(status.pid == getpid() && status.feed == "replaying")
    }

    @Test func `the board tells why an account is locked, and only then`() {
        var account = AccountRecord(tradingState: .active)
        #expect(ProcessBoard(name: "risk", run: "r", account: account).current().account?.lock == nil)
        account.tradingState = .locked
        account.lockReason = .dailyLoss
        account.lockDate = 20_260_310
        account.isLockedByLimit = true
        let lock = ProcessBoard(name: "risk", run: "r", account: account).current().account?.lock
        #expect(lock?.reason == "daily_loss" && lock?.tradeDate == 20_260_310 && lock?.isUntilNextTradeDate == true)
    }

    @Test func `the board follows the traded contract over a roll`() {
        let board = ProcessBoard(
            name: "risk", run: "r", symbols: ["MESH6"], account: AccountRecord(tradingState: .flattening))
        board.instruments[0].store(InstrumentRecord(quality: [], position: 2))
        #expect(board.current().account?.rollsTo == nil)
        board.setContract("MESH6", next: "MESM6")
        #expect(board.current().account?.rollsTo == "MESM6" && board.current().account?.position == ["MESH6": 2])
        board.setContract("MESM6", next: nil)
        #expect(board.current().account?.rollsTo == nil && board.current().instruments.map(\.symbol) == ["MESM6"])
    }

    @Test func `every bit of data quality has a name`() {
        #expect(DataQuality.allNames.count == 11)
        #expect(DataQuality(rawValue: 0x7FF).names == DataQuality.allNames)
        #expect(DataQuality([]).names == [])
    }
}
