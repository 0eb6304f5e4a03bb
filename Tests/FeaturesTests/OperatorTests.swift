import Determinism
import MarketData
import Testing

@testable import Features

/// The operators that every exponentially weighted feature is made of, against the obvious way of computing the same.
@Suite struct OperatorTests {
    private static var halfLives: [(KeyPath<Decay, Double>, Double)] {
        [(\.h10, 10), (\.h30, 30), (\.h60, 60), (\.h300, 300), (\.h1800, 1_800)]
    }

    private static func ulps(_ a: Double, _ b: Double) -> Int64 {
        abs(Int64(bitPattern: a.bitPattern) - Int64(bitPattern: b.bitPattern))
    }

    @Test func `powers of one half are within two units in the last place of the reference`() {
        let seed: UInt64 = 2
        var random = SeededGenerator(seed: seed)
        var arguments: [Double] = [0, .leastNonzeroMagnitude, 0x1p-60, 0x1p-53, 0.5, 0.5.nextDown, 0.5.nextUp, 1, 1.5]
        for whole in 1...999 { arguments += [Double(whole), Double(whole).nextDown, Double(whole).nextUp] }
        for whole in 0..<999 { arguments.append(Double(whole) + 0.5) }
        for _ in 0..<20_000 {
            arguments.append(random.unit() * 999)
            arguments.append(random.unit())
            arguments.append(random.unit() * 0x1p-30)
        }
        var worst: Int64 = 0
        while arguments.count % 2 != 0 { arguments.append(0) }
        for start in stride(from: 0, to: arguments.count, by: 2) {
            let lanes = SIMD2<Double>(arguments[start], arguments[start + 1])
            let found = Exp2.negative(lanes)
            for lane in 0..<2 { worst = max(worst, Self.ulps(found[lane], DeterministicMath.exp2(-lanes[lane]))) }
        }
        #expect(worst <= 3, "two units of this function and one of the reference; seed \(seed)")
        #expect(worst > 0, "the two are not the same function")
    }

    @Test func `powers of one half are exact at whole numbers and zero from a thousand on`() {
        for whole in 0..<1_000 {
            let found = Exp2.negative(SIMD2(repeating: Double(whole)))[whole % 2]
            #expect(found == Double(sign: .plus, exponent: -whole, significand: 1))
        }
        for x in [1_000, 1_000.0.nextUp, 1_022, 1_075, 1e300, .greatestFiniteMagnitude, .infinity] as [Double] {
            #expect(Exp2.negative(SIMD2(repeating: x))[0] == 0, "\(x)")
        }
        #expect(Exp2.negative(SIMD2(repeating: 1_000.0.nextDown))[0].isNormal)
    }

    @Test func `no time leaves everything and very much leaves nothing`() {
        for (path, _) in Self.halfLives {
            #expect(Decay(elapsed: 0)[keyPath: path] == 1)
            #expect(Decay(elapsed: 1)[keyPath: path] <= 1)
            #expect(Decay(elapsed: .max)[keyPath: path] == 0)
        }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5_000 {
            let elapsed = random.next() >> random.below(60)
            let decay = Decay(elapsed: elapsed)
            for (path, halfLife) in Self.halfLives {
                let expected = DeterministicMath.exp2(-Double(elapsed) * 1e-9 / halfLife)
                let found = decay[keyPath: path]
                #expect(found == 0 || found.isNormal, "never a slow number; \(elapsed) ns")
                // The exponent is rounded at another place.
                let tolerance = 4e-15 * max(1, Double(elapsed) * 1e-9 / halfLife / 10)
                #expect(abs(found - expected) <= tolerance * expected || expected < 0x1p-999, "\(elapsed) ns")
            }
        }
    }

