import DBN
import Determinism
import Units

/// The MBP-1 records of a session's options, one at a time in order of their receive time.
///
/// On a grid of a quarter of a second it looks which contracts are to be quoted and whether somebody trades; what it
/// finds is spread over the step, and priced from the ES mid of the moment. Draws from random numbers of its own, so
/// that the futures' records are the same with and without it.
struct OptionStream {
    /// Seconds.
    static let step = 0.25
    /// Trades in a step; more wait for the next one.
    private static let tradesPerStep = 24
    /// Marks a trade in `agenda`; the rest of the number is the contract.
    static let tradeBit: Int32 = 1 << 30

    let parameters: SessionParameters
    let path: LatentPath
    let smile: SyntheticSmile
    let states: UnsafeMutablePointer<OptionState>
    let watches: UnsafeMutablePointer<OptionWatch>
    let count: Int
    let lattice: OptionLattice
    /// What the current step has to do, in order of time.
    private let agenda: UnsafeMutablePointer<Int32>
    private var agendaCount = 0
    private var agendaIndex = 0
    /// The records of the event in hand.
    var outbox: OptionOutbox
    var random: SeededGenerator
    let orderSizes: QuantileTable
    let tradeSizes: QuantileTable
    private var stepIndex: Int32 = 0
    /// The forward at which it was last looked whether prices have moved.
    private var seenForward = 0.0
    /// Unit exponentials until the next trade.
    private var tradeWait = 1.0
    private var haltIndex = 0
    private var reconnectIndex = 0
    private var eventTime: UInt64 = 0
    private var sequence: UInt32
    /// The receive time of the next record, or the time at which it is to look again; `UInt64.max` after the last.
    private(set) var receiveTime: UInt64

    init(_ parameters: SessionParameters, path: LatentPath) {
        self.parameters = parameters
        self.path = path
        let points = Double(parameters.openingPrice.count) * 0.25
        smile = SyntheticSmile(seed: parameters.seed, path: path, openingPoints: points)
        let chain = SyntheticOption.chain(parameters)
        count = chain.count
        states = .allocate(capacity: max(1, count))
        watches = .allocate(capacity: max(1, count))
        watches.initialize(repeating: OptionWatch(), count: max(1, count))
        agenda = .allocate(capacity: count + Self.tradesPerStep)
        for (index, option) in chain.enumerated() {
            let expiry = parameters.expiries[option.expiry]
            (states + index).initialize(
                to: OptionState(
                    instrumentID: option.instrumentID, strike: Double(option.strike), isCall: option.isCall,
                    isToday: expiry.tradeDatesLeft == 0, expiration: (expiry.expiration - parameters.midnight).seconds))
        }
        lattice = OptionLattice(chain, expiries: parameters.expiries)
        outbox = OptionOutbox()
        random = SeededGenerator(seed: parameters.seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x0b71_0b75)
        orderSizes = QuantileTable(lognormalMedian: 22, deviation: 0.9)
        tradeSizes = QuantileTable(lognormalMedian: 2.2, deviation: 1.35)
        sequence = UInt32(truncatingIfNeeded: 5_000 + parameters.seed % 1_000)
        receiveTime = count == 0 ? .max : parameters.instant(parameters.window.start).nanoseconds
    }

    func deallocate() {
        smile.deallocate()
        states.deallocate()
        watches.deallocate()
        agenda.deallocate()
        lattice.deallocate()
        outbox.deallocate()
        orderSizes.deallocate()
        tradeSizes.deallocate()
    }

    /// Writes the next record. False when there was none at `receiveTime`: only the time has moved on.
    /// - Parameter mid: of ES, in ticks from the opening price.
    mutating func next(into record: UnsafeMutableRawPointer, mid: Double) -> Bool {
        let second = (Timestamp(nanoseconds: receiveTime) - parameters.midnight).seconds
        if outbox.isEmpty {
            if agendaIndex == agendaCount {
                takeStep(moment(second, mid: mid))
                return false
            }
            plan(agenda[agendaIndex], moment(second, mid: mid), second)
            agendaIndex += 1
        }
        guard let entry = outbox.take() else {
            scheduleNext()
            return false
        }
        write(entry, to: record)
        scheduleNext()
        return true
    }

    private func moment(_ second: Double, mid: Double) -> SyntheticSmile.Moment {
        smile.moment(second, forward: (Double(parameters.openingPrice.count) + mid) * 0.25)
    }
}

// MARK: - Time
extension OptionStream {
    private var stepSecond: Double { parameters.window.start + Double(stepIndex) * Self.step }

