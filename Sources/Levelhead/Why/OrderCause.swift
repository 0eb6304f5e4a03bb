/// Why there is an order: what it does, the reason, and the lines of the audit log that led to it.
///
/// An order is one of four things. What was judged has a verdict of its own: an entry, a person's order, a close of a
/// book. What belongs to an entry from its fill on, stop and target, is of that entry's verdict. A close that the
/// execution gateway issues follows from somebody's approved close, from the entry's time stop, or from an entry that
/// filled while it was being cancelled. What closes everything that is open is of a flatten.
struct OrderCause {
    /// open, close, reduce, protect, target or flatten; nil when the log does not say.
    private(set) var action: String?
    /// signal, operator, fill, time_stop, entry_cancelled, or the reason as in `trading_state`; nil when the log does
    /// not say.
    private(set) var reason: String?
    /// What led to it, oldest first.
    private(set) var lines: [AuditTrail.Line] = []
    private(set) var verdict: AuditTrail.Line?
    private(set) var request: AuditTrail.Line?
    private(set) var signal: AuditTrail.Line?

    /// - Parameter settings: of the run, as far as they are known.
    init(of order: String, in trail: AuditTrail, _ settings: Settings) {
        let first = trail.order(order)
        if let verdict = trail.verdict(on: order) {
            judge(verdict, order, trail)
            action = action(first, verdict, trail)
            return
        }
        switch first?.string("role") {
        case "protectiveStop", "target":
            guard let first, let parent = first.string("parent") else { return }
            // Decided with the entry: by what that was.
            if let verdict = trail.verdict(on: parent) { judge(verdict, parent, trail) }
            action = first.string("role") == "target" ? "target" : "protect"
            reason = "fill"
            lines = trail.fills(of: parent).last { $0.number < first.number }.map { [$0] } ?? []
        case "close":
            guard let first else { return }
            if let parent = first.string("parent"), parent != "none", parent != order {
                close(first, of: parent, trail, settings)
            } else {
                flatten(first, trail)
            }
        default:
            // Nobody here sent it: what was found at the venue counts, and everything is closed.
            if let fill = trail.fills(of: order).first { flatten(fill, trail) }
        }
    }

    /// What of a run's settings says when and what closes.
    struct Settings {
        /// Time stop of a strategy's entry, ns after its fill; nil when not known.
        var timeStop: UInt64?
        /// A person's close is of the person's own book.
        var hasOwnBooks = false
    }

    // MARK: Judged

    private mutating func judge(_ verdict: AuditTrail.Line, _ order: String, _ trail: AuditTrail) {
        self.verdict = verdict
        if order.contains("-manual-") {
            reason = "operator"
            request = trail.request(for: order)
            lines = request.map { [$0] } ?? []
        } else if let asked = trail.bookClose(of: order) {
            reason = asked.string("reason")
            lines = [asked]
        } else if let signal = trail.signal(of: verdict) {
            self.signal = signal
            reason = "signal"
            lines = [signal]
        } else if trail.isClose(verdict) {
            let lock = Self.lock(before: verdict, trail)
            reason = verdict.string("cause") ?? (lock == nil ? "flat_by" : lock?.string("reason"))
            if reason != "flat_by", let lock { lines = [lock] }
        }
    }

    private func action(_ first: AuditTrail.Line?, _ verdict: AuditTrail.Line, _ trail: AuditTrail) -> String {
        if trail.isClose(verdict) { return "close" }
        let isReducing = (request ?? first)?.members["reduce_only"] as? Bool == true
        return isReducing ? "reduce" : "open"
    }

    /// The lock of a strategy that is in force.
    private static func lock(before line: AuditTrail.Line, _ trail: AuditTrail) -> AuditTrail.Line? {
        let last = trail.lines.last {
            $0.number < line.number && $0.event == "trading_state"
                && $0.string("scope")?.hasPrefix("strategy:") == true
        }
        return last?.string("to") == "LOCKED" ? last : nil
    }

    // MARK: Closes of the execution gateway

    private mutating func close(
        _ first: AuditTrail.Line, of parent: String, _ trail: AuditTrail, _ settings: Settings
    ) {
        action = "close"
        if let sibling = Self.sibling(of: first, trail) {
            let whole = OrderCause(of: sibling, in: trail, settings)
            self = whole
            return
        }
        // The first that was sent for these contracts says why; the others try again.
        let begun = Self.closes(ofLinkOf: first, trail).first ?? first
        let timeOver = Self.timeOver(begun, of: parent, trail, settings)
        if let verdict = Self.approvedClose(before: begun, of: parent, trail, settings),
            timeOver.map({ $0 > verdict.integer("time") ?? 0 }) ?? true
        {
            judge(verdict, verdict.string("order") ?? "", trail)
        } else if timeOver != nil {
            reason = "time_stop"
            lines = trail.fills(of: parent).last { $0.number < begun.number }.map { [$0] } ?? []
        } else if let cancel = Self.cancel(of: parent, before: begun, trail) {
            reason = "entry_cancelled"
            lines = [cancel]
        } else if settings.timeStop == nil, parent.contains("-strategy-") {
            // Nothing else is left, and nobody knows the setting.
            reason = "time_stop"
        }
    }

