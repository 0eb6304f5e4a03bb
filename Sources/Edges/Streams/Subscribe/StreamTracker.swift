import Orders
import Units

/// The subscriber without its sockets: puts frames in order, finds what is missing, asks for it, and tells what is
/// lost.
struct StreamTracker {
    /// A request that is not about a topic's gap.
    private struct Inquiry {
        let kind: SnapshotRequest.Kind
        /// Nil for all topics.
        var topic: StreamTopic?
        var id: UInt64 = 0
        var sentAt: Nanoseconds?
        var isOpen = true
        /// Topics of the answer so far, wanted or not.
        var topics: [StreamTopic] = []
    }

    private struct PastRun {
        let run: UInt64
        /// The next frame of each topic that was known.
        let next: [StreamTopic: UInt64]
    }

    let filters: [TopicFilter]
    let options: StreamSubscriber.Options
    var ready = OutputQueue()
    private(set) var run: UInt64?
    /// Runs that others have followed: what may still come of them is of no use, until one is taken up again.
    private var pastRuns: [PastRun] = []
    private(set) var skippedCount: UInt64 = 0
    private(set) var duplicateCount: UInt64 = 0
    private(set) var filledCount: UInt64 = 0
    private var tracks: [TopicTrack] = []
    private var indices: [StreamTopic: Int] = [:]
    private var inquiries = [Inquiry(kind: .schema), Inquiry(kind: .snapshot)]
    private var lastID: UInt64 = 0
    private var lastHeard: Nanoseconds?
    private var isSilent = false
    /// The publisher has said that nothing follows; and that is told.
    private var (hasEnded, isEndTold) = (false, false)
    /// How far each topic goes then.
    private var ends: [(topic: StreamTopic, next: UInt64)] = []
    private var lastTick: Nanoseconds?
    /// What was last told of the publisher's values.
    private var quality: DataQuality = []

    init(filters: [TopicFilter], options: StreamSubscriber.Options) {
        self.filters = filters
        self.options = options
    }

    // MARK: What arrives

    /// A message of the feed. True when it is the next frame of its topic: the caller hands it out as it is.
    mutating func take(_ frame: StreamFrame, now: Nanoseconds) -> Bool {
        // Of the past, unless the run that followed it has fallen silent.
        if !isSilent, pastRuns.contains(where: { $0.run == frame.run }) { return false }
        hear(now: now)
        note(run: frame.run)
        note(isLast: frame.kind == .heartbeat && frame.columnCount == 1)
        switch frame.kind {
        case .heartbeat:
            note(quality: DataQuality(rawValue: frame.stamp.quality))
            let heads = frame.heads.filter { wants($0.topic) }
            for head in heads { see(head.topic, next: head.next, now: now) }
            if hasEnded { ends = heads.map { ($0.topic, $0.next) } }
            return false
        case .schema:
            guard let topic = StreamTopic(String(frame.topic.name.dropFirst("schema.".count))), wants(topic) else {
                return false
            }
            ready.add(.event(.schema(topic: topic, json: Array(frame.payload))))
            return false
        case .vector, .signal, .verdict, .order, .fill, .text, .strikes:
            return wants(frame.topic) && takeLive(frame, now: now)
        }
    }

    private mutating func note(quality said: DataQuality) {
        let now = said.intersection(StreamEvent.feedFlags)
        guard now != quality else { return }
        quality = now
        ready.add(.event(.quality(now)))
    }

    private mutating func note(isLast: Bool) {
        if hasEnded, !isLast { isEndTold = false }
        hasEnded = isLast
    }

    /// How long a silent publisher is asked for what is missing: one that has ended answers no more.
    private var silentPatience: Nanoseconds { hasEnded ? .zero : options.patience * 4 }

    private mutating func takeLive(_ frame: StreamFrame, now: Nanoseconds) -> Bool {
        let index = self.index(of: frame.topic)
        let sequence = frame.sequence
        guard let next = tracks[index].next ?? (options.start == .newest ? sequence : nil) else { return false }
        guard sequence >= next else {
            duplicateCount += 1
            return false
        }
        if options.conflates {
            if tracks[index].newest != nil { skippedCount += 1 }
            skippedCount += sequence - next
            tracks[index].newest = Array(frame.bytes)
            tracks[index].next = sequence + 1
            return false
        }
        if sequence == next, tracks[index].fill == nil, tracks[index].firstHeld == nil {
            tracks[index].next = sequence + 1
            return true
        }
        tracks[index].next = next
        tracks[index].hold(frame)
        if tracks[index].fill == nil { advance(index, now: now) }
        return false
    }

    /// What a heartbeat says of a topic: everything below `next` was sent before it on the same connection.
    private mutating func see(_ topic: StreamTopic, next head: UInt64, now: Nanoseconds) {
        let index = self.index(of: topic)
        guard tracks[index].fill == nil, let next = tracks[index].next, head > next else { return }
        if options.conflates { return askForNewest(of: topic) }
        ask(index, through: head - 1, since: now)
    }

