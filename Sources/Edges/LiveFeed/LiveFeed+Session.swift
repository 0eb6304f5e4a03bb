import DBN
import Network
import Platform
import Units

/// From the connection to the start of the stream.
extension LiveFeed {
    mutating func connect<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        state = .connecting
        emit(.connecting(attempt: backOff.failures + 1), into: &sink)
        let address = configuration.address
        do throws(SystemCallError) {
            phase = .connecting(
                try PendingConnection(
                    host: address.host, port: address.port, timeout: configuration.timing.connect))
        } catch {
            return 1 + fail(.unreachable, error.description, into: &sink)
        }
        return 1
    }

    /// Begins the session when the connection is there.
    mutating func take<Sink: LiveFeedSink & ~Copyable>(
        _ pending: PendingConnection, until end: Nanoseconds, into sink: inout Sink
    ) -> Int {
        do throws(SystemCallError) {
            guard let made = try pending.connection(within: max(.zero, end - clock.now())) else { return 0 }
            connection = made
        } catch {
            return fail(.unreachable, error.description, into: &sink)
        }
        session = LiveSession()
        sessionRecords = 0
        lastError = nil
        catchUp = FeedCatchUp()
        symbols = [:]
        state = .authenticating
        phase = .handshake(until: clock.now() + configuration.timing.authentication)
        emit(.connected(peer: configuration.address.description), into: &sink)
        return 1
    }

    /// When the peer must have said something.
    var deadline: Nanoseconds {
        switch phase {
        case .handshake(let until): until
        case .streaming: lastHeard + silence
        case .waiting, .connecting, .subscribing, .over: Nanoseconds(.max)
        }
    }

    private var silence: Nanoseconds {
        configuration.timing.silence
            ?? .seconds(Int64(configuration.request.heartbeatInterval)) + configuration.timing.heartbeatGrace
    }

    /// The deadline has passed.
    mutating func expired<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        if case .handshake = phase {
            return fail(
                .handshake, "no session within \(configuration.timing.authentication.seconds) s", into: &sink)
        }
        return fail(.silent, "nothing came for \(silence.seconds) s", into: &sink)
    }

    mutating func answerChallenge<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        write(configuration.request.line(challenge: session.challenge, key: key), into: &sink)
    }

    mutating func accepted<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        phase = .subscribing
        acceptedAt = clock.now()
        counters.sessions &+= 1
        emit(.accepted(sessionID: session.sessionID), into: &sink)
        planReplays()
        lines = []
        let order = subscriptions.indices.sorted {
            (subscriptions[$0].rank, $0) < (subscriptions[$1].rank, $1)
        }
        for index in order {
            var subscription = subscriptions[index]
            subscription.start = replays.first { $0.schema == subscription.schema }?.from
            lines += subscription.lines(id: UInt32(index + 1))
        }
        lines.append("start_session=0\n")
        return 1
    }

    /// Decides for each schema where its replay begins: where the ledger's proof begins, and at first where it was
    /// asked for. Later that would fetch again what came already.
    private mutating func planReplays() {
        replays = []
        unreplayed = []
        skippedPasts = []
        // A replay brings what was missing; without one the hole goes on.
        for hole in openHoles where hole.reason != .unproven {
            lostSince[hole.schema] = min(lostSince[hole.schema] ?? hole.from, hole.from)
        }
        openHoles = []
        let isFirst = !ledger.hasRecords
        for schema in schemas {
            if let reason = shortened[schema], let from = lastKnown(schema), let start = replayable(since: from) {
                skippedPasts.append(
                    FeedHole(schema: schema, instrument: InstrumentID(0), from: from, to: start, reason: reason))
                replays.append((schema, start))
                continue
            }
            if let reason = shortened[schema] ?? withheld[schema] {
                unreplayed.append((schema, reason))
                continue
            }
            let asked = subscriptions.filter { $0.schema == schema }.compactMap(\.start).min()
            let isKnown = ledger.isKnown(schema)
            if let start = isKnown ? ledger.resumeStart(schema) : isFirst ? asked : nil {
                replays.append((schema, ledger.beginReplay(schema, from: start)))
            } else if isKnown || asked != nil {
                unreplayed.append((schema, .unreplayed))
            }
        }
    }

    /// Where a replay begins that the gateway has, so that the session under way lacks nothing of what came since: with
    /// that session, or later. Nil where the time of day says nothing of the data, as of a tape that is served.
    private func replayable(since from: Timestamp) -> Timestamp? {
        guard let sessionStart = configuration.sessionStart, ledger.isOnTime(sessionStart) else { return nil }
        let now = clock.wallTime()
        // What came last is not asked for again: the hole is told from there.
        let start = max(sessionStart(now), from + Nanoseconds(1))
        return start <= now && now - start <= configuration.timing.replayReach ? start : nil
    }

    /// The gateway does not have a replay that it was asked for, and does not say which one. First those go that are
    /// older than what it surely has, then all that have a beginning, and in the end all. Of the first the session
    /// under way may be had all the same.
    mutating func withholdReplays(_ code: ErrorCode, _ reason: FeedMark.Reason) {
        let dated = replays.filter { $0.from.nanoseconds > 0 }
        let limit = clock.wallTime() - configuration.timing.replayReach
        let old = shortening == nil ? dated.filter { $0.from < limit } : []
        let chosen = !old.isEmpty ? old : !dated.isEmpty ? dated : replays
        let mayHaveLess = code == .replayDataAgedOut && !old.isEmpty
        for (schema, _) in chosen {
            if mayHaveLess { shortened[schema] = reason } else { withheld[schema] = reason }
        }
        shortening = code
    }

    /// The schemas that are subscribed to, each once, in the order of their lines.
    var schemas: [Schema] {
        var found: [Schema] = []
        for subscription in subscriptions.sorted(by: { $0.rank < $1.rank })
        where !found.contains(subscription.schema) { found.append(subscription.schema) }
        return found
    }

    /// Sends lines as far as their pace allows.
    mutating func sendLines<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) {
        while let line = lines.first, pacing.wait(at: clock.now()) == .zero {
            lines.removeFirst()
            pacing.sent(at: clock.now())
            guard write(line, into: &sink) == 0 else { return }
            if line.hasPrefix("start_session") {
                phase = .streaming
                lastHeard = clock.now()
            }
        }
    }

    /// A line is written whole or the connection is given up: of half a line the gateway would make something else.
    /// - Returns: how many events that gave.
    private mutating func write<Sink: LiveFeedSink & ~Copyable>(_ line: String, into sink: inout Sink) -> Int {
        do throws(SystemCallError) {
            try connection?.write(line, timeout: configuration.timing.write)
            return 0
        } catch {
            return fail(.reset, error.description, into: &sink)
        }
    }

    /// The gateway said no. Some reasons pass.
    mutating func handshakeRefused<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        guard Self.isTemporary(session.refusal) else { return refuse(session.refusal, into: &sink) }
        return fail(.refused, session.refusal, into: &sink)
    }

    /// By the words, for a handshake has no codes.
    static func isTemporary(_ text: String) -> Bool {
        let text = text.lowercased()
        return ["connection limit", "internal error", "try again", "unavailable", "too many", "timed out"]
            .contains { text.contains($0) }
    }

    /// The stream has begun: what was asked for begins, what is not asked for again is a hole.
    mutating func started<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        guard let metadata = session.metadata else { return 0 }
        let expected = configuration.request.dataset
        guard metadata.dataset == expected else {
            let error = LiveSessionError.wrongDataset(expected: expected, found: metadata.dataset)
            return fail(.malformed, error.description, into: &sink)
        }
        emit(.started(version: session.sourceVersion ?? 0, isCompressed: session.isCompressed), into: &sink)
        var count = 1
        let hasStart = metadata.start.isDefined && metadata.start.nanoseconds > 0
        // With replays the metadata's start is the oldest that was asked for.
        let begin = hasStart && replays.isEmpty ? metadata.start : clock.wallTime()
        for hole in skippedPasts {
            guard let schema = hole.schema else { continue }
            count += tell([hole], into: &sink)
            (shortened[schema], lostSince[schema]) = (nil, nil)
            ledger.forget(schema)
            _ = ledger.beginReplay(schema, from: hole.to)
        }
        skippedPasts = []
        for (schema, reason) in unreplayed {
            guard let from = lastKnown(schema) else { continue }
            let hole = OpenHole(schema: schema, from: from, reason: reason, present: clock.wallTime())
            // A subscription that may still be refused has lost nothing.
            if replays.isEmpty, shortening != .invalidSubscription, begin > from {
                count += tell(hole, to: begin, into: &sink)
            } else {
                openHoles.append(hole)
            }
        }
        unreplayed = []
        // One of about now is the session's own.
        let isStartOfData = hasStart && metadata.start + .seconds(60) < clock.wallTime()
        for (schema, from) in replays {
            emit(.replaying(schema, from: from), .replaying, schema: schema, from: from, into: &sink)
            count += 1
            // The gateway says that it has less. Where there are records to compare with, the proof tells.
            guard isStartOfData, from.nanoseconds > 0, from < metadata.start, !ledger.latest(schema).isDefined else {
                continue
            }
            openHoles.append(
                OpenHole(
                    schema: schema, from: from, reason: .unproven, oldest: metadata.start, present: clock.wallTime()))
        }
        for schema in schemas
        where !replays.contains(where: { $0.schema == schema })
            && !openHoles.contains(where: { $0.schema == schema })
        {
            ledger.beginPresent(schema, at: begin)
        }
        state = .replaying
        isMarkedDown = false
        return count + checkLive(into: &sink)
    }

    /// From when on records of the schema are missing if none is replayed; nil when none was wanted.
    private func lastKnown(_ schema: Schema) -> Timestamp? {
        if let since = lostSince[schema] { return since }
        let latest = ledger.latest(schema)
        let known = latest.isDefined ? latest : ledger.isLive(schema) ? ledger.resumeStart(schema) : nil
        if let known { return ledger.heardUntil.isDefined ? max(known, ledger.heardUntil) : known }
        return ledger.resumeStart(schema) ?? subscriptions.filter { $0.schema == schema }.compactMap(\.start).min()
    }
}
