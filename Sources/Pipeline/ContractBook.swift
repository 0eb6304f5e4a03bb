import DBN
import Determinism
import Features
import MarketCalendar
import MarketData
import Units

/// The book of a contract that is traded but not read for signals: event groups and states, no features.
public struct ContractBook: ~Copyable {
    public private(set) var assembler: EventGroupAssembler
    /// The largest receive time on any stream, ns.
    public private(set) var clock: UInt64 = 0
    public private(set) var status = TradingStatus()
    private var session: SessionTimes
    private let calendar: TradingCalendar

    init(tickSize: TickSize, calendar: TradingCalendar) {
        assembler = EventGroupAssembler(tickSize: tickSize)
        self.calendar = calendar
        session = calendar.sessionInForce(Timestamp(nanoseconds: 0))
    }

    /// Takes one record. `closed` is called when a group closes, up to twice.
    mutating func take(
        _ record: MarketByPriceView, sequence: UInt64, clock: UInt64, closed: (borrowing ContractBook) -> Void
    ) {
        self.clock = clock
        let isLast = record.flags.contains(.last)
        guard assembler.check(record, latestTime: clock) == nil else {
            if isLast { close(missingLast: false, closed) }
            return
        }
        if assembler.endsOpenGroup(record) { close(missingLast: true, closed) }
        assembler.append(record, sequence: sequence)
        if isLast { close(missingLast: false, closed) }
    }

    /// Records of this contract are missing.
    mutating func loseRecords() { assembler.loseRecords() }

    mutating func takeStatus(action: UInt16) { status.apply(action: action) }

    /// Status records of this contract are missing, those after `from` and before `to`, ns.
    mutating func loseStatus(from: UInt64, to: UInt64) { status.lose(from: from, to: to, in: session) }

    /// Whether the market is open at the time of the last group.
    public var isOpen: Bool { status.isOpen(byCalendar: isInSession) }
    /// It is not, although its session has begun and is not over.
    public var isHalted: Bool { status.isHalt && isInSession }
    private var isInSession: Bool { session.contains(Timestamp(nanoseconds: assembler.group.time)) }

    private mutating func close(missingLast: Bool, _ closed: (borrowing ContractBook) -> Void) {
        guard assembler.close(missingLast: missingLast) else { return }
        let time = Timestamp(nanoseconds: assembler.group.time)
        if !session.contains(time), time >= session.close { session = calendar.sessionInForce(time) }
        closed(self)
        assembler.advance()
    }
}

extension ContractBook: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("book")
        try archive.field(&assembler)
        try archive.field(&clock)
        try archive.field(&status)
        try archive.field(&session)
    }
}
