import DBN
import Foundation
import Orders
import Pipeline
import Tape
import Units

/// Brings a stage from a saved state to where its journal ends, with the records of the run's tape.
struct StageRefold {
    let site: RunSite
    private let streams: StageStreams?
    /// Records taken.
    private(set) var position: UInt64

    init(site: RunSite, streams: StageStreams?, position: UInt64) {
        self.site = site
        self.streams = streams
        self.position = position
    }

    /// Takes the journal's entries again, each at its place between the records.
    ///
    /// - Parameters:
    ///   - next: by channel of the role, the first message that is not in the journal.
    ///   - time: of the message clock in the saved state.
    mutating func run<Hosted: HostedStage & ~Copyable>(
        _ entries: [InputJournal.Entry], _ fold: inout StageFold<Hosted.Stage>, _ hosted: inout Hosted,
        _ outputs: inout OutputJournal, _ outbox: inout StageOutbox, next: inout [UInt64], time: Timestamp
    ) throws -> MessageClock {
        let channels = StageChannel.into(Hosted.role).compactMap(InputSource.init(channel:))
        if next.count < channels.count { next += repeatElement(0, count: channels.count - next.count) }
        outbox.neverLeft = Set(entries.compactMap(\.withheld))
        var last = time
        var reader: RunTapeReader?
        for entry in entries {
            if position < entry.position, reader == nil { reader = try site.tape.reader(at: position) }
            while position < entry.position {
                guard let (record, sequence) = try reader?.next() else {
                    throw RingBroken(event: "record \(position) of the journal is not on the tape")
                }
                fold.take(record, sequence: sequence)
                position = sequence &+ 1
                try emit(&fold, &hosted, &outputs, &outbox, time: last)
            }
            if let index = channels.firstIndex(of: entry.source) { next[index] = entry.sequence + 1 }
            last = max(last, entry.time)
            fold.take(entry.message, at: entry.time)
            hosted.observe(entry.message, fold)
            try emit(&fold, &hosted, &outputs, &outbox, after: entry.message, time: last)
        }
        // What it had put out after its last input may have left, and comes before anything new comes in.
        if outputs.isComparing, reader == nil { reader = try site.tape.reader(at: position) }
        while outputs.isComparing, let (record, sequence) = try reader?.next() {
            fold.take(record, sequence: sequence)
            position = sequence &+ 1
            try emit(&fold, &hosted, &outputs, &outbox, time: last)
        }
        hosted.secure(fold)
        try outputs.flush()
        var clock = MessageClock(of: Hosted.role, after: last)
        try outbox.send(at: clock.now(fold.clock))
        return clock
    }

    private func emit<Hosted: HostedStage & ~Copyable>(
        _ fold: inout StageFold<Hosted.Stage>, _ hosted: inout Hosted, _ outputs: inout OutputJournal,
        _ outbox: inout StageOutbox, after cause: StageMessage? = nil, time: Timestamp
    ) throws {
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        for message in messages {
            hosted.observe(message, fold)
            try outputs.append(message, at: position)
            outbox.add(message, at: position, after: cause, time: time, isMadeAgain: true)
            streams?.add(message, at: position)
        }
        if hosted.hasManyUnrecorded { try hosted.record() }
    }
}
