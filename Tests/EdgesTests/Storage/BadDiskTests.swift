import Foundation
import Glibc
import Platform
import Storage
import TestSupport
import Testing

/// Journals on a disk that takes nothing.
@Suite struct StorageBadDiskTests {
    private func frame(_ sequence: UInt64) -> JournalFrame { JournalFrame(type: 1, sequence: sequence, time: 0) }

    /// While the body runs every write to the open file fails: its descriptor is that of `/dev/full`.
    private func withoutSpace(_ path: String, _ body: () throws -> Void) throws {
        try with("/dev/full", insteadOf: path, body)
    }

    /// While the body runs the disk takes every write and forgets it, and every sync fails, as that of `/dev/null`.
    private func losingWrites(_ path: String, _ body: () throws -> Void) throws {
        try with("/dev/null", insteadOf: path, body)
    }

    private func with(_ device: String, insteadOf path: String, _ body: () throws -> Void) throws {
        let descriptor = try #require(Self.descriptor(of: path))
        let real = dup(descriptor), other = open(device, O_RDWR)
        defer {
            dup2(real, descriptor)
            close(real)
            close(other)
        }
        try #require(dup2(other, descriptor) == descriptor)
        try body()
    }

    /// What can be read of a journal: the sequences of its frames.
    private func sequences(_ path: String) throws -> [UInt64] {
        var reader = try JournalReader(path)
        var sequences: [UInt64] = []
        while try reader.next({ frame, _ in sequences.append(frame.sequence) }) {}
        return sequences
    }

    /// What the body throws; a macro cannot capture what cannot be copied.
    private func failure(_ body: () throws -> Void) -> (any Error)? {
        do { try body() } catch { return error }
        return nil
    }

    private static func descriptor(of path: String) -> Int32? {
        let wanted = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (3..<1_024 as Range<Int32>).first { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) == wanted
        }
    }

    @Test func `what a disk does not take is kept, said and written as soon as it does`() throws {
        let directory = try Scratch()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        writer.keepReserve(0)
        try withoutSpace(path) {
            // More than the file's buffer holds.
            for number in 1...2_000 as ClosedRange<UInt64> {
                try writer.append(frame(number), Array(repeating: 7, count: 100))
            }
            try writer.flush()
            let (isUnwritten, isLow) = (writer.isUnwritten, writer.isLow)
            #expect(isUnwritten && isLow)
            #expect(failure { _ = try writer.checkpoint() } != nil, "a state saved now would not have it")
        }
        try writer.flush()
        let isUnwritten = writer.isUnwritten
        #expect(!isUnwritten)
        let position = try writer.checkpoint()
        #expect(position.frameCount == 2_000)
        try writer.finish()
        var reader = try JournalReader(path)
        var sequences: [UInt64] = []
        while try reader.next({ frame, payload in sequences.append(payload.count == 100 ? frame.sequence : 0) }) {}
        #expect(sequences == Array(1...2_000))
    }

    @Test func `without a reserve it is an error at once`() throws {
        let directory = try Scratch()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        try withoutSpace(path) {
            try writer.append(frame(1), [1])
            #expect(failure { try writer.flush() } != nil)
        }
        try writer.flush()
        try writer.finish()
    }

    @Test func `what a failed sync has lost is written again before another one counts`() throws {
        let directory = try Scratch()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        writer.keepReserve(0)
        try writer.append(frame(1), [1])
        try writer.sync()
        try losingWrites(path) {
            try writer.append(frame(2), [2])
            try writer.sync()
            // A flush alone says nothing of the disk.
            try writer.append(frame(3), [3])
            try writer.flush()
            let (isUnwritten, isLow) = (writer.isUnwritten, writer.isLow)
            #expect(isUnwritten && isLow)
        }
        try writer.append(frame(4), [4])
        try writer.sync()
        let isUnwritten = writer.isUnwritten
        #expect(!isUnwritten)
        try writer.finish()
        #expect(try sequences(path) == [1, 2, 3, 4])
    }

    @Test func `what is not in memory any more when a sync fails keeps the journal failed`() throws {
        let directory = try Scratch()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        writer.keepReserve(0)
        try losingWrites(path) {
            for number in 1...1_000 as ClosedRange<UInt64> {
                try writer.append(frame(number), Array(repeating: 7, count: 100))
            }
            try writer.sync()
        }
        for number in 1_001...1_100 as ClosedRange<UInt64> {
            try writer.append(frame(number), Array(repeating: 7, count: 100))
            try writer.sync()
            let (isUnwritten, isLow) = (writer.isUnwritten, writer.isLow)
            #expect(isUnwritten && isLow)
        }
        #expect(failure { _ = try writer.checkpoint() } != nil)
        #expect(failure { try writer.finish() } != nil)
    }

    @Test func `without a reserve a failed sync is an error, and the next one writes again`() throws {
        let directory = try Scratch()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        try losingWrites(path) {
            try writer.append(frame(1), [1])
            #expect(failure { try writer.sync() } != nil)
        }
        try writer.finish()
        #expect(try sequences(path) == [1])
    }
}
