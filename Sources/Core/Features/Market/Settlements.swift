import Units

/// The final settlement prices of the last trade dates, from the tape's `statistics` records (for C-95).
struct Settlements: BitwiseCopyable {
    private struct Entry: BitwiseCopyable {
        /// Trade date as days since 1970; the least number for an empty place.
        var day: Int32 = .min
        /// Undefined when it was withdrawn.
        var price = Price.undefined
        /// ns.
        var received: UInt64 = 0
    }

    /// A session needs the date before it; the next one's may come early, and old ones are restated.
    private var entries = InlineArray<4, Entry>(repeating: Entry())

    init() {}

    /// Takes a final settlement, `.undefined` when it is withdrawn. Of one trade date the record received last counts.
    mutating func take(_ price: Price, day: Int32, received: UInt64) {
        var place = 0
        for index in 0..<4 {
            if entries[index].day == day {
                place = index
                break
            }
            if entries[index].day < entries[place].day { place = index }
        }
        guard day > entries[place].day || day == entries[place].day && received >= entries[place].received else {
            return
        }
        entries[place] = Entry(day: day, price: price, received: received)
    }

    /// The settlement of the last of these trade dates that has one, `.undefined` when none is known.
    func price(days: ClosedRange<Int32>) -> Price {
        var (last, price) = (Int32.min, Price.undefined)
        for index in 0..<4 where days.contains(entries[index].day) && entries[index].price.isDefined {
            if entries[index].day > last { (last, price) = (entries[index].day, entries[index].price) }
        }
        return price
    }
}
