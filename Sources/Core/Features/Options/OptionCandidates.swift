import CVectors

/// The contracts that may be in the chain while time and forwards move little, as a refresh looks at them: a column for
/// each thing that it compares, series after series, each in the order of strikes and filled up to whole blocks.
///
/// A slot is a place in the columns. All of it is derived from the contracts, the same whenever it is made anew. Room
/// is made once.
struct OptionCandidates: ~Copyable {
    /// Slots that are compared together.
    static let block = 8
    /// A quote older than this is not usable, ns.
    static let longestAge: Int64 = 60_000_000_000

    /// Slots, fillers included.
    private(set) var count = 0
    /// Places of the contracts; −1 in a filler.
    let places: UnsafeMutablePointer<Int32>
    /// Points; NaN in a filler.
    let strikes: UnsafeMutablePointer<Double>
    /// +1 call, −1 put.
    let sides: UnsafeMutablePointer<Double>
    /// Points; NaN without a quote whose sides are in order.
    let mids: UnsafeMutablePointer<Double>
    /// What counts as of the last refresh; NaN where none does.
    let volatilities: UnsafeMutablePointer<Double>
    /// When a contract was heard of last, ns after `epoch`.
    private let heard: UnsafeMutablePointer<Double>
    private var epoch: UInt64 = 0
    /// As of the last refresh, a bit a slot: who is in the chain, and whose quote can be valued.
    private let members: UnsafeMutablePointer<UInt8>
    private let usable: UnsafeMutablePointer<UInt8>
    /// Slots whose contract was made dirty since the last refresh.
    let dirty: UnsafeMutablePointer<Int32>
    private(set) var dirtyCount = 0
    /// Slots of which who is in the chain or usable has changed at this refresh.
    let changed: UnsafeMutablePointer<Int32>
    private(set) var changedCount = 0

    /// - Parameter capacity: contracts; `series` of them at most begin a block.
    init(capacity: Int, series: Int) {
        let slots = capacity + series * (Self.block - 1)
        places = .allocate(capacity: slots)
        strikes = .allocate(capacity: slots)
        sides = .allocate(capacity: slots)
        mids = .allocate(capacity: slots)
        volatilities = .allocate(capacity: slots)
        heard = .allocate(capacity: slots)
        members = .allocate(capacity: slots / Self.block + 1)
        usable = .allocate(capacity: slots / Self.block + 1)
        dirty = .allocate(capacity: capacity)
        changed = .allocate(capacity: slots)
    }

    deinit {
        places.deallocate()
        strikes.deallocate()
        sides.deallocate()
        mids.deallocate()
        volatilities.deallocate()
        heard.deallocate()
        members.deallocate()
        usable.deallocate()
        dirty.deallocate()
        changed.deallocate()
    }

    // MARK: Making

    /// Nobody is a candidate. Contracts that were must forget their slots.
    mutating func removeAll() {
        count = 0
        finish()
    }

    /// Gives slots to contracts that know their series.
    ///
    /// - Parameters:
    ///   - order: places of the candidates in the order of strikes.
    ///   - seriesCount: of the table `series`.
    ///   - time: near that of the refreshes to come, ns.
    mutating func fill(
        _ order: UnsafeBufferPointer<Int32>, _ contracts: UnsafeMutablePointer<OptionContract>,
        _ series: UnsafeMutablePointer<OptionSeries>, seriesCount: Int, at time: UInt64
    ) {
        removeAll()
        epoch = time
        makeRoom(order, contracts, series, seriesCount)
        for place in order {
            let contract = contracts + Int(place)
            let owner = series + Int(contract.pointee.series)
            let slot = owner.pointee.firstSlot &+ owner.pointee.slotCount
            owner.pointee.slotCount &+= 1
            contract.pointee.slot = slot
            fill(Int(slot), place, contract)
        }
    }

    private mutating func makeRoom(
        _ order: UnsafeBufferPointer<Int32>, _ contracts: UnsafePointer<OptionContract>,
        _ series: UnsafeMutablePointer<OptionSeries>, _ seriesCount: Int
    ) {
        for index in 0..<seriesCount { series[index].slotCount = 0 }
        for place in order { series[Int(contracts[Int(place)].series)].slotCount &+= 1 }
        for index in 0..<seriesCount {
            series[index].firstSlot = Int32(truncatingIfNeeded: count)
            count &+= (Int(series[index].slotCount) &+ Self.block &- 1) / Self.block &* Self.block
            series[index].slotCount = 0
        }
        for slot in 0..<count {
            (places + slot).initialize(to: -1)
            (strikes + slot).initialize(to: .nan)
            (sides + slot).initialize(to: 1)
            (mids + slot).initialize(to: .nan)
            (volatilities + slot).initialize(to: .nan)
            (heard + slot).initialize(to: 0)
        }
        for block in 0..<count / Self.block {
            (members + block).initialize(to: 0)
            (usable + block).initialize(to: 0)
        }
    }