    /// A person's order whose parts are several: the first has its identity, and the others follow in the same step.
    private static func sibling(of first: AuditTrail.Line, _ trail: AuditTrail) -> String? {
        let keys = ["time", "side", "type", "price_ticks", "role"]
        var index = trail.lines.firstIndex { $0.number == first.number } ?? 0
        while index > 0 {
            index -= 1
            let line = trail.lines[index]
            guard line.event == "order", line.integer("time") == first.integer("time") else {
                return nil
            }
            guard let order = line.string("order"), order.contains("-manual-"),
                trail.order(order)?.number == line.number,
                keys.allSatisfy({ "\(line.members[$0] ?? "")" == "\(first.members[$0] ?? "")" })
            else { continue }
            return trail.verdict(on: order) == nil ? nil : order
        }
        return nil
    }

    /// First lines of the gateway's closes of the same contracts, up to this one.
    private static func closes(ofLinkOf first: AuditTrail.Line, _ trail: AuditTrail) -> [AuditTrail.Line] {
        guard let link = first.string("link"), link != "none" else { return [] }
        return trail.lines.filter { line in
            guard line.number <= first.number, line.event == "order", line.string("link") == link,
                line.string("role") == "close", let order = line.string("order"), order.contains("-execution-")
            else { return false }
            return trail.order(order)?.number == line.number && sibling(of: line, trail) == nil
        }
    }

    /// The first approved close of these contracts after they were bought or sold.
    private static func approvedClose(
        before close: AuditTrail.Line, of parent: String, _ trail: AuditTrail, _ settings: Settings
    ) -> AuditTrail.Line? {
        guard let begin = trail.fills(of: parent).first?.number else { return nil }
        return trail.lines.first { line in
            guard line.number > begin, line.number < close.number, line.event == "verdict",
                line.string("verdict") == "approved", trail.isClose(line), let order = line.string("order"),
                !order.contains("-execution-")
            else { return false }
            let isOfBook = order.contains("-manual-") == parent.contains("-manual-")
            guard isOfBook || order.contains("-manual-") && !settings.hasOwnBooks else { return false }
            // A void approval closes nothing.
            return !trail.steps(of: order).contains { $0.event == "order" && $0.string("state") == "rejected" }
        }
    }

    /// When the time stop of the contracts was over, event time; nil when it was not at the close, or there is none.
    private static func timeOver(
        _ close: AuditTrail.Line, of parent: String, _ trail: AuditTrail, _ settings: Settings
    ) -> UInt64? {
        guard parent.contains("-strategy-"), let life = settings.timeStop, life > 0, let now = close.integer("time")
        else { return nil }
        // Each fill has its stop, which names the link: it is sent in the fill's step.
        let sent = close.string("link").flatMap { trail.order($0) }?.number ?? .max
        let fill = trail.fills(of: parent).last { $0.number < min(sent, close.number) }
        guard let time = fill?.integer("venue_time"), time + life <= now else { return nil }
        return time + life
    }

    /// What cancelled an entry that filled all the same.
    private static func cancel(
        of parent: String, before close: AuditTrail.Line, _ trail: AuditTrail
    ) -> AuditTrail.Line? {
        guard let begin = trail.order(parent)?.number else { return nil }
        return trail.lines.last { line in
            guard line.number > begin, line.number < close.number else { return false }
            switch line.event {
            case "operator":
                return line.string("request") == "cancel" && [parent, "none"].contains(line.string("order"))
            case "trading_state": return line.string("to") != "ACTIVE"
            default: return false
            }
        }
    }

    // MARK: Flatten

    /// Everything that asked for the flatten in force at a line: the trading state that it began with, an operator's
    /// request, what the execution gateway said of it.
    private mutating func flatten(_ line: AuditTrail.Line, _ trail: AuditTrail) {
        let before = trail.lines.prefix { $0.number < line.number }
        let start = before.lastIndex { $0.isEndOfFlatten } ?? before.startIndex
        lines = before[start...].filter(\.isOfFlatten)
        guard let begin = lines.first(where: { $0.event != "operator" }) else {
            lines = []
            return
        }
        action = "flatten"
        reason = begin.string("reason")
        request = lines.first { $0.event == "operator" }
    }
}

extension AuditTrail.Line {
    /// Proven flat, or opened again: a flatten after it is another one.
    fileprivate var isEndOfFlatten: Bool {
        switch event {
        case "notice": string("kind") == "flat"
        case "trading_state": string("scope") == "account" && string("from") == "LOCKED" && string("to") != "FLATTENING"
        default: false
        }
    }

    fileprivate var isOfFlatten: Bool {
        switch event {
        case "notice": ["flattening", "flattenBlocked", "flattenLate"].contains(string("kind"))
        case "operator": string("request") == "flatten"
        case "trading_state": string("scope") == "account" && string("to") == "FLATTENING"
        default: false
        }
    }
}
