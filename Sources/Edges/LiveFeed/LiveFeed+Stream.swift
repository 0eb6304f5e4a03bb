import DBN
import Units

/// What comes in a session.
extension LiveFeed {
    /// Hands on what lies ready, up to `limit`.
    mutating func drain<Sink: LiveFeedSink & ~Copyable>(upTo limit: Timestamp, into sink: inout Sink) -> Int {
        var count = 0
        if let (record, sendTime) = held {
            guard record.receiveTime <= limit else { return 0 }
            held = nil
            count += hand(record, sendTime, into: &sink)
        }
        do throws(LiveSessionError) {
            while connection != nil {
                switch try session.next() {
                case .record(let record, let sendTime):
                    if record.receiveTime > limit {
                        held = (record, sendTime)
                        return count
                    }
                    count &+= hand(record, sendTime, into: &sink)
                case .needMore: return count
                case .message(let record, let sendTime): count += take(record, sendTime, into: &sink)
                case .skipped: counters.skipped &+= 1
                case .challenged: count += answerChallenge(into: &sink)
                case .accepted: count += accepted(into: &sink)
                case .refused: count += handshakeRefused(into: &sink)
                case .started: count += started(into: &sink)
                }
            }
        } catch {
            count += fail(isInHandshake ? .handshake : .malformed, error.description, into: &sink)
        }
        return count
    }

    var isInHandshake: Bool {
        if case .handshake = phase { return true }
        return false
    }

    @inline(__always)
    private mutating func hand<Sink: LiveFeedSink & ~Copyable>(
        _ record: RecordView, _ sendTime: Timestamp, into sink: inout Sink
    ) -> Int {
        sessionRecords &+= 1
        let ended = openHoles.isEmpty ? 0 : closeHole(before: record, into: &sink)
        guard ledger.take(record) else {
            counters.duplicates &+= 1
            return ended
        }
        counters.records &+= 1
        hear(record)
        sink.record(record, sendTime: sendTime, receiveTime: batchTime)
        return ended &+ 1
    }

    @inline(__always)
    private mutating func hear(_ record: RecordView) {
        dataArrival = lastHeard
        dataClock.hear(record)
        if dataClock.time.nanoseconds > 0 { dataTime = dataClock.time }
    }

    /// The gateway's own words.
    private mutating func take<Sink: LiveFeedSink & ~Copyable>(
        _ record: RecordView, _ sendTime: Timestamp, into sink: inout Sink
    ) -> Int {
        switch LiveMessage(record) {
        case .mapping(let instrument, _, let output):
            symbols[instrument] = output
            counters.records &+= 1
            sink.record(record, sendTime: sendTime, receiveTime: batchTime)
            return 1
        case .heartbeat: emit(.heartbeat, into: &sink)
        case .acknowledged(let id, let schema): emit(.acknowledged(subscription: id, schema: schema), into: &sink)
        case .slowReader(let schema): emit(.slowReader(schema: schema), .slow, schema: schema, into: &sink)
        case .replayCompleted(let schema): return completed(schema, into: &sink)
        case .endOfInterval: return 0
        case .unsubscribed: emit(.message(code: .unsubscribeAcknowledged, text: ""), into: &sink)
        case .other(let code, let text): emit(.message(code: code, text: text), into: &sink)
        case .error(let code, let text, _): return take(code, text, into: &sink)
        }
        return 1
    }

    private mutating func completed<Sink: LiveFeedSink & ~Copyable>(
        _ named: Schema?, into sink: inout Sink
    ) -> Int {
        // A text without a schema can only be about the one that is left.
        guard let schema = named ?? (replays.count == 1 ? replays.first?.schema : nil),
            let index = replays.firstIndex(where: { $0.schema == schema })
        else { return 0 }
        replays.remove(at: index)
        let count = tell(ledger.endReplay(schema), into: &sink)
        lostSince[schema] = nil
        catchUp.duplicates &+= ledger.duplicates(schema)
        emit(.replayed(schema), .replayed, schema: schema, into: &sink)
        return count + 1 + checkLive(into: &sink)
    }

    /// Live when no replay is left.
    mutating func checkLive<Sink: LiveFeedSink & ~Copyable>(into sink: inout Sink) -> Int {
        guard replays.isEmpty, state == .replaying else { return 0 }
        fruitlessSessions = 0
        shortening = nil
        emit(.live(catchUp), .live, into: &sink)
        state = .live
        return 1
    }

