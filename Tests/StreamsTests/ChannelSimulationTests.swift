import Determinism
import Testing
import Units

@testable import Streams

/// Both halves of the protocol over a made-up connection that loses, repeats and breaks, in logical time.
private struct ChannelWorld {
    static let session = ChannelSession(channel: "orders", run: 7)
    static let step = Nanoseconds.milliseconds(10)

    var generator: SeededGenerator
    var limits = ChannelLimits()
    var now = Nanoseconds.zero
    /// What the receiver's owner has on its disk.
    var journal: [UInt64] = []
    /// Frames on their way, oldest first.
    var toReceiver: [[UInt8]] = []
    var toSender: [[UInt8]] = []
    var senderEvents: [ChannelEvent] = []
    var receiverEvents: [ChannelEvent] = []

    init(seed: UInt64, capacity: Int = 64) {
        generator = SeededGenerator(seed: seed)
        limits.capacity = capacity
        limits.messageByteCountMax = 8
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    /// The sender hands over what it may, of which some is lost or doubled.
    mutating func pump(_ sender: inout SenderState, loss: Int) {
        while let sequence = sender.toSend(now: now) {
            let bytes = Array(sender.message(sequence))
            sender.didSend(now: now)
            if chance(loss) { continue }
            toReceiver.append(bytes)
            if chance(loss) { toReceiver.append(bytes) }
        }
        let due = sender.tick(now: now)
        if let event = due.event { senderEvents.append(event) }
        if due.beat { toReceiver.append(sender.own(.beat, sender.cursor).bytes) }
    }

    mutating func hear(_ sender: inout SenderState) {
        for bytes in toSender {
            guard let (frame, _) = bytes.withUnsafeBytes({ ChannelFrame.read($0) }) else { continue }
            let answer = sender.take(frame, now: now)
            if let event = answer.event { senderEvents.append(event) }
            if let reply = answer.reply { toReceiver.append(reply.bytes) }
        }
        toSender = []
    }

    mutating func hear(_ receiver: inout ReceiverState) {
        for bytes in toReceiver {
            bytes.withUnsafeBytes { raw in
                guard let (frame, payload) = ChannelFrame.read(raw) else { return }
                switch receiver.take(frame, now: now) {
                case .message:
                    journal.append(payload.loadUnaligned(as: UInt64.self))
                    if chance(70) { receiver.acknowledge(through: frame.sequence) }
                case .event(let event): receiverEvents.append(event)
                case .nothing: break
                }
            }
        }
        toReceiver = []
        let due = receiver.tick(now: now)
        if let event = due.event { receiverEvents.append(event) }
        if let frame = due.say { toSender.append(frame.bytes) }
    }

    mutating func breakConnection() {
        toReceiver = []
        toSender = []
    }
}

extension SenderState {
    fileprivate mutating func append(number: UInt64) -> UInt64? { withUnsafeBytes(of: number) { append($0) } }
}

@Suite struct ChannelSimulationTests {
    private static let count: UInt64 = 600

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `every message arrives once and in order, whatever is lost, doubled, cut or killed`(seed: UInt64) {
        var world = ChannelWorld(seed: seed, capacity: 8)
        var sender = SenderState(ChannelWorld.session, world.limits, ChannelOutbox())
        var receiver = ReceiverState(ChannelWorld.session, world.limits, next: 0)
        var (made, turns, restarts, fullTurns) = (UInt64(0), 0, 0, 0)
        while world.journal.count < Self.count, turns < 50_000 {
            turns += 1
            world.now = world.now + ChannelWorld.step
            for _ in 0..<Int.random(in: 0...3, using: &world.generator) where made < Self.count {
                if let sequence = sender.append(number: made) {
                    #expect(sequence == made)
                    made += 1
                } else {
                    fullTurns += 1
                }
            }
            world.pump(&sender, loss: 5)
            if world.chance(50) { world.hear(&receiver) }
            if world.chance(50) { world.hear(&sender) }
            if world.chance(2) { world.breakConnection() }
            if world.chance(1) {
                restarts += 1
                world.breakConnection()
                sender = SenderState(ChannelWorld.session, world.limits, sender.outbox)
            }
            if world.chance(1) {
                restarts += 1
                world.breakConnection()
                receiver = ReceiverState(ChannelWorld.session, world.limits, next: UInt64(world.journal.count))
            }
        }
        #expect(world.journal == Array(0..<Self.count), "seed \(seed)")
        #expect(restarts > 1 && fullTurns > 0, "seed \(seed): \(restarts) restarts, \(fullTurns) full")
        // Nothing was ever beyond repair.
        for event in world.senderEvents + world.receiverEvents {
            #expect(event == .connected || event == .disconnected, "seed \(seed): \(event)")
        }
    }

