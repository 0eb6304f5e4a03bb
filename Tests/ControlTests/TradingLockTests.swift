import Control
import Foundation
import Orders
import Platform
import TestSupport
import Testing
import Units

/// The lock over runs that carry the account on, and over runs that start anew.
struct TradingLockTests {
    private func record(_ run: String, isLasting: Bool) -> LockRecord {
        LockRecord(epoch: 0, sender: "me", reason: "why", run: run, isLasting: isLasting)
    }

    @Test func `raising locks, counts up, and says who and why`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        let (raised, failure) = lock.raise(record("r", isLasting: true))
        #expect(raised == EpochState(epoch: 2, isLocked: true) && failure == nil)
        #expect(lock.record?.sender == "me" && lock.record?.reason == "why" && lock.record?.epoch == 2)
        #expect(try state.mode(TradingLock.fileName) == 0o600)
        #expect(!lock.open(ifEpochIs: 1), "an older lock's key does not fit")
        #expect(lock.record != nil && lock.word.load().isLocked)
        #expect(lock.open(ifEpochIs: 2))
        #expect(lock.record == nil && lock.word.load() == EpochState(epoch: 2, isLocked: false))
    }

    @Test func `the word locks when there is no place for a record`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        try state.setMode(0o500, of: "")
        defer { try? state.setMode(0o700, of: "") }
        let (raised, failure) = lock.raise(record("r", isLasting: true))
        #expect(raised.isLocked && lock.word.load().isLocked)
        // Root writes anywhere.
        #expect(failure != nil || geteuid() == 0)
    }

    @Test func `a live run goes on locked, one over a tape starts anew and keeps the live one's lock`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        _ = lock.raise(record("live", isLasting: true))
        try lock.begin(run: "live-2", startsAnew: false)
        #expect(lock.word.load().isLocked)
        let before = lock.word.load().epoch
        try lock.begin(run: "tape", startsAnew: true)
        #expect(!lock.word.load().isLocked && lock.word.load().epoch > before)
        // Locked and armed within the tape's run, the live run's lock is still known.
        let raised = lock.raise(record("tape", isLasting: false)).state
        #expect(lock.record?.isLasting == true)
        #expect(lock.open(ifEpochIs: raised.epoch, keepsRecord: true))
        try lock.begin(run: "live-3", startsAnew: false)
        #expect(lock.word.load().isLocked)
    }

    @Test func `a breached limit's trade date stays in the record, whoever locks after it`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        var limit = record("live", isLasting: true)
        limit.tradeDate = 20_260_310
        _ = lock.raise(limit)
        _ = lock.raise(record("live", isLasting: true))
        #expect(lock.record?.tradeDate == 20_260_310)
        #expect(lock.open(ifEpochIs: 3))
        _ = lock.raise(record("live", isLasting: true))
        #expect(lock.record?.tradeDate == nil)
        try lock.note(tradeDate: 20_260_311)
        #expect(lock.record?.tradeDate == 20_260_311 && lock.record?.sender == "me" && lock.record?.epoch == 4)
        #expect(lock.word.load() == EpochState(epoch: 4, isLocked: true))
    }

    @Test func `a tape's lock is its own run's`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        _ = lock.raise(record("tape", isLasting: false))
        try lock.begin(run: "tape", startsAnew: false)
        #expect(lock.word.load().isLocked, "resumed")
        try lock.begin(run: "tape-2", startsAnew: true)
        #expect(!lock.word.load().isLocked && lock.record == nil)
    }

    @Test func `a live run's lock waits while a tape is resumed`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        _ = lock.raise(record("live", isLasting: true))
        try lock.begin(run: "tape", startsAnew: true)
        try lock.begin(run: "tape", startsAnew: false, carriesAccount: false)
        #expect(!lock.word.load().isLocked && lock.record?.run == "live")
        // Between the two parts of the tape's run the live one was locked again.
        _ = lock.raise(record("live", isLasting: true))
        try lock.begin(run: "tape", startsAnew: false, carriesAccount: false)
        #expect(!lock.word.load().isLocked && lock.record?.isLasting == true)
        try lock.begin(run: "live", startsAnew: false)
        #expect(lock.word.load().isLocked, "it waited")
        _ = lock.raise(record("tape", isLasting: false))
        #expect(lock.open(ifEpochIs: lock.word.load().epoch, keepsRecord: true))
        try lock.begin(run: "tape", startsAnew: false, carriesAccount: false)
        #expect(lock.word.load().isLocked, "its own")
    }

    @Test func `a word that was locked without a record is not forgotten`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        lock.word.raiseAndLock()
        try lock.begin(run: "tape", startsAnew: true)
        #expect(!lock.word.load().isLocked && lock.record?.isLasting == true)
        try lock.begin(run: "live", startsAnew: false)
        #expect(lock.word.load().isLocked)
    }

    @Test func `an arm leaves the record of a flatten that came meanwhile`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        let first = lock.raise(record("live", isLasting: true)).state
        // The newer one has its record, and has not come to raise the word yet.
        var newer = record("live", isLasting: true)
        newer.epoch = first.epoch + 1
        newer.sender = "somebody else"
        newer.tradeDate = 20_260_310
        try PosixFile.replace(lock.path, with: Array(try JSONEncoder().encode(newer)))
        #expect(lock.open(ifEpochIs: first.epoch))
        lock.word.raiseAndLock()
        #expect(lock.record?.epoch == newer.epoch && lock.record?.sender == "somebody else")
        #expect(lock.record?.tradeDate == 20_260_310)
        #expect(lock.open(ifEpochIs: newer.epoch) && lock.record == nil)
    }

    @Test func `a record that was being looked at when its process died is found, and put back`() throws {
        let state = try Scratch()
        let lock = try TradingLock(stateDirectory: state.path)
        _ = lock.raise(record("live", isLasting: true))
        #expect(rename(lock.path, lock.path + ".opened") == 0)
        #expect(lock.record?.epoch == 2 && lock.record?.sender == "me")
        try lock.begin(run: "tape", startsAnew: true)
        #expect(!lock.word.load().isLocked && lock.record?.isLasting == true)
        // One of a lock that was taken off is nobody's.
        let epoch = lock.raise(record("tape", isLasting: false)).state.epoch
        #expect(rename(lock.path, lock.path + ".opened") == 0)
        #expect(lock.open(ifEpochIs: epoch) && lock.record == nil)
        try lock.begin(run: "live", startsAnew: false)
        #expect(!lock.word.load().isLocked)
    }

    @Test func `of an arm and a flatten at one time, a locked word keeps its record`() throws {
        let state = try Scratch()
        let (arming, flattening) = (
            try TradingLock(stateDirectory: state.path), try TradingLock(stateDirectory: state.path))
        var kept = 0
        for _ in 0..<400 {
            let epoch = arming.raise(record("live", isLasting: true)).state.epoch
            let newer = record("live", isLasting: true)
            let (isReady, isDone) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            Thread.detachNewThread {
                isReady.wait()
                _ = flattening.raise(newer)
                isDone.signal()
            }
            isReady.signal()
            _ = arming.open(ifEpochIs: epoch)
            isDone.wait()
            let (state, found) = (arming.word.load(), arming.record)
            #expect(state == EpochState(epoch: epoch + 1, isLocked: true))
            if found?.epoch == epoch + 1 { kept += 1 }
        }
        #expect(kept == 400)
    }

    @Test func `who decides ends the survey, the others are not waited for`() throws {
        let state = try Scratch()
        let quick = try TestProcess(state, "execution"), slow = try TestProcess(state, "risk")
        let worker = Thread {
            while quick.mailbox.pop().map({ $0.finish(.done) }) == nil { usleep(1_000) }
        }
        worker.start()
        let survey = try state.client().survey(.pause, until: .decided(by: "execution"), deadline: .seconds(20))
        #expect(survey.answers["execution"]?.outcome == .done)
        #expect(survey.elapsed < .seconds(10))
        withExtendedLifetime(slow) {}
    }
}