    private mutating func take<Sink: LiveFeedSink & ~Copyable>(
        _ code: ErrorCode, _ text: String, into sink: inout Sink
    ) -> Int {
        let code = code == .unset && Self.isUnresolved(text) ? .symbolResolutionFailed : code
        if code != .symbolResolutionFailed, code != .skippedRecordsAfterSlowReading { lastError = (code, text) }
        switch code {
        case .invalidSubscription where sessionRecords == 0 && replays.contains { $0.from.nanoseconds > 0 }:
            // It may be the replay's start.
            withholdReplays(code, .unreplayed)
            emit(.gatewayError(code: code, text: text), into: &sink)
            return 1 + fail(.refused, text, into: &sink)
        case .authenticationFailed, .keyDeactivated, .invalidSubscription:
            return refuse(text, into: &sink)
        case .symbolResolutionFailed:
            emit(.notResolved(text: text), into: &sink)
            return 1
        case .skippedRecordsAfterSlowReading:
            emit(.skippedRecords(text: text), into: &sink)
            noteSkip(text)
            return 1
        case .replayDataAgedOut:
            withholdReplays(code, .aged)
            emit(.replayAged(text: text), into: &sink)
            return 1 + fail(.aged, text, into: &sink)
        case .connectionLimitExceeded, .internalError:
            emit(.gatewayError(code: code, text: text), into: &sink)
            return 1 + fail(code == .internalError ? .gateway : .refused, text, into: &sink)
        default:
            emit(.gatewayError(code: code, text: text), into: &sink)
            return 1
        }
    }

    /// In the first version of DBN errors have no codes.
    private static func isUnresolved(_ text: String) -> Bool { text.lowercased().contains("failed to resolve") }

    /// A hole begins of the schema that the text names, else of all that may be skipped.
    private mutating func noteSkip(_ text: String) {
        let named = LiveMessage.schema(in: text)
        for schema in schemas where named.map({ $0 == schema }) ?? schema.isSkippable {
            if openHoles.contains(where: { $0.schema == schema }) { continue }
            let latest = ledger.latest(schema)
            openHoles.append(
                OpenHole(schema: schema, from: latest.isDefined ? latest : markTime, reason: .skipped))
        }
    }

    /// The first record of its schema behind an open hole ends it; it is told in front of the record. What is said a
    /// few times a day (that the market is open) is not waited for: it ends with the first record of the present.
    private mutating func closeHole<Sink: LiveFeedSink & ~Copyable>(
        before record: RecordView, into sink: inout Sink
    ) -> Int {
        var count = 0
        while let place = openHoles.firstIndex(where: { ends($0, record) }) {
            count += close(openHoles.remove(at: place), before: record, into: &sink)
        }
        return count
    }

    private func ends(_ hole: OpenHole, _ record: RecordView) -> Bool {
        hole.schema.recordType == record.type
            || state == .live && hole.reason != .unproven && !hole.schema.isSkippable
    }

    private mutating func close<Sink: LiveFeedSink & ~Copyable>(
        _ hole: OpenHole, before record: RecordView, into sink: inout Sink
    ) -> Int {
        // The mark's place is that of the records around it.
        dataArrival = lastHeard
        // Another schema's record may be about a time long ago, but it came in the present.
        let isOwn = hole.schema.recordType == record.type
        let end = isOwn ? ReplayLedger.possibleTime(of: record) ?? markTime : max(markTime, receiveTime(of: record))
        return end < hole.oldest ? 0 : tell(hole, to: hole.end(before: end), into: &sink)
    }

    /// 0 of a stamp that cannot be.
    private func receiveTime(of record: RecordView) -> Timestamp {
        let time = record.receiveTime
        return time < .latest && !record.hasWrongReceiveTime ? time : Timestamp(nanoseconds: 0)
    }

    mutating func tell<Sink: LiveFeedSink & ~Copyable>(
        _ hole: OpenHole, to time: Timestamp, into sink: inout Sink
    ) -> Int {
        let (schema, end) = (hole.schema, max(hole.from, time))
        (withheld[schema], shortened[schema], lostSince[schema]) = (nil, nil, nil)
        switch hole.reason {
        case .skipped: ledger.skip(schema, to: end)
        // Its replay is under way.
        case .unproven: break
        default: ledger.beginAnew(schema, at: end)
        }
        return tell(
            [FeedHole(schema: schema, instrument: InstrumentID(0), from: hole.from, to: end, reason: hole.reason)],
            into: &sink)
    }
}
