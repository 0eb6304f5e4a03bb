import Foundation
import Glibc
import Platform
import Storage
import Testing

/// Journals on a disk that takes nothing.
@Suite struct StorageBadDiskTests {
    private func frame(_ sequence: UInt64) -> JournalFrame { JournalFrame(type: 1, sequence: sequence, time: 0) }

    /// While the body runs every write to the open file fails: its descriptor is that of `/dev/full`.
    private func withoutSpace(_ path: String, _ body: () throws -> Void) throws {
        let descriptor = try #require(Self.descriptor(of: path))
        let real = dup(descriptor), full = open("/dev/full", O_RDWR)
        defer {
            dup2(real, descriptor)
            close(real)
            close(full)
        }
        try #require(dup2(full, descriptor) == descriptor)
        try body()
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
        let directory = try TemporaryDirectory()
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
        let directory = try TemporaryDirectory()
        let path = directory.file("a.journal")
        var writer = try JournalWriter.create(path)
        try withoutSpace(path) {
            try writer.append(frame(1), [1])
            #expect(failure { try writer.flush() } != nil)
        }
        try writer.flush()
        try writer.finish()
    }
}
