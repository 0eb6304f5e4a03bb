import DBN
import Determinism
import Units

/// The MBP-10 records of one contract, one at a time in order of their receive time.
struct InstrumentStream {
    /// Records for each group of the base process, those of the flurries included: measured, so that a day of rate 1
    /// has its 10 million.
    private static let recordsPerGroup = 2.4

    /// Of a group's last record, as Databento's CME records have it. Made once: a literal of several costs an
    /// allocation in a debug build.
    private static let closing: RecordFlags = [.last, .publisherSpecific]

    private enum Pending {
        /// The book as it stands at the start or after a reconnect.
        case clear, snapshot
        /// Operation `index` of the planned group.
        case operation(Int)
        /// A group at the drawn time that is still to be planned, at the last moment: it depends on the other book.
        case group
        case nothing
    }

    private let midnight: Timestamp
    private let window: DaySpan
    private let halts: [DaySpan]
    private let reconnects: [Double]
    private let instrumentID: InstrumentID
    private let rate: Double
    private let path: LatentPath
    private var arrivals: ArrivalProcess
    private var flow: OrderFlow
    private var ladder: PriceLadder
    private var pending = Pending.nothing
    /// Seconds since 18:00, and the path's step they lie in.
    private var clock: Double
    private var step: Int
    private var eventTime: UInt64 = 0
    /// The receive time of the next record; `UInt64.max` after the last.
    private(set) var receiveTime = UInt64.max
    private var sequence: UInt32
    private var reconnectIndex = 0
    private var isSuspect = false
    private var halted = 0

    init(_ parameters: SessionParameters, _ contract: SyntheticContract, profile: ContractProfile, path: LatentPath) {
        midnight = parameters.midnight
        window = parameters.window
        halts = parameters.halts
        reconnects = parameters.reconnects
        rate = parameters.rate
        self.path = path
        instrumentID = contract.instrumentID
        let seed = parameters.seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(contract.instrumentID.raw)
        arrivals = ArrivalProcess(seed: seed &+ 1)
        flow = OrderFlow(profile: profile, rate: parameters.rate, seed: seed &+ 2)
        ladder = PriceLadder(centerTick: parameters.openingPrice.count, tickNanos: SyntheticContract.tick.nanos)
        clock = parameters.window.start - DayShape.openSecond
        step = Int(clock / LatentPath.step)
        sequence = UInt32(truncatingIfNeeded: 1_000 + seed % 1_000)
        openBook()
        eventTime = parameters.instant(window.start).nanoseconds &- 1_000_000
        receiveTime = parameters.instant(window.start).nanoseconds
        pending = .snapshot
    }

    func deallocate() {
        flow.deallocate()
        ladder.deallocate()
    }

    /// The mid in ticks from the opening price.
    var mid: Double { ladder.mid }

    /// Writes the next record. False when the window ends before another one.
    mutating func next(into record: UnsafeMutableRawPointer, otherMid: Double?) -> Bool {
        while true {
            switch pending {
            case .nothing:
                return false
            case .clear:
                writeSpecial(record, action: .clear, flags: [.badReceiveTime])
                pending = .snapshot
                receiveTime &+= 1_000
                sequence &+= 1
                return true
            case .snapshot:
                ladder.write(to: record + 48)
                writeSpecial(record, action: .add, flags: [.last, .snapshot, .badReceiveTime])
                isSuspect = false
                drawNextGroup()
                return true
            case .group:
                planGroup(otherMid: otherMid)
                pending = .operation(0)
            case .operation(let index):
                let isLast = index + 1 == flow.operationCount
                let isLost = isFeedLost
                apply(flow.operation(index), into: isLost ? nil : record, isLast: isLast)
                if isLast {
                    drawNextGroup()
                } else {
                    pending = .operation(index + 1)
                    stampReceive(withinGroup: true)
                }
                if !isLost { return true }
            }
        }
    }
}

