import Determinism

/// All contracts that definitions have named, found by instrument number, and their order by strike.
///
/// Room is made once. The order and the candidates are derived: the same whenever they are made anew.
public struct OptionChain: ~Copyable {
    static let seriesCapacity = 512
    private static let hour: UInt64 = 3_600_000_000_000
    /// How far a forward may move before the candidates are chosen again, as a share.
    private static let drift = 0.01

    let capacity: Int
    let contracts: UnsafeMutablePointer<OptionContract>
    public private(set) var count = 0
    /// Definitions for which there was no room.
    public private(set) var ignored: UInt64 = 0
    private var index: OptionIndex

    /// Listed contracts by strike, expiration, underlying, calls first.
    private let order: UnsafeMutablePointer<Int32>
    private var orderCount = 0
    private var orderIsStale = true
    /// Expirations, by time and underlying.
    let series: UnsafeMutablePointer<OptionSeries>
    private(set) var seriesCount = 0

    var candidates: OptionCandidates
    /// Places of the candidates in the order of strikes.
    private let candidateOrder: UnsafeMutablePointer<Int32>
    private var candidateCount = 0
    private var candidatesUntil: UInt64 = 0
    /// The forwards for which the candidates were chosen; NaN for none.
    private let reference: UnsafeMutablePointer<Double>
    private let underlyingCount: Int

    init(capacity: Int, underlyings: Int) {
        self.capacity = capacity
        underlyingCount = underlyings
        contracts = UnsafeMutableRawPointer.allocate(
            byteCount: capacity * MemoryLayout<OptionContract>.stride, alignment: OptionContract.alignment
        ).bindMemory(to: OptionContract.self, capacity: capacity)
        index = OptionIndex(capacity: capacity)
        order = .allocate(capacity: capacity)
        candidates = OptionCandidates(capacity: capacity, series: Self.seriesCapacity)
        candidateOrder = .allocate(capacity: capacity)
        series = .allocate(capacity: Self.seriesCapacity)
        reference = .allocate(capacity: max(underlyings, 1))
        reference.initialize(repeating: .nan, count: max(underlyings, 1))
    }

    deinit {
        UnsafeMutableRawPointer(contracts).deallocate()
        order.deallocate()
        candidateOrder.deallocate()
        series.deallocate()
        reference.deallocate()
    }