    @Test func `a sender that makes its messages again after a restart does not send what the receiver has`() {
        var world = ChannelWorld(seed: 1)
        var sender = SenderState(ChannelWorld.session, world.limits, ChannelOutbox())
        var receiver = ReceiverState(ChannelWorld.session, world.limits, next: 0)
        func turn(_ world: inout ChannelWorld, _ sender: inout SenderState, _ receiver: inout ReceiverState) {
            for _ in 0..<40 {
                world.now = world.now + ChannelWorld.step
                world.pump(&sender, loss: 0)
                world.hear(&receiver)
                if receiver.next > 0 { receiver.acknowledge(through: receiver.next - 1) }
                world.hear(&sender)
            }
        }
        let saved = sender.outbox
        for number in 0..<10 as Range<UInt64> { _ = sender.append(number: number) }
        turn(&world, &sender, &receiver)
        #expect(world.journal == Array(0..<10) && sender.unacknowledgedCount == 0)

        // From the state before the ten, without replay: an error at both ends, and nothing flows.
        sender = SenderState(ChannelWorld.session, world.limits, saved)
        receiver = ReceiverState(ChannelWorld.session, world.limits, next: 10)
        world.senderEvents = []
        world.receiverEvents = []
        turn(&world, &sender, &receiver)
        #expect(world.senderEvents.contains(.ahead(wanted: 10, next: 0)))
        #expect(world.receiverEvents == [.ahead(wanted: 10, next: 0)], "told once")
        #expect(!sender.isConnected && !receiver.isConnected)

        // With replay: the ten are made again, count as acknowledged, and the eleventh arrives.
        var replayed = saved
        replayed.isReplayed = true
        sender = SenderState(ChannelWorld.session, world.limits, replayed)
        receiver = ReceiverState(ChannelWorld.session, world.limits, next: 10)
        turn(&world, &sender, &receiver)
        for number in 0..<11 as Range<UInt64> { #expect(sender.append(number: number) == number) }
        #expect(sender.oldest == 10)
        turn(&world, &sender, &receiver)
        #expect(world.journal == Array(0..<11) && sender.unacknowledgedCount == 0)
    }

    @Test func `a receiver that asks for what the sender has forgotten is told what is gone`() {
        var world = ChannelWorld(seed: 1)
        var sender = SenderState(
            ChannelWorld.session, world.limits, ChannelOutbox(firstSequence: 20, messages: [[1], [2]]))
        var receiver = ReceiverState(ChannelWorld.session, world.limits, next: 5)
        world.hear(&receiver)
        world.hear(&sender)
        world.hear(&receiver)
        #expect(world.senderEvents == [.gone(wanted: 5, oldest: 20)])
        #expect(world.receiverEvents == [.gone(wanted: 5, oldest: 20)])
        #expect(sender.toSend(now: world.now) == nil && sender.unacknowledgedCount == 2)
    }

    @Test func `ends of two runs, or of two channels, do not speak`() {
        for other in [ChannelSession(channel: "orders", run: 8), ChannelSession(channel: "fills", run: 7)] {
            var world = ChannelWorld(seed: 1)
            var sender = SenderState(
                ChannelWorld.session, world.limits, ChannelOutbox(firstSequence: 0, messages: [[1]]))
            var receiver = ReceiverState(other, world.limits, next: 0)
            world.hear(&receiver)
            world.hear(&sender)
            world.hear(&receiver)
            #expect(world.senderEvents == [.stranger(other)])
            #expect(world.receiverEvents == [.stranger(ChannelWorld.session)])
            #expect(world.journal.isEmpty && sender.toSend(now: world.now) == nil)
        }
    }

    @Test func `an outbox takes as many messages as it has room for, and more once they are acknowledged`() {
        var world = ChannelWorld(seed: 1, capacity: 4)
        var sender = SenderState(ChannelWorld.session, world.limits, ChannelOutbox())
        for number in 0..<4 as Range<UInt64> { #expect(sender.append(number: number) == number) }
        #expect(sender.isFull && sender.append(number: 4) == nil && sender.next == 4)
        var receiver = ReceiverState(ChannelWorld.session, world.limits, next: 0)
        world.hear(&receiver)
        world.hear(&sender)
        world.pump(&sender, loss: 0)
        world.hear(&receiver)
        receiver.acknowledge(through: 1)
        _ = sender.take(receiver.state(.acknowledge), now: world.now)
        #expect(sender.unacknowledgedCount == 2 && sender.append(number: 4) == 4)
        #expect(sender.outbox.firstSequence == 2 && sender.outbox.messages.count == 3)
    }

    @Test func `an unanswered message is sent again, each time after twice the time`() {
        var world = ChannelWorld(seed: 1)
        world.limits.silence = .seconds(1_000)
        var sender = SenderState(ChannelWorld.session, world.limits, ChannelOutbox())
        var receiver = ReceiverState(ChannelWorld.session, world.limits, next: 0)
        world.hear(&receiver)
        world.hear(&sender)
        _ = sender.append(number: 1)
        world.toReceiver = []
        var sent: [Int64] = []
        for _ in 0..<1_000 {
            world.now = world.now + ChannelWorld.step
            if sender.toSend(now: world.now) != nil {
                sent.append(world.now.count / 1_000_000)
                sender.didSend(now: world.now)
            }
            _ = sender.tick(now: world.now)
        }
        // 10 ms, then after 0.5 s, 1 s, 2 s, 4 s, each with a step of the simulation.
        #expect(sent == [10, 530, 1_550, 3_570, 7_590])
    }

    @Test func `an outbox is what it was after it was saved and loaded`() throws {
        var outbox = ChannelOutbox(firstSequence: 41, messages: [[1, 2, 3], [], [4]], isReplayed: true)
        var archive = StateArchive()
        try archive.field(&outbox)
        var loading = StateArchive(loading: archive.bytes)
        var loaded = ChannelOutbox()
        try loading.field(&loaded)
        try loading.checkEnd()
        #expect(loaded == outbox)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `bytes that no end wrote are told from those that one did`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let session = ChannelSession(channel: "fills", run: 3)
        var sender = SenderState(session, ChannelLimits(), ChannelOutbox())
        let payload: [UInt8] = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
        _ = payload.withUnsafeBytes { sender.append($0) }
        let whole = Array(sender.message(0))
        let read = whole.withUnsafeBytes { raw in ChannelFrame.read(raw).map { ($0.frame, Array($0.payload)) } }
        #expect(read?.0 == ChannelFrame(kind: .data, session: session, sequence: 0) && read?.1 == payload)
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            #expect(damaged.withUnsafeBytes { ChannelFrame.read($0) == nil }, "seed \(seed): byte \(index)")
        }
        for count in 0..<whole.count {
            #expect(whole[..<count].withUnsafeBytes { ChannelFrame.read($0) == nil }, "seed \(seed): \(count) bytes")
        }
    }
}
