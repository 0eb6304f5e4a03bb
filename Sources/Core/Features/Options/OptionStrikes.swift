import Determinism

/// The strikes of the chain, lowest first, and the sums over them. A refresh makes anew the sums of those strikes of
/// which a contract has changed; what all sum to is always made from all.
///
/// Room is made once.
struct OptionStrikes: ~Copyable {
    private let capacity: Int
    let table: UnsafeMutablePointer<OptionStrike>
    private(set) var count = 0
    /// Where the contracts of each begin in the order of strikes.
    private let starts: UnsafeMutablePointer<Int32>
    /// A contract of the strike has changed since the last refresh.
    private let isStale: UnsafeMutablePointer<Bool>

    init(capacity: Int) {
        self.capacity = capacity
        table = .allocate(capacity: capacity)
        starts = .allocate(capacity: capacity + 1)
        isStale = .allocate(capacity: capacity)
        isStale.initialize(repeating: false, count: capacity)
    }

    deinit {
        table.deallocate()
        starts.deallocate()
        isStale.deallocate()
    }

    /// Takes the candidates, in the order of strikes, and tells each its strike's place.
    mutating func arrange(_ order: UnsafeBufferPointer<Int32>, _ contracts: UnsafeMutablePointer<OptionContract>) {
        count = 0
        for position in order.indices {
            let contract = contracts + Int(order[position])
            if count == 0 || table[count &- 1].strike != contract.pointee.strike {
                (table + count).initialize(
                    to: OptionStrike(strike: contract.pointee.strike, points: contract.pointee.strikePoints))
                (starts + count).initialize(to: Int32(truncatingIfNeeded: position))
                count &+= 1
            }
            contract.pointee.strikeIndex = Int32(truncatingIfNeeded: count &- 1)
        }
        (starts + count).initialize(to: Int32(truncatingIfNeeded: order.count))
        touchAll()
    }

    /// A candidate has changed in something that is summed.
    @inline(__always) func touch(_ contract: UnsafePointer<OptionContract>) {
        isStale[Int(contract.pointee.strikeIndex)] = true
    }

    func touchAll() {
        for index in 0..<count { isStale[index] = true }
    }

    /// Sums up: the strikes that were touched, then all of them.
    mutating func sum(
        _ order: UnsafeBufferPointer<Int32>, _ contracts: UnsafePointer<OptionContract>,
        _ series: UnsafePointer<OptionSeries>
    ) -> OptionTotals {
        var totals = OptionTotals()
        for index in 0..<count {
            if isStale[index] {
                isStale[index] = false
                sum(index, order, contracts, series)
            }
            totals.add(table + index)
        }
        return totals
    }

    /// Reads what `sum` does of all strikes.
    func rehearse() -> Double {
        var totals = OptionTotals()
        for index in 0..<count { totals.add(table + index) }
        return totals.gamma
    }

    private mutating func sum(
        _ index: Int, _ order: UnsafeBufferPointer<Int32>, _ contracts: UnsafePointer<OptionContract>,
        _ series: UnsafePointer<OptionSeries>
    ) {
        var strike = OptionStrike(strike: table[index].strike, points: table[index].points)
        for position in Int(starts[index])..<Int(starts[index &+ 1]) {
            let contract = contracts + Int(order[position])
            guard contract.pointee.isMember else { continue }
            strike.add(contract, isToday: series[Int(contract.pointee.series)].isToday)
        }
        table[index] = strike
    }

    /// Adds contracts open at a member's strike (or takes them away) without a refresh.
    mutating func addInterest(_ change: Int64, _ contract: UnsafePointer<OptionContract>) {
        table[Int(contract.pointee.strikeIndex)].addInterest(change, isCall: contract.pointee.isCall)
        touch(contract)
    }

    // MARK: Walls

    /// Of calls and of puts; NaN where there is none.
    func walls(forward: Double) -> (call: Double, put: Double) {
        var call = OptionWall()
        var put = OptionWall()
        for index in 0..<count {
            call.take(table[index].callGamma, at: table[index].points, forward: forward)
            put.take(table[index].putGamma, at: table[index].points, forward: forward)
        }
        return (call.points, put.points)
    }
}

/// The strike with the most gamma of one kind, what is called a wall: of equals the one nearest the forward, then the
/// lower.
struct OptionWall {
    private var gamma = 0.0
    private(set) var points = Double.nan

    /// Takes strikes, the lowest first.
    @inline(__always) mutating func take(_ value: Double, at strike: Double, forward: Double) {
        guard value >= gamma, value > 0 else { return }
        if value > gamma || abs(strike - forward) < abs(points - forward) {
            gamma = value
            points = strike
        }
    }
}

extension OptionStrikes: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&count)
        guard count >= 0, count <= capacity else { throw .mismatch(offset: 0, expected: "option-strikes") }
        for index in 0..<count {
            if archive.isLoading { (table + index).initialize(to: OptionStrike(strike: 0, points: 0)) }
            try archive.field(&table[index])
        }
    }
}