    /// Values at times, and the elapsed nanoseconds before each.
    private static func history(_ seed: UInt64, count: Int) -> [(elapsed: UInt64, value: Double)] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let elapsed: UInt64 =
                switch random.below(10) {
                case 0: 0
                case 1: random.below(40_000_000_000)
                default: random.below(300_000_000)
                }
            return (elapsed, Double(random.below(200)) - 60)
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `exponential sums are sums over the whole history`(seed: UInt64) {
        let history = Self.history(seed, count: 400)
        for (path, halfLife) in Self.halfLives {
            var sums = ExponentialSums<3>()
            var clock = DecayClock(at: 0)
            var age = ExponentialAge(gain: clock.gain[keyPath: path])
            var time: UInt64 = 0
            var events: [(time: UInt64, value: Double)] = []
            for (index, step) in history.enumerated() {
                time += step.elapsed
                clock.move(to: time)
                if clock.isLandmarkDue {
                    sums.decay(clock.left[keyPath: path])
                    age.decay(clock.left[keyPath: path])
                    clock.moveLandmark()
                }
                sums.add(step.value, to: 1, gain: clock.gain[keyPath: path])
                events.append((time, step.value))
                guard index % 20 == 19 else { continue }
                let left = clock.left[keyPath: path]
                let weights = events.map { DeterministicMath.exp2(-Double(time - $0.time) * 1e-9 / halfLife) }
                let expected = zip(events, weights).map { $0.value * $1 }.reduce(0, +)
                let scale = zip(events, weights).map { abs($0.value) * $1 }.reduce(0, +)
                #expect(abs(sums[1] * left - expected) <= 1e-12 * scale, "seed \(seed), step \(index), h \(halfLife)")
                let sinceStart = DeterministicMath.exp2(-Double(time) * 1e-9 / halfLife)
                let rate = expected * DeterministicMath.ln2 / halfLife / (1 - sinceStart)
                let found = sums[1] * age.rateFactor(halfLife: halfLife, decay: left)
                #expect(abs(found - rate) <= 1e-9 * scale, "seed \(seed), step \(index), h \(halfLife)")
            }
            #expect(sums[0] == 0 && sums[2] == 0)
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `a time-weighted mean is the integral over the whole history`(seed: UInt64) {
        let history = Self.history(seed &+ 100, count: 300)
        for (path, halfLife) in Self.halfLives {
            var mean = StepFunctionMean()
            var clock = DecayClock(at: 0)
            var spans: [(start: UInt64, end: UInt64, value: Double)] = []
            var time: UInt64 = 0
            #expect(mean.mean(gain: 1).isNaN)
            for (index, step) in history.enumerated() {
                spans.append((time, time + step.elapsed, mean.value))
                time += step.elapsed
                clock.move(to: time)
                if clock.isLandmarkDue {
                    mean.rebase(left: clock.left[keyPath: path], gain: clock.gain[keyPath: path])
                    clock.moveLandmark()
                }
                let gain = clock.gain[keyPath: path]
                // Every fifth value is undefined.
                mean.set(Int(step.value) % 5 == 0 ? .nan : step.value, gain: gain)
                guard index % 20 == 19 else { continue }
                var (weighted, weight) = (0.0, 0.0)
                for span in spans where !span.value.isNaN {
                    let newer = DeterministicMath.exp2(-Double(time - span.end) * 1e-9 / halfLife)
                    let older = DeterministicMath.exp2(-Double(time - span.start) * 1e-9 / halfLife)
                    weighted += span.value * (newer - older)
                    weight += newer - older
                }
                let found = mean.mean(gain: gain)
                #expect(abs(found - weighted / weight) <= 1e-9 * 140, "seed \(seed), step \(index), h \(halfLife)")
            }
        }
    }

    @Test func `a sum that nothing feeds becomes zero and is never a subnormal number`() {
        var sums = ExponentialSums<2>()
        var clock = DecayClock(at: 0)
        var age = ExponentialAge(gain: 1)
        var mean = StepFunctionMean()
        sums.add(1_000, to: 0, gain: 1)
        sums.add(-1_000, to: 1, gain: 1)
        mean.set(7, gain: 1)
        clock.move(to: 100_000_000)
        mean.set(.nan, gain: clock.gain.h10)
        // Six hours in steps of a second: 2 160 half-lives.
        for second in 1...21_600 as ClosedRange<UInt64> {
            clock.move(to: second * 1_000_000_000)
            #expect(clock.isLandmarkDue)
            sums.decay(clock.left.h10)
            age.decay(clock.left.h10)
            mean.rebase(left: clock.left.h10, gain: clock.gain.h10)
            clock.moveLandmark()
            if sums[0].isSubnormal || sums[1].isSubnormal { break }
        }
        #expect(sums[0] == 0 && sums[1] == 0)
        #expect(8 * age.rateFactor(halfLife: 8, decay: 1) == DeterministicMath.ln2)
        #expect(mean.mean(gain: 1).isNaN)
    }

    @Test(arguments: [9_000, 9_601, 14_400, 90_000] as [UInt64])
    func `a mean whose step held for hours is that step when the landmark moves`(gap: UInt64) {
        func moved(_ mean: inout StepFunctionMean, _ clock: inout DecayClock, to time: UInt64) {
            clock.move(to: time)
            mean.rebase(left: clock.left.h60, gain: clock.gain.h60)
            clock.moveLandmark()
        }
        var clock = DecayClock(at: 0)
        var mean = StepFunctionMean()
        let second: UInt64 = 1_000_000_000
        mean.set(1, gain: 1)
        moved(&mean, &clock, to: 60 * second)
        mean.set(3, gain: 1)
        moved(&mean, &clock, to: gap * second)
        #expect(mean.mean(gain: 1) == 3)
        // From then on as ever: a second of 5 in a mean of half-life 60 s.
        mean.set(5, gain: 1)
        moved(&mean, &clock, to: (gap + 1) * second)
        let newest = 1 - DeterministicMath.exp2(-1.0 / 60)
        #expect(abs(mean.mean(gain: 1) - (3 + 2 * newest)) < 1e-12)
        // While it is not defined nothing takes the place of what there was: that decays to nothing.
        mean.set(.nan, gain: 1)
        moved(&mean, &clock, to: (gap + 1 + 90_000) * second)
        #expect(mean.mean(gain: 1).isNaN)
    }

    @Test func `a row may lie far behind the landmark, and means stay what they are`() {
        var clock = DecayClock(at: 0)
        var mean = StepFunctionMean()
        mean.set(3, gain: 1)
        clock.move(to: 1_000_000_000_000_000)
        #expect(clock.left.h10 == 0)
        #expect(mean.mean(gain: clock.gain.h10) == 3)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the grid of mids is an array with a memory`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var grid = MidGrid()
        var all = [Int32](repeating: MidGrid.absent, count: 2_100)
        var mid: Int32 = 9_000
        for step in 0..<1_500 {
            if random.below(400) == 0 {
                let seconds = 2_048 + random.below(5_000)
                grid.pushAbsent(seconds: seconds)
                all += [Int32](repeating: MidGrid.absent, count: Int(min(seconds, 2_100)))
            }
            mid += Int32(random.below(7)) - 3
            let value = random.below(90) == 0 ? MidGrid.absent : mid
            grid.push(value)
            all.append(value)
            func at(_ lag: Int) -> Double {
                let value = all[all.count - 1 - lag]
                return value == MidGrid.absent ? .nan : Double(value) / 2
            }
            func same(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
            for lag in [0, 1, 5, 10, 30, 60, 1_800, 2_047] {
                #expect(grid.twiceMid(lag: lag) == all[all.count - 1 - lag], "seed \(seed), step \(step), lag \(lag)")
            }
            #expect(same(grid.changes.seconds30, at(0) - at(30)), "seed \(seed), step \(step)")
            #expect(same(grid.changes.previousSeconds5, at(5) - at(10)), "seed \(seed), step \(step)")
            let path = (0..<60).map { abs(at($0) - at($0 + 1)) }.reduce(0, +)
            #expect(same(grid.changes.path60, path), "seed \(seed), step \(step)")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the average true range is Wilder's loop`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bars: [Bar] = []
        var range = AverageTrueRange()
        for count in 1...80 {
            var bar = Bar()
            bar.low = Int32(random.below(60)) - 30
            bar.high = bar.low + Int32(random.below(12))
            bar.close = bar.low + Int32(random.below(UInt64(bar.high - bar.low + 1)))
            range.update(bar)
            bars.append(bar)
            let trueRanges = (1..<max(bars.count, 1)).map { index in
                let (bar, previous) = (bars[index], bars[index - 1].close)
                return Double(max(bar.high - bar.low, abs(bar.high - previous), abs(bar.low - previous)))
            }
            guard count >= 15 else {
                #expect(range.value.isNaN, "before 15 bars")
                continue
            }
            let first = trueRanges[..<14].reduce(0, +) / 14
            let expected = trueRanges[14...].reduce(first) { ($0 * 13 + $1) / 14 }
            #expect(range.value == expected, "seed \(seed), bar \(count)")
        }
    }

    @Test(arguments: [1, 5, 90, 512])
    func `the mean of closes is the sum of the last over their number`(length: Int) {
        var random = SeededGenerator(seed: UInt64(length))
        var average = ClosingAverage(length: length)
        var closes: [Int32] = []
        for _ in 0..<(length * 2 + 700) {
            let close = Int32(random.below(20_000)) - 10_000
            average.add(close)
            closes.append(close)
            func sum(endingBefore end: Int) -> Int64 { closes[..<end].suffix(length).map(Int64.init).reduce(0, +) }
            guard closes.count >= length else {
                #expect(average.price == nil)
                continue
            }
            let expected = sum(endingBefore: closes.count)
            #expect(average.price == LevelPrice(numerator: expected, denominator: Int64(length)))
            if closes.count >= length + 5 {
                let old = sum(endingBefore: closes.count - 5)
                #expect(average.slopeTicks == Double(expected - old) / Double(length))
            } else {
                #expect(average.slopeTicks.isNaN)
            }
        }
    }

    @Test func `a level's tick is the floor of its price and a half`() {
        let rows: [(Int64, Int64, Int32)] = [
            (7, 2, 4), (5, 2, 3), (1, 2, 1), (0, 2, 0), (-1, 2, 0), (-3, 2, -1), (-5, 2, -2), (-7, 2, -3), (-7, 4, -2),
            (-9, 4, -2), (-10, 4, -2), (-11, 4, -3), (10, 3, 3), (11, 3, 4), (-10, 3, -3), (-11, 3, -4),
            (24_000, 1, 24_000),
            (-5, 1, -5), (179, 90, 2), (135, 90, 2), (134, 90, 1), (-135, 90, -1), (-136, 90, -2),
        ]
        for (numerator, denominator, expected) in rows {
            let price = LevelPrice(numerator: numerator, denominator: denominator)
            #expect(price.nearest == expected, "\(numerator)/\(denominator)")
            #expect(price.ticks == Double(numerator) / Double(denominator))
        }
    }

    @Test func `distances to a fractional level are compared in integers`() {
        // A third is no binary fraction: 1/3 + 2 ticks is exactly at the limit.
        let level = LevelPrice(numerator: 10_000, denominator: 3)
        #expect(level.offset(ofPrice: 3_333) == -1)
        #expect(level.offset(ofTwiceMid: 6_667) == 1)
        let thirds = LevelPrice(numerator: 3 * 500 + 3, denominator: 3)
        #expect(thirds.isWithin(2, ofPrice: 503) && thirds.isWithin(2, ofPrice: 499))
        #expect(!thirds.isWithin(2, ofPrice: 504) && !thirds.isWithin(2, ofPrice: 498))
        let half = LevelPrice(numerator: 1_001, denominator: 2)
        #expect(half.isWithin(2, ofPrice: 502) && half.isWithin(2, ofPrice: 499))
        #expect(!half.isWithin(2, ofPrice: 503) && !half.isWithin(2, ofPrice: 498))
    }

    @Test func `the mean size of a level weighs by time and starts anew at a reset`() {
        var mean = MeanLevelSize(since: 0)
        let second: UInt64 = 1_000_000_000
        func watch(_ bids: [Int32], _ asks: [Int32], usable: Bool = true, at time: UInt64) {
            var book = Book()
            for (slot, size) in bids.enumerated() { book.bid.sizes[slot] = size }
            for (slot, size) in asks.enumerated() { book.ask.sizes[slot] = size }
            book.bid.levelCount = Int32(bids.count)
            book.ask.levelCount = Int32(asks.count)
            withUnsafePointer(to: book) {
                var shape = BookShape()
                shape.apply($0, before: $0, change: .everything)
                let book = $0
                withUnsafePointer(to: shape) {
                    mean.watch(book, shape: $0, usable: usable, change: .everything, time: time * second)
                }
            }
        }
        watch([10, 20], [6], at: 0)
        watch([30], [], usable: true, at: 100)
        watch([999], [999], usable: false, at: 250)
        #expect(mean.bidMean(at: 299 * second).isNaN, "not before 300 s")
        #expect(mean.bidMean(at: 300 * second) == 24, "100 s of 15 and 150 s of 30")
        #expect(mean.askMean(at: 300 * second) == 6)
        watch([8], [4], at: 300)
        mean.reset(at: 300 * second)
        #expect(mean.bidMean(at: 599 * second).isNaN)
        #expect(mean.bidMean(at: 600 * second) == 8, "the sizes in force stay in force")
        #expect(mean.askMean(at: 600 * second) == 4)
    }
}
