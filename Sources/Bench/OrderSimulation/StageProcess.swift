import Determinism
import Orders
import Pipeline
import Units

/// A stage of the order path as a process of the simulation: the loop of the real process over the real fold, with a
/// simulated ring, disk and network around it.
///
/// What comes in beside the records is journaled before anything that follows from it leaves.
final class StageProcess<Stage: TradingStage>: SimulatedProcess {
    let name: ProcessName
    let disk = SimulatedDisk()
    private(set) var isAlive = true
    var stoppedUntil: UInt64 = 0
    var restartAt: UInt64 = 0
    /// Commands of operators that have reached it.
    var mailbox: [OperatorCommand] = []
    /// What the fold knows of the lock word; nil for a process that need not.
    var follower: LockFollower?

    let world: SimulatedWorld
    let inbound: [SimulatedChannel]
    let outbound: [StageRoute]
    let tap: any MessageTap
    private let make: () -> StageFold<Stage>
    private let followsLock: Bool
    /// Orders that did not leave, because the lock word was against it in the last instant.
    private var withheld: [(order: ClientOrderID, isExpired: Bool)] = []
    /// Of those, what the journal says since it was folded again.
    private var neverLeft: Set<ClientOrderID> = []
    private var isRefolding = false
    var fold: StageFold<Stage>
    var clock: MessageClock
    /// By channel into it, the next message wanted, and one that was sent at a later record than those taken.
    var next: [Int]
    private var held: [SimulatedEnvelope?]
    private var hasTaken: [Bool]
    /// Put out, and what it follows from not yet journaled.
    private var waiting: [Waiting] = []

    private struct Waiting {
        let route: Int
        let envelope: SimulatedEnvelope
        let message: StageMessage
        /// While the journal was folded again: nobody knows whether it left before.
        let isMadeAgain: Bool
        /// Until when it may leave; nil for what opens nothing.
        let deadline: Timestamp?
    }

    /// Records taken, and messages put out.
    var position = 0
    var outputCount = 0
    private var tickedAt: UInt64 = 0
    private let tickInterval: UInt64

    init(
        _ name: ProcessName, _ world: SimulatedWorld, inbound: [SimulatedChannel], outbound: [StageRoute],
        tap: any MessageTap, tickInterval: UInt64, followsLock: Bool, make: @escaping () -> StageFold<Stage>
    ) {
        self.name = name
        self.world = world
        self.inbound = inbound
        self.outbound = outbound
        self.tap = tap
        self.make = make
        self.tickInterval = tickInterval
        fold = make()
        self.followsLock = followsLock
        follower = followsLock ? LockFollower() : nil
        clock = Self.clock(of: name, after: Timestamp(nanoseconds: 0), world)
        next = inbound.map { _ in 0 }
        held = inbound.map { _ in nil }
        hasTaken = inbound.map { _ in false }
    }

    var isQuiet: Bool { mailbox.isEmpty && waiting.isEmpty && outbound.allSatisfy(\.channel.isSettled) }

    private static func clock(of name: ProcessName, after last: Timestamp, _ world: SimulatedWorld) -> MessageClock {
        MessageClock(after: last, followsMarket: name == .venue, at: Nanoseconds(Int64(world.now)))
    }

    private var messageTime: Timestamp { clock.now(Nanoseconds(Int64(world.now)), market: fold.clock.message) }

    // MARK: The loop

    func work() throws(ProcessEnded) {
        try takeRecords()
        try point()
        try takeMessages()
        try takeLock()
        try takeCommands()
        try tick()
        try poll()
        if world.random.chance(world.faults.snapshot) { try save() }
        try point()
    }

    /// A place between two steps where the process may be killed.
    private func point() throws(ProcessEnded) {
        if world.random.chance(world.faults.crash) { throw ProcessEnded(reason: "killed") }
    }

