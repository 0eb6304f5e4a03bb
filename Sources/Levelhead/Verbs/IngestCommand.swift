import ArgumentParser
import Foundation
import LiveFeed
import Platform
import Ring
import Tape
import Units

/// `levelhead ingest`: reads tapes into a shared-memory ring.
struct IngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Reads tapes into a ring in shared memory, at the pace of its readers.",
        discussion: """
            The ring carries the merged records with their sequence numbers. It waits for readers that register as \
            pacing, so that none of them loses a record. What was read is printed as one JSON object at the end.

            Example: levelhead ingest --tape tape/ --ring /dev/shm/levelhead-ring
            """)

    @OptionGroup var input: TapeOptions

    @Option(help: ArgumentHelp("The ring's file in shared memory.", valueName: "path"))
    var ring: String?

    @OptionGroup var process: ProcessOptions

    @OptionGroup var live: LiveOptions

    @Option(help: ArgumentHelp("For a run: 1x for the tape's own pace, 10x, 0.5x, or max.", valueName: "speed"))
    var speed: SpeedArgument?

    @Flag(help: "For a run: stay at the end of the tape, until a signal.")
    var stay = false

    @Option(help: ArgumentHelp("Bytes of the --ring, a power of two (default: 67108864).", valueName: "n"))
    var ringBytes: Int?

    @Option(
        help: ArgumentHelp(
            "Records to pass over: the first one written to the --ring has this number.", valueName: "n"))
    var skip: UInt64?

    @Flag(help: "Write nothing to the --ring before a pacing reader has registered.")
    var awaitReader = false

    @Option(help: ArgumentHelp("Fill the --ring only until this process is gone.", valueName: "pid"))
    var onlyFor: Int32?

    func validate() throws {
        if !input.tape.isEmpty { try live.checkUnused() }
        if ring == nil { try validateOfRun() } else { try validateOfRing() }
    }

    private func validateOfRing() throws {
        if let option = Self.first([("--stay", stay), ("--speed", speed != nil)]) {
            throw ValidationError("\(option) is for a run, not for a --ring alone.")
        }
        if input.tape.isEmpty { throw ValidationError("--ring needs the --tape to fill it from.") }
        guard RingLayout.isValid(capacity: capacity) else {
            throw ValidationError(
                "--ring-bytes \(capacity): expected a power of two from \(RingLayout.capacityMin) to "
                    + "\(RingLayout.capacityMax)")
        }
    }

    private func validateOfRun() throws {
        let ofRing = [
            ("--skip", skip != nil), ("--await-reader", awaitReader), ("--only-for", onlyFor != nil),
        ]
        if let option = Self.first(ofRing) { throw ValidationError("\(option) is for a --ring alone, not for a run.") }
        if ringBytes != nil {
            throw ValidationError("--ring-bytes is for a --ring alone: that of a run is as ring.bytes says.")
        }
        let ofTape = [
            ("--speed", speed != nil), ("--stay", stay), ("--from", input.from != nil), ("--to", input.to != nil),
        ]
        guard input.tape.isEmpty, let option = Self.first(ofTape) else { return }
        throw ValidationError("\(option) needs a --tape: a live feed has its own pace and no end.")
    }

    private static func first(_ given: [(String, Bool)]) -> String? { given.first(where: \.1)?.0 }

    /// Bytes of a ring alone.
    private var capacity: Int { ringBytes ?? 1 << 26 }

    func run() throws {
        guard let ring else { return try runInRun() }
        try fill(ring)
    }

    /// The input of a run that `levelhead up` or a service manager has begun.
    private func runInRun() throws {
        try reportingToSupervisor {
            try process.beginProcess(.ingest)
            let site = try process.site()
            do {
                let paths = input.tape.isEmpty ? [] : try TapePaths.expand(input.tape)
                try IngestInput.check(site, tapes: paths)
                if paths.isEmpty {
                    try LiveIngest(site, live.asBegun(site).source).run()
                } else {
                    let tape = try MergedTape.open(paths)
                    try TapeIngest(site, speed: speed?.multiple, stays: stay).run(tape, window: input.window)
                }
                try process.printResult(.ingest, site)
            } catch
                where !StorageSpace.isMissing(error)
                && (error is TapeError || error is LiveKeyError || error is LiveIngestError || error is AnotherInput)
            {
                // It will not be better next time.
                Terminal.writeError("levelhead: \(error)")
                throw ExitCode(Supervisor.badInput)
            }
        }
    }

    private func fill(_ ring: String) throws {
        try reportingErrors {
            var feed = TapeFeed(try MergedTape.open(try TapePaths.expand(input.tape)), window: input.window)
            let file = try newRing(ring)
            let memory = try RingMemory(attaching: file.bytes, owner: file)
            if awaitReader {
                while !memory.readers().contains(where: \.isPacing) {
                    guard !isAbandoned else {
                        try SharedMemoryFile.remove(path: ring)
                        throw ExitCode.failure
                    }
                    usleep(1_000)
                }
            }
            do {
                try feed.skip(to: skip ?? 0)
                try RingIngest.run(
                    &feed, into: memory, identity: SharedMemoryProcess.current,
                    isReaderDead: { !SharedMemoryProcess.isAlive($0) }, isAbandoned: { _ in isAbandoned })
            } catch {
                // Half a tape must not look like a whole one to readers that come later.
                try SharedMemoryFile.remove(path: ring)
                throw error
            }
            // The run may have died before it could take the ring's name away.
            if isAbandoned { try SharedMemoryFile.remove(path: ring) }
            print(String(decoding: try JSONEncoder().encode(feed.finish()), as: UTF8.self))
        }
    }

    /// The process that this one works for is gone. It may have died before this one looked, so its number is told.
    private var isAbandoned: Bool { onlyFor.map { getppid() != $0 } ?? false }

    /// A ring of this run alone: what an earlier one left holds other records, and may be retired.
    private func newRing(_ ring: String) throws -> SharedMemoryFile {
        let byteCount = RingLayout.byteCount(capacity: capacity)
        while true {
            var isNew = false
            let file = try SharedMemoryFile.own(path: ring, byteCount: byteCount) { bytes in
                RingMemory.format(bytes, capacity: capacity, pacing: .paced, firstSequence: skip ?? 0)
                isNew = true
            }
            if isNew { return file }
            // Owned by us now, so by no living writer.
            try SharedMemoryFile.remove(path: file.path)
        }
    }
}

/// The tapes of a run and the part of them that is wanted.
struct TapeOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("DBN files or directories of them; may be repeated.", valueName: "path"))
    var tape: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only records received at or after this time: ISO 8601, UTC unless it names an offset, or ns.",
            valueName: "time"))
    var from: TimeArgument?

    @Option(help: ArgumentHelp("Only records received before this time.", valueName: "time"))
    var to: TimeArgument?

    func validate() throws {
        if let from, let to, from.time > to.time { throw ValidationError("--from is after --to.") }
    }

    /// Receive times, ns; nil for all there are.
    var window: Range<UInt64>? {
        from == nil && to == nil ? nil : (from?.time.nanoseconds ?? 0)..<(to?.time.nanoseconds ?? .max)
    }

    /// The same options as arguments for another process.
    var arguments: [String] {
        tape.flatMap { ["--tape", $0] } + (from.map { ["--from", "\($0.time.nanoseconds)"] } ?? [])
            + (to.map { ["--to", "\($0.time.nanoseconds)"] } ?? [])
    }
}
