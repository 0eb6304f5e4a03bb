import Control
import Foundation
import Orders
import Platform
import TestSupport
import Testing

@Suite struct EpochWordTests {
    @Test func `a new word is epoch 1 and not locked, in a private file`() throws {
        let state = try Scratch()
        #expect(try EpochWord.current(stateDirectory: state.path) == nil)
        let word = try EpochWord(stateDirectory: state.path)
        #expect(word.load() == EpochState(epoch: 1, isLocked: false))
        #expect(try state.mode("epoch") == 0o600)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: state.file("epoch")))
        #expect(bytes.count == 4_096)
        #expect(Array(bytes.prefix(16)) == Array("LHEPOCH1".utf8) + [2, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `raising locks for everybody, and outlives who raised it`() throws {
        let state = try Scratch()
        let other = try EpochWord(stateDirectory: state.path)
        do {
            let word = try EpochWord(stateDirectory: state.path)
            #expect(word.raiseAndLock() == EpochState(epoch: 2, isLocked: true))
            try word.sync()
        }
        #expect(other.load() == EpochState(epoch: 2, isLocked: true))
        #expect(other.raiseAndLock().epoch == 3, "locked already: the epoch still counts up")
    }

    @Test func `only the epoch that is in force can be unlocked`() throws {
        let state = try Scratch()
        let word = try EpochWord(stateDirectory: state.path)
        word.raiseAndLock()
        word.raiseAndLock()
        #expect(!word.unlock(ifEpochIs: 2), "somebody locked again")
        #expect(word.load().isLocked)
        #expect(word.unlock(ifEpochIs: 3))
        #expect(word.load() == EpochState(epoch: 3, isLocked: false))
        #expect(word.unlock(ifEpochIs: 3), "not locked is what was asked for")
    }

    @Test func `an older word is brought up to what a run was told, and no lock comes off`() throws {
        func caughtUp(_ raises: Int, isLocked: Bool, with state: EpochState) throws -> EpochState {
            let directory = try Scratch()
            let word = try EpochWord(stateDirectory: directory.path)
            for _ in 0..<raises { word.raiseAndLock() }
            if !isLocked { _ = word.unlock(ifEpochIs: word.load().epoch) }
            let before = word.load()
            #expect(word.catchUp(with: state) == (before.epoch < state.epoch))
            #expect(try EpochWord.current(stateDirectory: directory.path) == word.load())
            return word.load()
        }
        let open = EpochState(epoch: 5, isLocked: false), locked = EpochState(epoch: 5, isLocked: true)
        #expect(try caughtUp(1, isLocked: false, with: open) == open)
        #expect(try caughtUp(1, isLocked: false, with: locked) == locked)
        let unheard = EpochState(epoch: 6, isLocked: true)
        #expect(try caughtUp(1, isLocked: true, with: open) == unheard)
        #expect(try caughtUp(4, isLocked: true, with: open) == locked, "not older")
        #expect(try caughtUp(7, isLocked: false, with: locked) == EpochState(epoch: 8, isLocked: false), "newer")
    }

    @Test func `raised by many at once, each gets an epoch of its own`() throws {
        let state = try Scratch()
        let words = try (0..<4).map { _ in try EpochWord(stateDirectory: state.path) }
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            for _ in 0..<5_000 { words[index].raiseAndLock() }
        }
        #expect(words[0].load() == EpochState(epoch: 20_001, isLocked: true))
    }

    @Test func `a file that is no epoch word, or not private, is refused`() throws {
        let state = try Scratch()
        try Data(repeating: 7, count: 4_096).write(to: URL(fileURLWithPath: state.file("epoch")))
        try state.setMode(0o600, of: "epoch")
        #expect(throws: PrivatePathError.kind(path: state.file("epoch"), expected: "an epoch word")) {
            try EpochWord(stateDirectory: state.path)
        }
        try state.setMode(0o644, of: "epoch")
        #expect(throws: PrivatePathError.self) { try EpochWord(stateDirectory: state.path) }
        try Data([1]).write(to: URL(fileURLWithPath: state.file("epoch")))
        try state.setMode(0o600, of: "epoch")
        #expect(throws: PrivatePathError.size(path: state.file("epoch"), found: 1, expected: 4_096)) {
            try EpochWord(stateDirectory: state.path)
        }
    }
}