// MARK: - Time
extension InstrumentStream {
    /// Draws the time of the next group, past halts; ends the stream at the end of the window.
    private mutating func drawNextGroup() {
        let end = window.end - DayShape.openSecond
        let share = flow.profile.activityShare * rate / (ArrivalProcess.clusterGroups * Self.recordsPerGroup)
        while true {
            let stepEnd = Double(step + 1) * LatentPath.step
            let gap = arrivals.drawGap(base: path.activity(step: step) * share)
            if clock + gap < stepEnd {
                arrivals.decay(gap)
                clock += gap
                arrivals.excite()
                break
            }
            arrivals.decay(stepEnd - clock)
            clock = stepEnd
            step += 1
            skipHalt()
            if clock >= end { break }
        }
        guard clock < end else {
            pending = .nothing
            receiveTime = .max
            return
        }
        let instant = midnight.nanoseconds &+ UInt64(bitPattern: Int64((clock + DayShape.openSecond) * 1e9))
        eventTime = max(eventTime &+ 120, instant)
        stampReceive(withinGroup: false)
        pending = .group
        passReconnect()
    }

    private mutating func skipHalt() {
        guard halted < halts.count else { return }
        let halt = halts[halted]
        guard clock + DayShape.openSecond >= halt.start else { return }
        clock = max(clock, halt.end - DayShape.openSecond)
        step = Int(clock / LatentPath.step + 0.5)
        arrivals.calm()
        halted += 1
    }

    /// Databento's receive time: 80 µs behind the exchange and more when it is busy, never backwards.
    private mutating func stampReceive(withinGroup: Bool) {
        var latency = 80_000 + flow.random.below(30_000)
        if flow.random.chance(0.06) { latency += flow.random.below(400_000) }
        let step = withinGroup ? 900 + flow.random.below(2_000) : 250
        let earliest = receiveTime == .max ? 0 : receiveTime &+ step
        receiveTime = withinGroup ? earliest : max(earliest, eventTime &+ latency)
        sequence &+= withinGroup ? 1 : 1 + UInt32(truncatingIfNeeded: flow.random.below(3))
    }

    /// Seconds since the feed was lost, if it is not back with a snapshot yet.
    private var secondsSinceLoss: Double? {
        guard reconnectIndex < reconnects.count else { return nil }
        let age = clock + DayShape.openSecond - reconnects[reconnectIndex]
        return age >= 0 ? age : nil
    }

    private var isFeedLost: Bool { secondsSinceLoss.map { $0 < 2 } ?? false }

    private mutating func passReconnect() {
        guard let age = secondsSinceLoss else { return }
        isSuspect = true
        if age >= 2.5 {
            reconnectIndex += 1
            pending = .clear
        }
    }
}

// MARK: - Book
extension InstrumentStream {
    private mutating func openBook() {
        let center = Int(path.price(clock).rounded(.down)) + PriceLadder.ticks / 2
        ladder.setBest(bid: center, ask: center + 1)
        refill(isBid: true)
        refill(isBid: false)
    }

    /// Gives every visible level that nobody has seen yet its orders, and redraws the side.
    private mutating func refill(isBid: Bool) {
        let depth = path.depth(step: step)
        for level in 0..<PriceLadder.visible {
            let rung = ladder.rung(level, isBid: isBid)
            if ladder.count(rung) == 0 {
                let fresh = flow.freshLevel(level, depth: depth)
                ladder.set(rung, size: fresh.size, count: fresh.count)
            }
        }
        ladder.redraw(isBid: isBid)
    }

    private mutating func planGroup(otherMid: Double?) {
        let own = path.price(clock)
        let share = flow.profile.ownPriceShare
        let followed = share * own + (1 - share) * (otherMid ?? own)
        flow.plan(ladder, gap: followed - ladder.mid, depth: path.depth(step: step))
    }

