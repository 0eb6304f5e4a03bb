import DBN
import Units

/// What a feed tells, and how a session ends.
extension LiveFeed {
    mutating func emit<Sink: LiveFeedSink & ~Copyable>(_ event: FeedEvent, into sink: inout Sink) {
        sink.event(event, mark: nil)
    }

    mutating func emit<Sink: LiveFeedSink & ~Copyable>(
        _ event: FeedEvent, _ kind: FeedMark.Kind, reason: FeedMark.Reason = .none, schema: Schema? = nil,
        instrument: InstrumentID = InstrumentID(0), from: Timestamp = .undefined, to: Timestamp = .undefined,
        into sink: inout Sink
    ) {
        guard let dataset = DatasetName(configuration.request.dataset) else {
            preconditionFailure("the request was checked")
        }
        let mark = FeedMark(
            kind, dataset: dataset, time: markTime, wallTime: clock.wallTime(), reason: reason, schema: schema,
            instrument: instrument, from: from, to: to)
        ledger.noteTime(of: dataTime.isDefined ? mark : mark.nowhere)
        sink.event(event, mark: mark)
    }

    /// The place of a mark in the data's time. Whoever folds the tape takes the largest stamp for the present: the time
    /// of day, in front of a replay of the past or over a tape that is served, would put all its records in the past.
    var markTime: Timestamp {
        guard dataTime.isDefined else {
            return subscriptions.compactMap(\.start).min() ?? clock.wallTime()
        }
        return state == .live ? dataTime + max(.zero, clock.now() - dataArrival) : dataTime
    }

    mutating func tell<Sink: LiveFeedSink & ~Copyable>(_ holes: [FeedHole], into sink: inout Sink) -> Int {
        for hole in holes {
            counters.holes &+= 1
            catchUp.holes += 1
            emit(
                .hole(hole), .gap, reason: hole.reason, schema: hole.schema, instrument: hole.instrument,
                from: hole.from, to: hole.to, into: &sink)
        }
        return holes.count
    }

    /// The gateway has closed the connection, with or without a word.
    mutating func ended<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        if isInHandshake { return fail(.handshake, "closed before the session was accepted", into: &sink) }
        do throws(LiveSessionError) {
            try session.finish()
        } catch {
            return fail(.closed, error.description, into: &sink)
        }
        return fail(.closed, lastError?.text ?? "the gateway closed the session", into: &sink)
    }

    /// Ends the session; another attempt follows after a while.
    /// - Returns: how many events that gave.
    mutating func fail<Sink: LiveFeedSink & ~Copyable>(
        _ reason: FeedMark.Reason, _ text: String, into sink: inout Sink
    ) -> Int {
        noteFruitless(reason)
        let now = clock.now()
        if case .subscribing = phase { noteStable(now) }
        if case .streaming = phase { noteStable(now) }
        let failure = FeedFailure(reason, text)
        if isMarkedDown {
            emit(.disconnected(failure), into: &sink)
        } else {
            emit(.disconnected(failure), .down, reason: reason, into: &sink)
        }
        isMarkedDown = true
        drop()
        let delay = backOff.next()
        state = .down
        phase = .waiting(until: now + delay)
        emit(.reconnecting(attempt: backOff.failures + 1, delay: delay), into: &sink)
        return 2
    }

    static let fruitlessSessionsMax = 5

    private mutating func noteStable(_ now: Nanoseconds) {
        if now - acceptedAt >= configuration.timing.stable { backOff.succeeded() }
    }

    /// A gateway of the first version of DBN has no code for a replay that is too old: it says some text without a code
    /// and ends the session. After five such sessions in a row the next goes without the replays that may be.
    private mutating func noteFruitless(_ reason: FeedMark.Reason) {
        guard reason == .closed, sessionRecords == 0, !replays.isEmpty, session.sourceVersion == 1,
            lastError?.code == .unset
        else { return }
        fruitlessSessions += 1
        guard fruitlessSessions >= Self.fruitlessSessionsMax else { return }
        withholdReplays(.unset, .unreplayed)
    }

    /// Ends the session for good.
    mutating func refuse<Sink: LiveFeedSink & ~Copyable>(_ text: String, into sink: inout Sink) -> Int {
        emit(.refused(text: text), .refused, reason: .refused, into: &sink)
        // Whoever tries again asks for all.
        (withheld, shortened, shortening) = ([:], [:], nil)
        isMarkedDown = true
        drop()
        phase = .over
        state = .refused
        return 1
    }

    /// Lets go of the connection and what belonged to it.
    mutating func drop() {
        connection = nil
        held = nil
        lines = []
    }
}