    /// Fills the agenda of the current step.
    private mutating func takeStep(_ moment: SyntheticSmile.Moment) {
        agendaCount = 0
        agendaIndex = 0
        let second = stepSecond
        if !isSilent(second) {
            gatherQuotes(moment, second)
            gatherTrades(second)
        }
        stepIndex += 1
        scheduleNext()
    }

    private mutating func gatherQuotes(_ moment: SyntheticSmile.Moment, _ second: Double) {
        let step = stepIndex
        // The smile moves slowly: once a second is enough for it.
        let looks = moment.forward != seenForward || step % 4 == 0
        seenForward = moment.forward
        for index in 0..<count {
            if watches[index].due <= step {
                if states[index].expiration > second + 1 {
                    agenda[agendaCount] = Int32(index)
                    agendaCount += 1
                } else {
                    watches[index].due = .max
                    watches[index].rest()
                    states[index].quote = OptionQuote()
                }
            } else if looks && watches[index].hasMoved(moment) {
                watches[index].rest()
                let delay = reaction(states[index].interest, second)
                watches[index].due = min(watches[index].due, step + 1 + Int32(delay / Self.step))
            }
        }
    }

    private mutating func gatherTrades(_ second: Double) {
        let activity = path.activity(step: Int((second - DayShape.openSecond) / LatentPath.step))
        tradeWait -= 0.008 * activity * parameters.rate * Self.step
        let quotes = agendaCount
        while tradeWait < 0 && agendaCount < quotes + Self.tradesPerStep {
            tradeWait += random.exponential()
            let points = 0.25 * (Double(parameters.openingPrice.count) + path.price(second - DayShape.openSecond))
            if let index = lattice.draw(forward: points, &random) {
                // Somewhere among the quotes.
                let place = Int(random.below(UInt64(agendaCount + 1)))
                agenda[agendaCount] = agenda[place]
                agenda[place] = Int32(index) | Self.tradeBit
                agendaCount += 1
            }
        }
        tradeWait = max(tradeWait, 0)
    }

    /// Halted, or the feed is lost; when it is back everything is quoted anew.
    private mutating func isSilent(_ second: Double) -> Bool {
        while haltIndex < parameters.halts.count && second >= parameters.halts[haltIndex].end { haltIndex += 1 }
        if haltIndex < parameters.halts.count && parameters.halts[haltIndex].contains(second) { return true }
        guard reconnectIndex < parameters.reconnects.count else { return false }
        let age = second - parameters.reconnects[reconnectIndex]
        guard age >= 0 else { return false }
        if age < 2.5 { return true }
        reconnectIndex += 1
        sequence &+= 1_000
        for index in 0..<count where watches[index].due != .max { watches[index].due = stepIndex }
        return false
    }

    /// Sets the receive time of what comes next: the rest of an event, the next on the agenda, or the next step.
    private mutating func scheduleNext() {
        if !outbox.isEmpty {
            receiveTime &+= 900 + random.below(2_000)
            sequence &+= 1
            return
        }
        guard agendaIndex < agendaCount else {
            let start = parameters.instant(stepSecond).nanoseconds
            receiveTime = stepSecond < parameters.window.end ? max(receiveTime, start) : .max
            return
        }
        let start = parameters.instant(stepSecond - Self.step).nanoseconds
        let share = (Double(agendaIndex) + random.unit()) / Double(agendaCount)
        eventTime = max(eventTime &+ 120, start &+ UInt64(share * 0.96 * Self.step * 1e9))
        var latency = 80_000 + random.below(60_000)
        if random.chance(0.06) { latency += random.below(360_000) }
        receiveTime = max(receiveTime &+ 250, eventTime &+ latency)
        sequence &+= 1 + UInt32(truncatingIfNeeded: random.below(3))
    }
}

// MARK: - Bytes
extension OptionStream {
    private mutating func write(_ entry: OptionOutbox.Entry, to record: UnsafeMutableRawPointer) {
        let header = RecordHeader(
            publisherID: 1, instrumentID: states[entry.index].instrumentID,
            eventTime: Timestamp(nanoseconds: eventTime))
        let head = MarketByPriceRecord(
            header: header, price: Price(nanos: OptionQuote.nanos(entry.price)),
            size: UInt32(truncatingIfNeeded: entry.size), action: entry.action, side: entry.side, flags: entry.flags,
            receiveTime: Timestamp(nanoseconds: receiveTime),
            sendTimeDelta: Int32(truncatingIfNeeded: 14_500 + random.below(2_500)), sequence: sequence)
        head.writeHead(.mbp1, byteCount: RecordByteCount.mbp1, to: record)
        record.storeBytes(of: entry.level, toByteOffset: 48, as: BidAskPair.self)
    }
}