    /// Changes the book by one operation and writes its record, unless it is lost.
    private mutating func apply(_ operation: BookOperation, into record: UnsafeMutableRawPointer?, isLast: Bool) {
        let isBid = operation.isBid
        let isTrade = operation.change == .none
        let level = ladder.level(operation.rung, isBid: isTrade ? !isBid : isBid)
        switch operation.change {
        case .none: break
        case .join: ladder.change(operation.rung, size: operation.size, count: 1)
        case .leave: ladder.change(operation.rung, size: -operation.size, count: -1)
        case .grow: ladder.change(operation.rung, size: operation.size, count: 0)
        case .shrink: ladder.change(operation.rung, size: -operation.size, count: 0)
        case .move:
            ladder.change(operation.from, size: -operation.size, count: -1)
            ladder.change(operation.rung, size: operation.size, count: 1)
            ladder.redraw(level: ladder.level(operation.from, isBid: isBid), isBid: isBid)
        }
        if !isTrade { settle(operation.rung, level: level, isBid: isBid) }
        guard let record else { return }
        ladder.write(to: record + 48)
        writeHead(record, operation, depth: UInt8(max(level, 0)), isLast: isLast)
    }

    /// Redraws what an operation changed; moves the best price when its queue has gone or a better one has come.
    private mutating func settle(_ rung: Int, level: Int, isBid: Bool) {
        var best = isBid ? ladder.bestBid : ladder.bestAsk
        if level < 0 {
            best = rung
        } else if level == 0 && ladder.count(rung) == 0 {
            best += isBid ? -1 : 1
        } else {
            ladder.redraw(level: level, isBid: isBid)
            return
        }
        ladder.setBest(bid: isBid ? best : ladder.bestBid, ask: isBid ? ladder.bestAsk : best)
        refill(isBid: isBid)
        arrivals.flurry(fast: 5 * rate, slow: 12 * rate)
    }
}

// MARK: - Bytes
extension InstrumentStream {
    private mutating func writeHead(
        _ record: UnsafeMutableRawPointer, _ operation: BookOperation, depth: UInt8, isLast: Bool
    ) {
        var flags = isLast ? Self.closing : RecordFlags(rawValue: 0)
        if isSuspect { flags.insert(.maybeBadBook) }
        store(
            record, price: ladder.price(operation.rung), size: UInt32(truncatingIfNeeded: operation.orderSize),
            action: operation.action, side: operation.isBid ? .bid : .ask, flags: flags, depth: depth,
            delta: Int32(truncatingIfNeeded: 13_300 + flow.random.below(3_500)))
    }

    /// A clear (with an empty book) or a snapshot (with the levels that the caller wrote): no price, no size, no side.
    private mutating func writeSpecial(_ record: UnsafeMutableRawPointer, action: Action, flags: RecordFlags) {
        if action == .clear {
            for level in 0..<PriceLadder.visible {
                record.storeBytes(of: BidAskPair(), toByteOffset: 48 + 32 * level, as: BidAskPair.self)
            }
        }
        store(record, price: .max, size: 0, action: action, side: .none, flags: flags, depth: 0, delta: 0)
    }

    /// Writes the head; the levels are there already.
    private func store(
        _ record: UnsafeMutableRawPointer, price: Int64, size: UInt32, action: Action, side: BookSide,
        flags: RecordFlags, depth: UInt8, delta: Int32
    ) {
        let header = RecordHeader(
            publisherID: 1, instrumentID: instrumentID, eventTime: Timestamp(nanoseconds: eventTime))
        let head = MarketByPriceRecord(
            header: header, price: Price(nanos: price), size: size, action: action, side: side, flags: flags,
            depth: depth,
            receiveTime: Timestamp(nanoseconds: receiveTime), sendTimeDelta: delta, sequence: sequence)
        head.writeHead(.mbp10, byteCount: RecordByteCount.mbp10, to: record)
    }
}
