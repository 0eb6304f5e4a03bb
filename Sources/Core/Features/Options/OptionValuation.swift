import Determinism

/// Values many quotes together, with the bits of one at a time: volatilities by `ImpliedVolatility`, then greeks by
/// `Black76`. What takes time in both are logarithms, exponentials and error functions; here they are taken of eight
/// quotes at once. Room is made once.
struct OptionValuation: ~Copyable {
    /// A quote to be valued, and what was found.
    struct Quote: BitwiseCopyable {
        /// Whose it is, for who reads the results.
        var contract: Int32
        var terms: Black76.Terms
        /// Points.
        var mid: Double
        /// e^(rT) − 1.
        var interest: Double
        /// Where to begin, NaN for nowhere; then the volatility, NaN when there is none.
        var volatility: Double
    }

    private static let width = 8

    private let quotes: UnsafeMutablePointer<Quote>
    private let capacity: Int
    private(set) var count = 0
    private let searches: UnsafeMutablePointer<VolatilitySearch>
    private let targets: UnsafeMutablePointer<Double>
    /// Two numbers a quote.
    private let errors: UnsafeMutableBufferPointer<Double>
    private let exponentials: UnsafeMutableBufferPointer<Double>
    private let logarithms: UnsafeMutableBufferPointer<Double>

    init(capacity: Int) {
        self.capacity = capacity
        quotes = .allocate(capacity: capacity)
        searches = .allocate(capacity: Self.width)
        targets = .allocate(capacity: Self.width)
        errors = .allocate(capacity: 2 * Self.width)
        exponentials = .allocate(capacity: Self.width)
        logarithms = .allocate(capacity: Self.width)
        searches.initialize(repeating: VolatilitySearch(from: .nan), count: Self.width)
        targets.initialize(repeating: .nan, count: Self.width)
        errors.initialize(repeating: 0)
        exponentials.initialize(repeating: 0)
        logarithms.initialize(repeating: 1)
    }

    deinit {
        quotes.deallocate()
        searches.deallocate()
        targets.deallocate()
        errors.deallocate()
        exponentials.deallocate()
        logarithms.deallocate()
    }

    mutating func removeAll() { count = 0 }

    /// - Precondition: there is room. `terms.moneyness` is not read.
    @inline(__always) mutating func add(_ quote: Quote) {
        precondition(count < capacity)
        (quotes + count).initialize(to: quote)
        count &+= 1
    }

    /// Whose quote was added as `index`th.
    @inline(__always) func contract(_ index: Int) -> Int32 { quotes[index].contract }

    /// Values what was added, and hands out each quote that has a volatility, or none (NaN), with its greeks.
    mutating func forEachValue(_ body: (borrowing Quote, borrowing Black76) -> Void) {
        var start = 0
        while start < count {
            let lanes = min(Self.width, count &- start)
            let block = quotes + start
            setMoneyness(block, lanes)
            search(block, lanes)
            value(block, lanes, body)
            start &+= lanes
        }
    }

    /// Values once more a part of what was added last, and lets go of it.
    mutating func rehearse() -> Double {
        let lanes = min(Self.width, count)
        var sum = 0.0
        setMoneyness(quotes, lanes)
        search(quotes, lanes)
        value(quotes, lanes) { _, value in sum += value.delta }
        return sum
    }

    private mutating func setMoneyness(_ block: UnsafeMutablePointer<Quote>, _ lanes: Int) {
        for lane in 0..<lanes { logarithms[lane] = block[lane].terms.forward / block[lane].terms.strike }
        DeterministicMath.log(logarithms)
        for lane in 0..<lanes { block[lane].terms.moneyness = logarithms[lane] }
    }

    private mutating func search(_ block: UnsafeMutablePointer<Quote>, _ lanes: Int) {
        var left = begin(block, lanes)
        while left > 0 {
            for lane in 0..<lanes where !searches[lane].isOver {
                let option = OutOfMoney(block[lane].terms)
                let (d1, d2) = option.arguments(searches[lane].volatility)
                errors[lane] = Normal.argument(option.sign * d1)
                errors[lane &+ Self.width] = Normal.argument(option.sign * d2)
                exponentials[lane] = Normal.exponent(d1)
            }
            DeterministicMath.erfc(errors)
            DeterministicMath.exp(exponentials)
            left = step(block, lanes)
        }
        for lane in 0..<lanes where !targets[lane].isNaN { block[lane].volatility = searches[lane].volatility }
    }

    /// How many of the quotes may have a volatility.
    private mutating func begin(_ block: UnsafeMutablePointer<Quote>, _ lanes: Int) -> Int {
        var left = 0
        for lane in 0..<lanes {
            let quote = block + lane
            guard
                let target = ImpliedVolatility.target(
                    quote.pointee.terms, price: quote.pointee.mid, interest: quote.pointee.interest)
            else {
                targets[lane] = .nan
                quote.pointee.volatility = .nan
                searches[lane] = .none
                continue
            }
            targets[lane] = target
            let start = OutOfMoney(quote.pointee.terms).start(quote.pointee.volatility, target)
            searches[lane] = VolatilitySearch(from: start)
            left &+= 1
        }
        return left
    }

    /// Of the searches that go on, how far each is from its target, and one step of it.
    private mutating func step(_ block: UnsafeMutablePointer<Quote>, _ lanes: Int) -> Int {
        for lane in 0..<lanes where !searches[lane].isOver {
            logarithms[lane] = found(block, lane).price / targets[lane]
        }
        DeterministicMath.log(logarithms)
        var left = 0
        for lane in 0..<lanes where !searches[lane].isOver {
            let (price, vega, curvature) = found(block, lane)
            searches[lane].step(miss: logarithms[lane], price: price, vega: vega, curvature: curvature)
            if !searches[lane].isOver { left &+= 1 }
        }
        return left
    }

    @inline(__always) private func found(
        _ block: UnsafeMutablePointer<Quote>, _ lane: Int
    ) -> (price: Double, vega: Double, curvature: Double) {
        let option = OutOfMoney(block[lane].terms)
        let volatility = searches[lane].volatility
        let (d1, d2) = option.arguments(volatility)
        return option.price(
            volatility, d1, d2, Normal.cumulative(ofErrors: errors[lane]),
            Normal.cumulative(ofErrors: errors[lane &+ Self.width]),
            Normal.density(ofExponential: exponentials[lane]))
    }

    private mutating func value(
        _ block: UnsafeMutablePointer<Quote>, _ lanes: Int, _ body: (borrowing Quote, borrowing Black76) -> Void
    ) {
        for lane in 0..<lanes {
            let d1 = block[lane].terms.d1(block[lane].volatility)
            errors[lane] = Normal.argument(block[lane].terms.sign * d1)
            exponentials[lane] = Normal.exponent(d1)
        }
        DeterministicMath.erfc(UnsafeMutableBufferPointer(rebasing: errors[..<Self.width]))
        DeterministicMath.exp(exponentials)
        for lane in 0..<lanes {
            let d1 = block[lane].terms.d1(block[lane].volatility)
            body(
                block[lane],
                Black76(
                    block[lane].terms, volatility: block[lane].volatility, d1: d1,
                    cumulative: Normal.cumulative(ofErrors: errors[lane]),
                    density: Normal.density(ofExponential: exponentials[lane])))
        }
    }
}
