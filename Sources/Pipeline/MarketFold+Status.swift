import DBN
import Features
import MarketData
import Units

/// Whether the contracts trade, and which of their records are missing.
extension MarketFold {
    mutating func takeStatus<Sink: MarketSink & ~Copyable>(
        _ record: RecordView, _ route: Route, sink: inout Sink
    ) {
        guard record.byteCount >= 40 else { return }
        let action = record.load(24, as: UInt16.self)
        if route.isTraded {
            tradedBooks[Int(route.slot)].takeStatus(action: action)
        } else {
            engines[Int(route.slot)].takeStatus(
                action: action, time: record.eventTime.nanoseconds, clock: clock, sink: &sink)
        }
        let isFilling = route.isTraded ? Int(route.slot) == tradedSlot : Int(route.slot) == leader && tradedSlot < 0
        let time = min(record.eventTime.nanoseconds, clock)
        if isFilling { return tellStatus(at: time, sink: &sink) }
        let isFormer = route.isTraded ? Int(route.slot) == formerSlot : Int(route.slot) == former && formerSlot < 0
        if isFormer { tellFormerStatus(at: time, sink: &sink) }
    }

    mutating func tellStatus<Sink: MarketSink & ~Copyable>(at time: UInt64, sink: inout Sink) {
        let status = tradedSlot >= 0 ? tradedBooks[tradedSlot].status : engines[leader].status
        sink.tradedStatus(status, time: time, clock: clock)
    }

    private mutating func tellFormerStatus<Sink: MarketSink & ~Copyable>(at time: UInt64, sink: inout Sink) {
        let status = formerSlot >= 0 ? tradedBooks[formerSlot].status : engines[former].status
        sink.formerStatus(status, time: time, clock: clock)
    }

    /// Books are missing: of one instrument, or of all.
    mutating func loseRecords<Sink: MarketSink & ~Copyable>(_ mark: FeedMark, sink: inout Sink) {
        let from = mark.from.isDefined ? mark.from.nanoseconds : 0
        var (isFilling, wasFilling) = (false, false)
        for index in 0..<routeCount where mark.instrument.raw == 0 || routes[index].instrument == mark.instrument {
            let slot = Int(routes[index].slot)
            if routes[index].isTraded {
                tradedBooks[slot].loseRecords()
                isFilling = isFilling || slot == tradedSlot
                wasFilling = wasFilling || slot == formerSlot
            } else {
                engines[slot].loseRecords(from: from, to: mark.to.nanoseconds)
                isFilling = isFilling || slot == leader && tradedSlot < 0
                wasFilling = wasFilling || slot == former && formerSlot < 0
            }
        }
        if isFilling || wasFilling { sink.tradedRecordsLost(isLeaders: isFilling, isFormers: wasFilling) }
    }

    /// Status records are missing, of one instrument or of all: nobody lives a session by the word of one before it. No
    /// time passes with that. A hole that a replay does not disprove is told behind what it has brought.
    mutating func loseStatus<Sink: MarketSink & ~Copyable>(_ mark: FeedMark, sink: inout Sink) {
        guard mark.reason != .unproven else { return }
        let from = mark.from.isDefined ? mark.from.nanoseconds : 0
        let to = mark.to.isDefined ? mark.to.nanoseconds : clock
        for index in 0..<routeCount where mark.instrument.raw == 0 || routes[index].instrument == mark.instrument {
            let slot = Int(routes[index].slot)
            if routes[index].isTraded {
                tradedBooks[slot].loseStatus(from: from, to: to)
            } else {
                engines[slot].loseStatus(from: from, to: to)
            }
        }
        tellStatus(at: 0, sink: &sink)
        if former >= 0 || formerSlot >= 0 { tellFormerStatus(at: 0, sink: &sink) }
    }

    /// Records of a signal contract are missing up to its next group.
    mutating func loseSignal<Sink: MarketSink & ~Copyable>(_ slot: Int, from: UInt64, sink: inout Sink) {
        engines[slot].loseRecords(from: from, to: .max)
        let (isFilling, wasFilling) = (slot == leader && tradedSlot < 0, slot == former && formerSlot < 0)
        if isFilling || wasFilling { sink.tradedRecordsLost(isLeaders: isFilling, isFormers: wasFilling) }
    }
}
