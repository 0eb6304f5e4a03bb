import DBN
import Units

/// What a session sends once it streams.
extension GatewaySession {
    /// Which subscriptions a walk over the tape is for.
    public enum Audience: Sendable {
        /// Those that asked for a start.
        case replay
        /// Those that did not.
        case live
        case everyone
    }

    public var hasReplay: Bool { subscriptions.contains { $0.isReplay } }
    public var hasLive: Bool { subscriptions.contains { !$0.isReplay } }

    /// Bytes of records that wait for `flush`.
    public var waitingByteCount: Int { stream?.waitingByteCount ?? 0 }

    /// Acknowledges a subscription and names its instruments.
    mutating func serve(_ request: SubscriptionRequest, _ now: Timestamp, _ instant: TapeInstant) throws {
        guard let dataset, let stream else { return }
        // A start has a meaning only before the session starts.
        let start = isStarted ? nil : request.start
        let time = start?.nanoseconds ?? instant.time
        let (selection, unresolved) = dataset.directory.select(request, at: max(time, dataset.firstTime.nanoseconds))
        let id = request.id ?? UInt32(truncatingIfNeeded: subscriptions.count)
        try stream.append(
            .subscriptionAcknowledged, "Subscription request \(id) for \(request.schema.name) data succeeded", at: now)
        for member in selection.advance(to: time) { try stream.append(member, as: request.symbolType, at: now) }
        if configuration.reportsUnresolved {
            for (index, symbol) in unresolved.enumerated() {
                try stream.append(
                    .symbolResolutionFailed, "Failed to resolve symbol \(symbol)",
                    isLast: index + 1 == unresolved.count, at: now)
            }
        }
        let subscription = Subscription(
            request, selection, begin: start?.nanoseconds ?? instant.liveBegin, isReplay: start != nil)
        subscriptions.append(subscription)
        bySchema[Int(request.schema.rawValue)].append(subscription)
        note(request, unresolved.count, dataset)
    }

    /// Appends a record of the tape if a subscription of the audience has it.
    @inline(__always)
    public mutating func offer(
        _ record: RecordView, as schema: Schema, to audience: Audience, now: Timestamp
    ) throws {
        let candidates = bySchema[Int(schema.rawValue)]
        guard !candidates.isEmpty else { return }
        let time = record.receiveTime.nanoseconds
        for subscription in candidates {
            if audience == .replay && !subscription.isReplay || audience == .live && subscription.isReplay { continue }
            if time >= subscription.selection.nextChange, time != .max { try rename(subscription, at: time, now) }
            guard subscription.takes(record, receivedAt: time) else { continue }
            stream?.append(record, sentAt: now)
            return
        }
    }

    /// Whether anybody wants records of this schema.
    @inline(__always)
    public func wants(_ schema: Schema) -> Bool { !bySchema[Int(schema.rawValue)].isEmpty }

    private func rename(_ subscription: Subscription, at time: UInt64, _ now: Timestamp) throws {
        for member in subscription.selection.advance(to: time) {
            try stream?.append(member, as: subscription.request.symbolType, at: now)
        }
    }

    /// Says of every schema that was replayed that the replay is over.
    public mutating func finishReplay(now: Timestamp) throws {
        var named: Set<UInt16> = []
        for subscription in subscriptions where subscription.isReplay {
            let schema = subscription.request.schema
            guard named.insert(schema.rawValue).inserted else { continue }
            try stream?.append(.replayCompleted, "Finished \(schema.name) replay", at: now)
        }
    }

    public mutating func heartbeat(now: Timestamp) throws { try stream?.append(.heartbeat, "Heartbeat", at: now) }

    /// The gateway cannot go on.
    public mutating func fail(now: Timestamp) throws {
        try stream?.append(.internalError, "Internal error", at: now)
        try close()
    }

    /// Moves what waits to `output`.
    public mutating func flush() throws { try stream?.flush(into: &output) }

    /// Ends the stream in good order.
    public mutating func close() throws {
        guard phase != .closed else { return }
        try stream?.finish(into: &output)
        phase = .closed
    }

    private mutating func note(_ request: SubscriptionRequest, _ unresolved: Int, _ dataset: ServedTape.Dataset) {
        let symbols = request.symbols.map { "\($0.count) symbols" } ?? "all symbols"
        var text = "subscribed to \(request.schema.name), \(symbols)"
        if unresolved > 0 { text += ", \(unresolved) of them unknown" }
        if let start = request.start { text += isStarted ? ", start ignored" : ", start \(start.nanoseconds)" }
        if request.wantsSnapshot { text += ", no snapshot: a tape has none" }
        if !dataset.schemas.contains(request.schema) { text += ": not on the tape" }
        notes.append(text)
    }
}