    private mutating func fill(_ slot: Int, _ place: Int32, _ contract: UnsafePointer<OptionContract>) {
        places[slot] = place
        strikes[slot] = contract.pointee.strikePoints
        sides[slot] = contract.pointee.sign
        mids[slot] = contract.pointee.mid
        volatilities[slot] = contract.pointee.hasVolatility ? contract.pointee.volatility : .nan
        hear(contract)
        let bit = 1 as UInt8 &<< UInt8(truncatingIfNeeded: slot & 7)
        if contract.pointee.isMember { members[slot / Self.block] |= bit }
        if contract.pointee.isUsable { usable[slot / Self.block] |= bit }
        if contract.pointee.isDirty { append(dirty: Int32(truncatingIfNeeded: slot)) }
    }

    @inline(__always) private mutating func append(dirty slot: Int32) {
        (dirty + dirtyCount).initialize(to: slot)
        dirtyCount &+= 1
    }

    // MARK: Records

    /// Takes when a contract was heard of.
    @inline(__always) func hear(_ contract: UnsafePointer<OptionContract>) {
        guard contract.pointee.slot >= 0 else { return }
        heard[Int(contract.pointee.slot)] = Double(Int64(bitPattern: contract.pointee.heardAt &- epoch))
    }

    /// Takes a contract's new quote.
    @inline(__always) mutating func quote(_ contract: UnsafeMutablePointer<OptionContract>) {
        let slot = contract.pointee.slot
        if slot >= 0 { mids[Int(slot)] = contract.pointee.mid }
        makeDirty(contract)
    }

    /// The contract is to be valued at the next refresh at which it can be.
    @inline(__always) mutating func makeDirty(_ contract: UnsafeMutablePointer<OptionContract>) {
        guard !contract.pointee.isDirty else { return }
        contract.pointee.isDirty = true
        if contract.pointee.slot >= 0 { append(dirty: contract.pointee.slot) }
    }

    // MARK: A refresh

    /// Finds who of a series is in the chain and usable now; slots of which either has changed go to `changed`.
    ///
    /// - Parameter reach: how far a strike may be from the forward, points; NaN when the series is not in the chain.
    mutating func choose(_ series: UnsafePointer<OptionSeries>, reach: Double, at time: UInt64) {
        let oldest = Double(Int64(bitPattern: time &- epoch) &- Self.longestAge)
        let slots = series.pointee.slots
        var slot = slots.lowerBound
        while slot < slots.upperBound {
            let states = lh_option_states(
                strikes + slot, mids + slot, heard + slot, sides + slot, series.pointee.forward, reach,
                series.pointee.discount, oldest)
            let block = slot / Self.block
            let differing = states ^ (UInt32(members[block]) | UInt32(usable[block]) &<< 8)
            if differing != 0 {
                members[block] = UInt8(truncatingIfNeeded: states)
                usable[block] = UInt8(truncatingIfNeeded: states &>> 8)
                append(changed: slot, (differing | differing &>> 8) & 0xff)
            }
            slot &+= Self.block
        }
    }

    /// Looks at what `choose` would, and finds nothing. A function of its own: at each refresh the other one counts.
    func rehearse(_ series: UnsafePointer<OptionSeries>, reach: Double, at time: UInt64) -> UInt32 {
        let oldest = Double(Int64(bitPattern: time &- epoch) &- Self.longestAge)
        var found: UInt32 = 0
        for slot in stride(from: series.pointee.slots.lowerBound, to: series.pointee.slots.upperBound, by: Self.block) {
            found ^= lh_option_states(
                strikes + slot, mids + slot, heard + slot, sides + slot, series.pointee.forward, reach,
                series.pointee.discount, oldest)
            found ^= UInt32(members[slot / Self.block]) | UInt32(usable[slot / Self.block]) &<< 8
        }
        return found
    }

    private mutating func append(changed first: Int, _ lanes: UInt32) {
        var left = lanes
        while left != 0 {
            let slot = first &+ left.trailingZeroBitCount
            (changed + changedCount).initialize(to: Int32(truncatingIfNeeded: slot))
            changedCount &+= 1
            left &= left &- 1
        }
    }

    @inline(__always) func isMember(_ slot: Int) -> Bool { members[slot / Self.block] &>> (slot & 7) & 1 != 0 }
    @inline(__always) func isUsable(_ slot: Int) -> Bool { usable[slot / Self.block] &>> (slot & 7) & 1 != 0 }

    /// Forgets which slots have changed, and whose contracts were dirty.
    mutating func finish() {
        changedCount = 0
        dirtyCount = 0
    }
}
