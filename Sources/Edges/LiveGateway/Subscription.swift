import DBN
import Units

/// A subscription that is being served.
final class Subscription {
    let request: SubscriptionRequest
    let selection: Selection
    /// Records before this time, ns, are not for it: what happened before it came, or before the start it asked for.
    let begin: UInt64
    /// Whether it asked for a start.
    let isReplay: Bool

    init(_ request: SubscriptionRequest, _ selection: Selection, begin: UInt64, isReplay: Bool) {
        self.request = request
        self.selection = selection
        self.begin = begin
        self.isReplay = isReplay
    }

    /// Whether a record of its schema belongs to it.
    @inline(__always)
    func takes(_ record: RecordView, receivedAt time: UInt64) -> Bool {
        guard selection.contains(record.instrumentID.raw) else { return false }
        guard begin > 0 else { return true }
        return (isReplay && !usesReceiveTime ? record.eventTime.nanoseconds : time) >= begin
    }

    /// A start counts event times, but receive times of sampled quotes, whose event is the last trade.
    private var usesReceiveTime: Bool {
        [.bbo1s, .bbo1m, .cbbo1s, .cbbo1m].contains(request.schema)
    }
}

extension SymbolDirectory {
    /// The instruments of a request, and its symbols that stand for none.
    /// - Parameter time: ns; decides which contract a continuous symbol means.
    func select(_ request: SubscriptionRequest, at time: UInt64) -> (selection: Selection, unresolved: [String]) {
        guard let symbols = request.symbols else {
            let members = listings.map { Selection.Member(listing: $0, requested: $0.symbol) }
            return (Selection(members, isEverything: true), [])
        }
        var members: [Selection.Member] = []
        var unresolved: [String] = []
        var seen: Set<String> = []
        for symbol in symbols where seen.insert(symbol).inserted {
            let found = resolve(symbol, as: request.symbolType, at: time)
            if found.isEmpty { unresolved.append(symbol) }
            members += found.map { Selection.Member(listing: $0, requested: symbol) }
        }
        return (Selection(members, isEverything: false), unresolved)
    }
}