    /// Asks for a topic's newest frame, unless that has been asked and not answered.
    private mutating func askForNewest(of topic: StreamTopic) {
        if inquiries.contains(where: { $0.topic == topic && $0.isOpen }) { return }
        inquiries.removeAll { $0.topic == topic }
        inquiries.append(Inquiry(kind: .snapshot, topic: topic))
    }

    /// The two parts of a reply of the snapshot socket.
    mutating func take(_ reply: SnapshotReply, _ payload: UnsafeRawBufferPointer, now: Nanoseconds) {
        // Another run makes itself known by the feed first; that it answers is no sign of this one's life.
        guard run == nil || reply.run == run else { return }
        hear(now: now)
        if run == nil { note(run: reply.run) }
        if let place = inquiries.firstIndex(where: { $0.isOpen && $0.id == reply.id }) {
            takeAnswer(reply, payload, of: place, now: now)
        } else if let topic = reply.topic, let index = indices[topic], let fill = tracks[index].fill {
            // Frames say themselves where they belong, also in a late answer to an earlier request.
            if fill.id == reply.id || reply.kind == .frame || reply.kind == .gone {
                takeFill(reply, payload, index, now: now)
            }
        }
    }

    private mutating func takeAnswer(
        _ reply: SnapshotReply, _ payload: UnsafeRawBufferPointer, of place: Int, now: Nanoseconds
    ) {
        inquiries[place].sentAt = now
        switch reply.kind {
        case .schema:
            guard let topic = reply.topic else { return }
            inquiries[place].topics.append(topic)
            guard wants(topic) else { return }
            ready.add(.event(.schema(topic: topic, json: Array(payload))))
            let index = index(of: topic)
            tracks[index].begun = tracks[index].begun ?? reply.first
            beginQuietTopics()
        case .frame:
            guard let frame = try? StreamFrame(payload), wants(frame.topic) else { return }
            if takeLive(frame, now: now) { ready.add(.frame(Array(payload))) }
        case .end:
            inquiries[place].isOpen = false
            if inquiries[place].kind == .schema { tellAbsent(inquiries[place].topics) }
            beginQuietTopics()
        case .unknownTopic: inquiries[place].isOpen = false
        case .gone, .malformed: break
        }
    }

    /// A topic without a newest frame begins with what comes after it was told of: that could be lost like any other,
    /// and is missed only when it is known to come.
    private mutating func beginQuietTopics() {
        let isAnswered = !inquiries.contains { $0.kind == .snapshot && $0.topic == nil && $0.isOpen }
        for index in tracks.indices where tracks[index].next == nil {
            guard let begun = tracks[index].begun, isAnswered || begun == 0 else { continue }
            tracks[index].next = begun
        }
    }

    /// Who waits for what nobody publishes would wait for ever.
    private mutating func tellAbsent(_ topics: [StreamTopic]) {
        for filter in filters where !topics.isEmpty && !topics.contains(where: filter.matches) {
            ready.add(.event(.absent(filter, topics: topics)))
        }
    }

    private mutating func takeFill(
        _ reply: SnapshotReply, _ payload: UnsafeRawBufferPointer, _ index: Int, now: Nanoseconds
    ) {
        guard let next = tracks[index].next else { return }
        tracks[index].fill?.sentAt = now
        tracks[index].fill?.since = now
        switch reply.kind {
        case .frame:
            guard let frame = try? StreamFrame(payload), frame.sequence == next else { return }
            tracks[index].next = next + 1
            filledCount += 1
            ready.add(.frame(Array(payload)))
        case .gone:
            guard reply.first <= next, let fill = tracks[index].fill else { return }
            // What lies behind the gap is here already.
            let last = min(reply.last, fill.last)
            guard last >= next else { return }
            ready.add(.event(.missed(topic: tracks[index].topic, next...last)))
            tracks[index].next = last + 1
        case .end:
            tracks[index].fill = nil
            advance(index, now: now)
        case .unknownTopic: giveUp(index, now: now)
        case .schema, .malformed: break
        }
    }

    // MARK: Gaps

    /// Hands out the held frames that are next; asks for what is missing before the others.
    private mutating func advance(_ index: Int, now: Nanoseconds) {
        for frame in tracks[index].release() { ready.add(.frame(frame)) }
        if let first = tracks[index].firstHeld { ask(index, through: first - 1, since: now) }
    }

    private mutating func ask(_ index: Int, through last: UInt64, since: Nanoseconds) {
        lastID += 1
        tracks[index].fill = TopicTrack.Fill(id: lastID, last: last, since: since, sentAt: nil)
    }

    /// The publisher lives and does not answer: what is missing is lost.
    private mutating func giveUp(_ index: Int, now: Nanoseconds) {
        guard let fill = tracks[index].fill else { return }
        miss(index, through: fill.last)
        tracks[index].fill = nil
        advance(index, now: now)
    }

    // MARK: Time

