import Determinism

/// The efficient price and the activity of a session, in steps of 100 ms from the 18:00 open: what both books follow.
///
/// The price diffuses with the volatility of the time of day and a slow factor of its own, and drifts from edge to edge
/// of a balance area (a rotational day, as market profile calls it): so that prices of the morning are tested again and
/// again. News moves it by a few points within seconds. The path is a function of the seed alone, not of the rate.
struct LatentPath {
    static let step = 0.1

    /// News, scheduled (08:30, 10:00, 14:00) or not.
    struct Burst {
        /// Seconds from 00:00 ET.
        var time: Double
        /// Ticks.
        var jump: Double
        /// Activity at its start, as a multiple of the usual.
        var peak: Double
        /// Seconds in which the activity falls to 37 %.
        var decay: Double
    }

    /// Ticks from the opening price, by step.
    private let prices: UnsafeMutablePointer<Double>
    /// ES records per second at rate 1, by step.
    private let activities: UnsafeMutablePointer<Float>
    private let depths: UnsafeMutablePointer<Float>
    let count: Int

    /// Computes the path from the open to `end` (seconds from 00:00 ET).
    init(seed: UInt64, end: Double) {
        count = Int((end - DayShape.openSecond) / Self.step) + 2
        prices = .allocate(capacity: count)
        activities = .allocate(capacity: count)
        depths = .allocate(capacity: count)
        var random = SeededGenerator(seed: seed &+ 0x5eed_0001)
        let bursts = Self.schedule(&random)
        var state = State(random: &random)
        let stepsPerMinute = Int(60 / Self.step)
        var here = DayShape.values(at: DayShape.openSecond)
        var next = here
        for i in 0..<count {
            let time = DayShape.openSecond + Double(i) * Self.step
            if i % stepsPerMinute == 0 {
                here = next
                next = DayShape.values(at: DayShape.openSecond + Double(i + stepsPerMinute) * Self.step)
            }
            let shape = here + Double(i % stepsPerMinute) / Double(stepsPerMinute) * (next - here)
            (prices + i).initialize(to: state.price)
            (activities + i).initialize(to: Float(state.advance(time, shape, bursts, &random)))
            (depths + i).initialize(to: Float(shape[2]))
        }
    }

    func deallocate() {
        prices.deallocate()
        activities.deallocate()
        depths.deallocate()
    }

    /// The efficient price `seconds` after the open, in ticks from the opening price; linear within a step,
    /// constant after the end.
    func price(_ seconds: Double) -> Double {
        let position = min(seconds / Self.step, Double(count - 1))
        let index = min(Int(position), count - 2)
        let share = position - Double(index)
        return prices[index] + share * (prices[index + 1] - prices[index])
    }

    func activity(step: Int) -> Double { Double(activities[min(step, count - 1)]) }
    func depth(step: Int) -> Double { Double(depths[min(step, count - 1)]) }

    private static func schedule(_ random: inout SeededGenerator) -> [Burst] {
        var bursts: [Burst] = []
        for (hour, peak) in [(8.5, 150.0), (10.0, 40.0), (14.0, 90.0)] {
            bursts.append(Burst(time: hour * 3_600, jump: random.normal() * 10, peak: peak, decay: 4))
        }
        for _ in 0..<4 {
            let time = DayShape.openSecond + random.unit() * (DayShape.closeSecond - DayShape.openSecond)
            bursts.append(Burst(time: time, jump: random.normal() * 6, peak: 10 + 30 * random.unit(), decay: 3))
        }
        return bursts
    }
}

extension LatentPath {
    /// The state of the path between steps.
    private struct State {
        var price = 0.0
        /// Logarithm of the slow volatility factor.
        private var logVolatility = 0.0
        /// +1 towards the upper edge of the balance area, −1 towards the lower.
        private var direction: Double
        /// Where the edge lies this time, as a multiple of the usual half width.
        private var edge: Double

        init(random: inout SeededGenerator) {
            direction = random.chance(0.5) ? 1 : -1
            edge = Self.drawEdge(&random)
        }

        /// Moves on by one step; the activity in it.
        mutating func advance(
            _ time: Double, _ shape: SIMD4<Double>, _ bursts: [Burst], _ random: inout SeededGenerator
        ) -> Double {
            let dt = LatentPath.step
            // A factor with a memory of ten minutes and a standard deviation of 0.25.
            logVolatility += -logVolatility * dt / 600 + 0.25 * (2 * dt / 600).squareRoot() * random.normal()
            let factor = DeterministicMath.exp(logVolatility)
            var volatility = shape[1] * factor
            var activity = shape[0] * factor.squareRoot()
            var jump = 0.0
            for burst in bursts where time >= burst.time && time < burst.time + 120 {
                let age = time - burst.time
                activity *= 1 + burst.peak * DeterministicMath.exp(-age / burst.decay)
                volatility *= 1 + 0.03 * burst.peak * DeterministicMath.exp(-age / 15)
                // The jump is spread over the first seconds: Σ e^(−age/τ)·dt/τ = 1.
                jump += burst.jump * DeterministicMath.exp(-age / 0.8) * dt / 0.8
            }
            if price * direction > edge * shape[3] {
                direction = -direction
                edge = Self.drawEdge(&random)
            }
            price += direction * 0.13 * volatility * dt + volatility * dt.squareRoot() * random.normal() + jump
            // Nothing near the exchange's 7 % price limit: the grid of the book ends there.
            price = min(max(price, -1_800), 1_800)
            return activity
        }

        private static func drawEdge(_ random: inout SeededGenerator) -> Double { max(0.6, 1 + 0.22 * random.normal()) }
    }
}