    /// Places of the candidates in the order of strikes, expirations, underlyings, calls first.
    var candidatesByStrike: UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: candidateOrder, count: candidateCount)
    }

    /// The contract's place, or −1.
    func find(_ instrument: UInt32) -> Int { index.find(instrument) }

    /// The place for a contract with this number, new or not; −1 when there is no room.
    mutating func place(for instrument: UInt32) -> Int {
        let found = find(instrument)
        if found >= 0 { return found }
        guard count < capacity else {
            ignored &+= 1
            return -1
        }
        var contract = OptionContract()
        contract.instrument = instrument
        (contracts + count).initialize(to: contract)
        index.insert(instrument, at: count)
        count += 1
        return count - 1
    }

    /// A contract's terms have changed.
    mutating func termsChanged() { orderIsStale = true }

    /// Forgets contracts that expired before `time` or were withdrawn, ns.
    mutating func removeExpired(before time: UInt64) {
        var kept = 0
        for place in 0..<count where contracts[place].isListed && contracts[place].expiration >= time {
            contracts[kept] = contracts[place]
            kept += 1
        }
        guard kept < count else { return }
        count = kept
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        index.clear()
        for place in 0..<count {
            index.insert(contracts[place].instrument, at: place)
            contracts[place].slot = -1
        }
        candidates.removeAll()
        orderIsStale = true
    }

    // MARK: Order

    /// Makes order, series and candidates fit the contracts, `time` (ns) and the forwards.
    /// - Returns: whether there are new candidates.
    mutating func prepare(
        at time: UInt64, forwards: UnsafePointer<Double>, configuration: OptionConfiguration
    ) -> Bool {
        let orderWasStale = orderIsStale
        if orderIsStale { arrange() }
        guard orderWasStale || time >= candidatesUntil || haveDrifted(forwards) else { return false }
        chooseCandidates(at: time, forwards: forwards, configuration: configuration)
        return true
    }

    private mutating func arrange() {
        orderIsStale = false
        orderCount = 0
        for place in 0..<count where contracts[place].isListed {
            order[orderCount] = Int32(place)
            orderCount += 1
        }
        let contracts = self.contracts
        HeapSort.sort(order, count: orderCount) { Self.precedes(contracts + Int($0), contracts + Int($1)) }
        collectSeries()
        assignSeries()
    }

    private static func precedes(_ a: UnsafePointer<OptionContract>, _ b: UnsafePointer<OptionContract>) -> Bool {
        if a.pointee.strike != b.pointee.strike { return a.pointee.strike < b.pointee.strike }
        if a.pointee.expiration != b.pointee.expiration { return a.pointee.expiration < b.pointee.expiration }
        if a.pointee.underlying != b.pointee.underlying { return a.pointee.underlying < b.pointee.underlying }
        if a.pointee.isCall != b.pointee.isCall { return a.pointee.isCall }
        return a.pointee.instrument < b.pointee.instrument
    }

    private mutating func collectSeries() {
        seriesCount = 0
        for position in 0..<orderCount {
            let contract = contracts[Int(order[position])]
            let place = seriesPlace(contract)
            if place < seriesCount, matches(series[place], contract) { continue }
            guard seriesCount < Self.seriesCapacity else { continue }
            (series + seriesCount).initialize(
                to: OptionSeries(expiration: contract.expiration, underlying: contract.underlying))
            // Kept sorted: the new one moves down to its place.
            var slot = seriesCount
            let new = series[slot]
            while slot > place {
                series[slot] = series[slot - 1]
                slot -= 1
            }
            series[place] = new
            seriesCount += 1
        }
    }

    /// The first series that does not come before the contract's.
    private func seriesPlace(_ contract: OptionContract) -> Int {
        var low = 0
        var high = seriesCount
        while low < high {
            let middle = (low + high) / 2
            let other = series[middle]
            let isBefore =
                other.expiration != contract.expiration
                ? other.expiration < contract.expiration : other.underlying < contract.underlying
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func matches(_ series: OptionSeries, _ contract: OptionContract) -> Bool {
        series.expiration == contract.expiration && series.underlying == contract.underlying
    }

    /// Tells every contract its series.
    private mutating func assignSeries() {
        var kept = orderCount
        for position in stride(from: orderCount - 1, through: 0, by: -1) {
            let contract = contracts + Int(order[position])
            let place = seriesPlace(contract.pointee)
            guard place < seriesCount, matches(series[place], contract.pointee) else {
                // More expirations than any chain has: those met last in the order of strikes are left out.
                contract.pointee.isListed = false
                ignored &+= 1
                continue
            }
            contract.pointee.series = Int32(place)
            kept -= 1
            order[kept] = order[position]
        }
        for position in kept..<orderCount { order[position - kept] = order[position] }
        orderCount -= kept
    }

    // MARK: Candidates

    private func haveDrifted(_ forwards: UnsafePointer<Double>) -> Bool {
        for slot in 0..<underlyingCount where !forwards[slot].isNaN {
            if !(abs(forwards[slot] - reference[slot]) <= Self.drift * reference[slot]) { return true }
        }
        return false
    }

    private mutating func chooseCandidates(
        at time: UInt64, forwards: UnsafePointer<Double>, configuration: OptionConfiguration
    ) {
        for slot in 0..<underlyingCount { reference[slot] = forwards[slot] }
        candidatesUntil = time &+ Self.hour
        let latest = candidatesUntil &+ configuration.horizon
        let window = configuration.strikeWindow + (1 + configuration.strikeWindow) * Self.drift * 1.1
        for place in 0..<count { contracts[place].slot = -1 }
        candidateCount = 0
        for position in 0..<orderCount {
            let contract = contracts + Int(order[position])
            // Without a future's price every strike of an index chain may count.
            let slot = Int(contract.pointee.underlying)
            let isNear =
                slot < 0 || abs(contract.pointee.strikePoints - forwards[slot]) <= window * forwards[slot]
            if isNear, contract.pointee.expiration > time, contract.pointee.expiration <= latest {
                candidateOrder[candidateCount] = order[position]
                candidateCount += 1
            } else {
                contract.pointee.isMember = false
                contract.pointee.isUsable = false
            }
        }
        candidates.fill(candidatesByStrike, contracts, series, seriesCount: seriesCount, at: time)
    }
}

extension OptionChain: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("option-chain")
        try archive.field(&count)
        guard count >= 0, count <= capacity else { throw .mismatch(offset: 0, expected: "option-chain") }
        try archive.field(&ignored)
        for place in 0..<count {
            if archive.isLoading { (contracts + place).initialize(to: OptionContract()) }
            try archive.field(&contracts[place])
        }
        if archive.isLoading { rebuildIndex() }
    }
}