    private func takeRecords() throws(ProcessEnded) {
        let stride = world.random.draw(1...40)
        var count = 0
        while count < stride, try takeRecord() { count += 1 }
        if count > 0 { try send() }
    }

    private func takeRecord() throws(ProcessEnded) -> Bool {
        guard let record = world.tape.record(position, at: world.now) else { return false }
        record.withView { fold.take($0, sequence: UInt64(position)) }
        position += 1
        try emit()
        return true
    }

    private func takeMessages() throws(ProcessEnded) {
        var isBusy = false
        for index in inbound.indices {
            while let envelope = head(index), envelope.position <= position {
                held[index] = nil
                hasTaken[index] = true
                let message = try decoded(envelope.bytes)
                try take(index, sequence: next[index], message)
                next[index] += 1
                isBusy = true
                if world.random.chance(0.2) { break }
            }
        }
        guard isBusy else { return }
        try point()
        try send()
        try point()
        for index in inbound.indices where hasTaken[index] {
            hasTaken[index] = false
            inbound[index].acknowledge(before: next[index])
        }
    }

    private func head(_ index: Int) -> SimulatedEnvelope? {
        if held[index] == nil { held[index] = inbound[index].read(next[index], at: world.now) }
        if inbound[index].isCrossed {
            world.report(.refoldEqual, "\(inbound[index].name): took a message that its sender has replaced")
        }
        return held[index]
    }

    private func takeCommands() throws(ProcessEnded) {
        guard !mailbox.isEmpty else { return }
        let command = mailbox.removeFirst()
        // The lock word has told it already.
        if command.request == .flatten, let follower, follower.epoch >= command.epoch {
            world.answered(command, by: name)
            return
        }
        try take(SimulatedEntry.control, sequence: 0, .request(command))
        try send()
        world.answered(command, by: name)
    }

    /// What the lock word says is an input of those who have to know, as soon as it changes.
    private func takeLock() throws(ProcessEnded) {
        let cause = LockFollower.Cause(sender: "lock", waitsForOpen: world.lock.waitsForOpen)
        guard let news = follower?.news(world.lock.state, cause: { cause }) else { return }
        try take(SimulatedEntry.control, sequence: 0, .request(news))
        try send()
    }

    /// Hears what was acknowledged, sends again what was lost and what had to wait; what did not leave is an input.
    private func poll() throws(ProcessEnded) {
        for channel in inbound { world.say(channel) }
        for route in outbound { world.transmit(route.channel) }
        if !waiting.isEmpty { try send() }
        let orders = withheld
        withheld = []
        for (order, isExpired) in orders {
            try take(SimulatedEntry.control, sequence: 0, .request(Wiring.withheld(order, isExpired: isExpired)))
        }
        if !orders.isEmpty { try send() }
    }

    private func tick() throws(ProcessEnded) {
        guard fold.awaitsTime, world.now >= tickedAt + tickInterval else { return }
        tickedAt = world.now
        try take(SimulatedEntry.clock, sequence: 0, .tick)
        try send()
    }

    private func take(_ source: Int, sequence: Int, _ message: StageMessage) throws(ProcessEnded) {
        let time = messageTime
        let entry = SimulatedEntry(
            source: source, position: position, sequence: sequence, time: time, message: message)
        disk.append(entry)
        try give(entry)
    }

    /// Hands an entry to the fold, now or again.
    func give(_ entry: SimulatedEntry) throws(ProcessEnded) {
        if case .request(let command) = entry.message { follower?.observe(command) }
        world.trace("\(name.rawValue) takes \(entry.message.summary)")
        for message in tap.admit(entry.message) { fold.take(message, at: entry.time) }
        try emit(after: entry.message, at: entry.time)
    }

    // MARK: What it puts out

