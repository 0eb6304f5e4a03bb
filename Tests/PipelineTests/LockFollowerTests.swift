import Determinism
import Orders
import Pipeline
import Testing

@Suite struct LockFollowerTests {
    private static func word(_ epoch: UInt64, locked: Bool) -> EpochState {
        EpochState(epoch: epoch, isLocked: locked)
    }

    /// What the word's news are, told to the fold at once.
    private static func hear(_ word: EpochState, _ follower: inout LockFollower) -> OperatorCommand? {
        let news = follower.news(word) { LockFollower.Cause(sender: "desk", reason: "noise", waitsForOpen: true) }
        if let news { follower.observe(news) }
        return news
    }

    @Test func `each change of the word is told once`() throws {
        var follower = LockFollower()
        #expect(Self.hear(Self.word(1, locked: false), &follower) == nil)
        let flatten = try #require(Self.hear(Self.word(2, locked: true), &follower))
        #expect(flatten.request == .flatten && flatten.epoch == 2 && flatten.waitsForOpen && flatten.isOfLockWord)
        #expect(flatten.sender == ShortText("desk") && flatten.reason == ShortText("noise"))
        #expect(Self.hear(Self.word(2, locked: true), &follower) == nil)
        let arm = try #require(Self.hear(Self.word(2, locked: false), &follower))
        #expect(arm.request == .arm && arm.epoch == 2)
        #expect(Self.hear(Self.word(2, locked: false), &follower) == nil)
    }

    @Test func `a flatten under an epoch that is over, or under none, is one after all that was told`() throws {
        var follower = LockFollower()
        _ = Self.hear(Self.word(4, locked: true), &follower)
        #expect([0, 1, 3, 4, 5].map { follower.flattenEpoch(asked: $0) } == [5, 5, 5, 4, 5])
    }

    @Test func `nor is the proof of an epoch that was armed since a later flatten's own`() throws {
        var follower = LockFollower()
        #expect(follower.flattenEpoch(asked: 1) == 1 && !follower.isArmedAgain)
        _ = Self.hear(Self.word(4, locked: true), &follower)
        #expect(!follower.isArmedAgain)
        _ = Self.hear(Self.word(4, locked: false), &follower)
        #expect(follower.isArmedAgain)
        #expect([0, 3, 4, 5].map { follower.flattenEpoch(asked: $0) } == [5, 5, 5, 5])
    }

    @Test func `of several flattens the last one is told, and an older word never`() throws {
        var follower = LockFollower()
        #expect(Self.hear(Self.word(5, locked: true), &follower)?.epoch == 5)
        #expect(Self.hear(Self.word(4, locked: false), &follower) == nil)
        #expect(Self.hear(Self.word(4, locked: true), &follower) == nil)
        #expect(Self.hear(Self.word(7, locked: true), &follower)?.epoch == 7)
    }

    @Test func `an arm that is not done leaves the word locked, and nothing new to tell`() {
        var follower = LockFollower()
        _ = Self.hear(Self.word(2, locked: true), &follower)
        follower.observe(.lockWord(.arm, epoch: 2))
        #expect(!follower.isLocked)
        #expect(Self.hear(Self.word(2, locked: true), &follower) == nil)
    }

    @Test func `what it knows outlives a restart`() throws {
        var follower = LockFollower()
        _ = Self.hear(Self.word(3, locked: true), &follower)
        var saved = StateArchive()
        try follower.persist(&saved)
        var loaded = LockFollower()
        var archive = StateArchive(loading: saved.bytes)
        try loaded.persist(&archive)
        try archive.checkEnd()
        #expect(loaded.epoch == 3 && loaded.isLocked)
        #expect(Self.hear(Self.word(3, locked: true), &loaded) == nil)
    }
}
