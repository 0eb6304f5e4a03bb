import MarketData

/// The plain time-weighted mean of size per listed level of each side, since the last reset (for B-24): reset at 18:00
/// and at the regular open. Kept as integrals up to the last change.
public struct MeanLevelSize: BitwiseCopyable, Sendable {
    /// ns from the reset before which the mean is not given.
    private static var warmUp: UInt64 { 300_000_000_000 }

    private struct Side: BitwiseCopyable {
        var weighted: Double = 0
        var seconds: Double = 0
        var value: Double = .nan
        var changed: UInt64

        @inline(__always) mutating func set(_ new: Double, at time: UInt64) {
            if new == value || (new.isNaN && value.isNaN) { return }
            accumulate(to: time)
            value = new
        }

        mutating func accumulate(to time: UInt64) {
            if time > changed {
                if !value.isNaN {
                    let span = Double(time &- changed) * 1e-9
                    weighted += value * span
                    seconds += span
                }
                changed = time
            }
        }

        func mean(at time: UInt64) -> Double {
            if value.isNaN || time <= changed { return ratio(weighted, seconds) }
            let span = Double(time &- changed) * 1e-9
            return (weighted + value * span) / (seconds + span)
        }
    }

    private var since: UInt64
    private var bid: Side
    private var ask: Side

    init(since: UInt64) {
        self.since = since
        bid = Side(changed: since)
        ask = Side(changed: since)
    }

    /// Begins anew, with the sizes that are in force.
    mutating func reset(at time: UInt64) {
        since = time
        bid = Side(value: bid.value, changed: time)
        ask = Side(value: ask.value, changed: time)
    }

    /// The book with this shape holds from `time` on; it may differ from the one before in the levels of `change`.
    mutating func watch(
        _ book: UnsafePointer<Book>, shape: UnsafePointer<BookShape>, usable: Bool, change: BookChange, time: UInt64
    ) {
        if change.bidSlots != 0 {
            bid.set(usable ? Self.mean(shape.pointee.bid.top10, book.pointee.bid.levelCount) : .nan, at: time)
        }
        if change.askSlots != 0 {
            ask.set(usable ? Self.mean(shape.pointee.ask.top10, book.pointee.ask.levelCount) : .nan, at: time)
        }
    }

    private static func mean(_ size: Int32, _ levels: Int32) -> Double { ratio(Double(size), Double(levels)) }

    func bidMean(at time: UInt64) -> Double { defined(time &- since >= Self.warmUp, bid.mean(at: time)) }
    func askMean(at time: UInt64) -> Double { defined(time &- since >= Self.warmUp, ask.mean(at: time)) }
}