    /// Journals what the fold has put out, and keeps it until it may leave.
    ///
    /// - Parameters:
    ///   - cause: the message that it follows from; nil for a record.
    ///   - time: when that was taken, by the message clock.
    func emit(after cause: StageMessage? = nil, at time: Timestamp? = nil) throws(ProcessEnded) {
        let time = time ?? clock.last
        var messages: [StageMessage] = []
        fold.drain { messages.append($0) }
        for message in messages {
            for passed in tap.pass(message) { try add(passed, after: cause, at: time) }
        }
    }

    private func add(_ message: StageMessage, after cause: StageMessage?, at time: Timestamp) throws(ProcessEnded) {
        let bytes = try encoded(message)
        world.trace("\(name.rawValue) puts out \(message.summary)")
        if outputCount < disk.outputs.count {
            let before = disk.outputs[outputCount]
            if before.bytes != bytes || before.position != position {
                world.report(
                    .refoldEqual, "\(name.rawValue) output \(outputCount): \(before.message) is now \(message)")
            }
        } else {
            disk.append(SimulatedOutput(position: position, message: message, bytes: bytes))
        }
        outputCount += 1
        var deadline: Timestamp?
        if case .command(let command) = message {
            deadline = command.deadline(after: cause, at: time, life: world.approvalLife)
        }
        for (index, route) in outbound.enumerated() where route.kinds.contains(message.kind) {
            waiting.append(
                Waiting(
                    route: index, envelope: SimulatedEnvelope(position: position, bytes: bytes), message: message,
                    isMadeAgain: isRefolding, deadline: deadline))
        }
    }

    /// What came in is safe; then what follows from it leaves.
    func send() throws(ProcessEnded) {
        guard !waiting.isEmpty || hasTaken.contains(true) else { return }
        guard disk.flush(at: world.now) else { throw ProcessEnded(reason: "disk full") }
        world.flushed()
        for index in outbound.indices { leave(index) }
    }

    /// Sends what waits for one channel, in order, as far as it may go.
    private func leave(_ index: Int) {
        let channel = outbound[index].channel
        var left: [Waiting] = []
        var isBlocked = false
        for item in waiting {
            if item.route != index || isBlocked {
                left.append(item)
                continue
            }
            guard case .command(let command) = item.message else {
                leave(item, channel)
                continue
            }
            switch departure(of: command, item, channel) {
            case .waits:
                isBlocked = true
                left.append(item)
            case .withheld(let isExpired): withhold(command, item, channel, isExpired: isExpired)
            case .leaves: leave(item, channel)
            }
        }
        waiting = left
        world.transmit(channel)
    }

    private func leave(_ item: Waiting, _ channel: SimulatedChannel) {
        // What the receiver has already is only counted.
        if !channel.isNextTaken { world.left(item.message) }
        if !channel.append(item.envelope) {
            world.report(.refoldEqual, "\(channel.name): another message under the same number")
        }
    }

    /// The last act before a send, unless this world is to look away.
    private func departure(of command: VenueCommand, _ item: Waiting, _ channel: SimulatedChannel) -> Departure {
        let time = world.looksAwayFromAge ? Timestamp(nanoseconds: 0) : messageTime
        return command.departure(
            deadline: item.deadline, at: time, isVenueThere: channel.isConnected, isTaken: channel.isNextTaken
        ) {
            world.looksAway
                || world.lock.state.permits($0) && !(item.isMadeAgain && neverLeft.contains($0.order.id))
        }
    }

    /// A question about the order leaves in its place, under its number: a message that was sent under it before and
    /// has been taken must not shift those behind it. The fold is told only when it is certain that nothing left
    /// before; else the answer tells.
    private func withhold(
        _ command: VenueCommand, _ item: Waiting, _ channel: SimulatedChannel, isExpired: Bool
    ) {
        let question = StageMessage.command(command.asQuestion)
        let bytes = (try? question.bytes) ?? []
        let envelope = SimulatedEnvelope(position: item.envelope.position, bytes: bytes)
        _ = channel.append(envelope, isInPlace: true)
        if !item.isMadeAgain { withheld.append((command.order.id, isExpired)) }
    }