    /// Timers. The requests that must be sent now.
    mutating func tick(now: Nanoseconds) -> [SnapshotRequest] {
        if lastHeard == nil { lastHeard = now }
        // While the owner was away nobody could see an answer.
        let away = now - (lastTick ?? now)
        lastTick = now
        if away > options.patience {
            for index in tracks.indices where tracks[index].fill != nil { tracks[index].fill?.since = now }
        }
        if let lastHeard, !isSilent, now - lastHeard > options.silence {
            isSilent = true
            ready.add(.event(.silent))
        }
        var requests: [SnapshotRequest] = []
        for place in inquiries.indices where inquiries[place].isOpen && isDue(inquiries[place].sentAt, now) {
            if inquiries[place].kind == .snapshot, inquiries[place].topic == nil, options.start != .newest {
                inquiries[place].isOpen = false
                continue
            }
            lastID += 1
            inquiries[place].id = lastID
            inquiries[place].topics = []
            requests.append(
                SnapshotRequest(kind: inquiries[place].kind, id: lastID, topic: inquiries[place].topic))
        }
        for index in tracks.indices {
            guard let fill = tracks[index].fill, isDue(fill.sentAt, now), let next = tracks[index].next else {
                continue
            }
            if now - fill.since > (isSilent ? silentPatience : options.patience) {
                giveUp(index, now: now)
                continue
            }
            lastID += 1
            tracks[index].fill?.id = lastID
            requests.append(
                SnapshotRequest(kind: .frames, id: lastID, topic: tracks[index].topic, first: next, last: fill.last))
        }
        if hasEnded, !isEndTold { for end in ends { see(end.topic, next: end.next, now: now) } }
        if hasEnded, !isEndTold, tracks.allSatisfy({ $0.fill == nil && $0.firstHeld == nil }) {
            isEndTold = true
            ready.add(.event(.ended))
        }
        return requests
    }

    /// A request of `tick` was handed to the connection. One that was not comes again.
    mutating func didSend(_ request: SnapshotRequest, now: Nanoseconds) {
        for place in inquiries.indices where inquiries[place].id == request.id { inquiries[place].sentAt = now }
        for index in tracks.indices where tracks[index].fill?.id == request.id {
            tracks[index].fill?.sentAt = now
        }
    }

    /// Takes the newest frames of a conflating subscriber out, when the feed has no more for now.
    mutating func releaseNewest() {
        for index in tracks.indices {
            guard let frame = tracks[index].newest else { continue }
            tracks[index].newest = nil
            ready.add(.frame(frame))
        }
    }

    private func isDue(_ sentAt: Nanoseconds?, _ now: Nanoseconds) -> Bool {
        sentAt.map { now - $0 > options.requestTimeout } ?? true
    }

    private mutating func hear(now: Nanoseconds) {
        lastHeard = now
        if isSilent {
            isSilent = false
            ready.add(.event(.heard))
        }
    }

    /// Another run begins its sequences anew, and everything of it is wanted that was not seen: of one that is taken up
    /// again what lies behind the last frame.
    private mutating func note(run: UInt64) {
        guard run != self.run else { return }
        let past = self.run
        if past != nil { for index in tracks.indices { settle(index) } }
        self.run = run
        ready.add(.event(.run(run)))
        guard let past else { return }
        let seen = pastRuns.first { $0.run == run }?.next ?? [:]
        let next = tracks.compactMap { track in track.next.map { (track.topic, $0) } }
        pastRuns = pastRuns.filter { $0.run != run }.suffix(15) + [PastRun(run: past, next: Dictionary(next) { $1 })]
        for index in tracks.indices { tracks[index].restart(next: seen[tracks[index].topic] ?? 0) }
        inquiries = [Inquiry(kind: .schema)]
    }

    /// Nobody answers any more for a run that is over: the frames that came are handed out, and the others are missed.
    private mutating func settle(_ index: Int) {
        for frame in tracks[index].release() { ready.add(.frame(frame)) }
        while let first = tracks[index].firstHeld {
            miss(index, through: first - 1)
            for frame in tracks[index].release() { ready.add(.frame(frame)) }
        }
        if let fill = tracks[index].fill { miss(index, through: fill.last) }
    }

    private mutating func miss(_ index: Int, through last: UInt64) {
        guard let next = tracks[index].next, next <= last else { return }
        ready.add(.event(.missed(topic: tracks[index].topic, next...last)))
        tracks[index].next = last + 1
    }

    // MARK: Topics

    private func wants(_ topic: StreamTopic) -> Bool { filters.contains { $0.matches(topic) } }

    /// The first frame that is wanted of a topic that nothing is known of.
    private var start: UInt64? {
        switch options.start {
        case .newest: nil
        case .sequence(let sequence): sequence
        }
    }

    @discardableResult private mutating func index(of topic: StreamTopic) -> Int {
        if let index = indices[topic] { return index }
        tracks.append(TopicTrack(topic: topic, next: start))
        indices[topic] = tracks.count - 1
        return tracks.count - 1
    }
}