    // MARK: Saving

    private func save() throws(ProcessEnded) {
        guard waiting.isEmpty, disk.flush(at: world.now) else { return }
        world.flushed()
        world.snapshots += 1
        var archive = StateArchive()
        do { try fold.persist(&archive) } catch { throw ProcessEnded(reason: "cannot be saved: \(error)") }
        disk.snapshot = SimulatedSnapshot(
            position: position, entries: disk.entries.count, outputs: outputCount, time: clock.last, next: next,
            kept: outbound.map { ($0.channel.oldest, $0.channel.kept) }, state: archive.bytes, tap: tap.saved,
            follower: follower)
    }

    // MARK: Its end and its return

    func kill() {
        isAlive = false
        mailbox = []
        waiting = []
        withheld = []
        disk.lose(&world.random)
    }

    func restart() throws(ProcessEnded) {
        isAlive = true
        stoppedUntil = 0
        fold = make()
        try load()
        held = inbound.map { _ in nil }
        hasTaken = inbound.map { _ in false }
        try refold()
        for index in inbound.indices { inbound[index].restoreReceiver(next: next[index]) }
        if let command = Wiring.atStart(name) { mailbox.append(command) }
        try send()
    }

    private func load() throws(ProcessEnded) {
        let snapshot = disk.snapshot
        if let snapshot {
            var archive = StateArchive(loading: snapshot.state)
            do {
                try fold.persist(&archive)
                try archive.checkEnd()
            } catch { throw ProcessEnded(reason: "cannot be loaded: \(error)") }
        }
        tap.saved = snapshot?.tap ?? []
        follower = snapshot?.follower ?? (followsLock ? LockFollower() : nil)
        position = snapshot?.position ?? 0
        outputCount = snapshot?.outputs ?? 0
        next = snapshot?.next ?? inbound.map { _ in 0 }
        clock = Self.clock(of: name, after: snapshot?.time ?? Timestamp(nanoseconds: 0), world)
        for (index, route) in outbound.enumerated() {
            let kept = snapshot?.kept[index]
            route.channel.restoreSender(oldest: kept?.oldest ?? 0, kept: kept?.messages ?? [])
        }
    }

    /// Takes the journal's entries again, each at its place between the records, and records as far as it had got.
    private func refold() throws(ProcessEnded) {
        var last = clock.last
        neverLeft = Set(disk.entries.compactMap { Wiring.withheldOrder($0.message) })
        isRefolding = true
        defer { isRefolding = false }
        for entry in disk.entries.dropFirst(disk.snapshot?.entries ?? 0) {
            while position < entry.position {
                guard try takeRecord() else { throw ProcessEnded(reason: "a journaled record is not on the tape") }
            }
            if entry.source >= 0 { next[entry.source] = entry.sequence + 1 }
            last = max(last, entry.time)
            try give(entry)
        }
        clock = Self.clock(of: name, after: last, world)
        while outputCount < disk.outputs.count, position < disk.outputs.last?.position ?? 0 {
            guard try takeRecord() else { throw ProcessEnded(reason: "a record that was acted on is not on the tape") }
        }
        if outputCount < disk.outputs.count {
            world.report(
                .refoldEqual, "\(name.rawValue): \(disk.outputs.count - outputCount) outputs were not made again")
        }
    }

    // MARK: The codec

    private func encoded(_ message: StageMessage) throws(ProcessEnded) -> [UInt8] {
        do { return try message.bytes } catch { throw ProcessEnded(reason: "cannot be written: \(error)") }
    }

    private func decoded(_ bytes: [UInt8]) throws(ProcessEnded) -> StageMessage {
        do { return try StageMessage(bytes: bytes) } catch { throw ProcessEnded(reason: "cannot be read: \(error)") }
    }
}

/// A channel out of a process, and what goes through it.
struct StageRoute {
    let channel: SimulatedChannel
    let kinds: Set<StageMessage.Kind>
}
