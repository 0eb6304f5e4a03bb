import Determinism
import MarketCalendar
import Testing

@testable import Features

/// Sessions made by hand.
enum TestHistory {
    /// A session whose every value is `value`, except that the volume grows evenly to 276·`value`.
    static func session(
        _ date: CivilDate, value: Double = 1, kind: SessionRecord.Kind = .regular, isComplete: Bool = true,
        regularGroups: UInt64 = 1, microPrice: MicroPriceCounts = MicroPriceCounts()
    ) -> SessionRecord {
        var values = [Double](repeating: value, count: SessionBuckets.valueCount)
        for bucket in 0..<SessionBuckets.count {
            values[SessionBuckets.offset(.cumulativeVolume, bucket)] = value * Double(bucket + 1)
        }
        return SessionRecord(
            tradeDate: date, kind: kind, isComplete: isComplete, bucketCount: 276, regularGroups: regularGroups,
            values: values, microPrice: microPrice)
    }

    static func date(_ day: Int) -> CivilDate { CivilDate(year: 2023, month: 12, day: 1).adding(days: day) }

    /// Five sessions of one pattern before 2024, whose values differ by metric and bucket, with a micro-price table
    /// that has every state.
    static func patterned(seed: UInt64) -> SessionHistory {
        var random = SeededGenerator(seed: seed)
        var counts = MicroPriceCounts()
        for state in 0..<MicroPriceState.count {
            for next in 0..<MicroPriceState.count {
                for halfTicks: Int32 in [-1, 0, 0, 1] {
                    let times = 4 + random.below(9)
                    for _ in 0..<times {
                        counts.values.withUnsafeMutableBufferPointer { buffer in
                            if let base = buffer.baseAddress {
                                MicroPriceCounts.add(base, from: state, to: next, halfTicks: halfTicks)
                            }
                        }
                    }
                }
            }
        }
        return SessionHistory(
            (0..<5).map { day in
                var session = session(date(day), microPrice: counts)
                var volume = 0.0
                for bucket in 0..<SessionBuckets.count {
                    for metric in ProfileMetric.allCases {
                        session.values[SessionBuckets.offset(metric, bucket)] = 1 + 9 * random.unit()
                    }
                    // Both sides alike, so that the tape's mirror has the same history.
                    session.values[SessionBuckets.offset(.askLevelSize, bucket)] = session.value(.bidLevelSize, bucket)
                    session.values[SessionBuckets.offset(.realizedVariance, bucket)] = 1e-8 * (1 + random.unit())
                    volume += 40 * random.unit()
                    session.values[SessionBuckets.offset(.cumulativeVolume, bucket)] = volume
                }
                return session
            })
    }
}

@Suite struct TimeOfDayProfileTests {
    @Test func `mean and sample deviation of five sessions`() {
        let sessions = (1...5).map { TestHistory.session(TestHistory.date($0), value: Double($0)) }
        let profile = TimeOfDayProfile(sessions)
        #expect(profile.sessionCount == 5)
        #expect(profile.mean(.depthTop10, 17) == 3)
        // ((−2)² + (−1)² + 0 + 1 + 2²)/4 = 2.5
        #expect(profile.deviation(.depthTop10, 17) == 2.5.squareRoot())
        #expect(profile.mean(.cumulativeVolume, 99) == 300)
        #expect(profile.meanSessionVolume == 3 * 276)
        // 828/50 = 16.56
        #expect(profile.volumeBucketSize == 17)
    }

    @Test func `fewer than five values make no mean`() {
        var sessions = (1...5).map { TestHistory.session(TestHistory.date($0), value: Double($0)) }
        sessions[2].values[SessionBuckets.offset(.depthTop10, 17)] = .nan
        let profile = TimeOfDayProfile(sessions)
        #expect(profile.mean(.depthTop10, 17).isNaN && profile.deviation(.depthTop10, 17).isNaN)
        #expect(profile.mean(.depthTop10, 18) == 3)
        let four = TimeOfDayProfile(Array(sessions.prefix(4)))
        #expect(four.means.allSatisfy { $0.isNaN } && four.meanSessionVolume.isNaN && four.volumeBucketSize == 0)
        sessions.append(TestHistory.session(TestHistory.date(6), value: 12))
        // 1, 2, 4, 5, 12
        #expect(TimeOfDayProfile(sessions).mean(.depthTop10, 17) == 24.0 / 5)
    }

    @Test func `a volume bucket holds at least one contract and ties go to even`() {
        func size(_ value: Double) -> Int64 {
            TimeOfDayProfile((1...5).map { TestHistory.session(TestHistory.date($0), value: value) }).volumeBucketSize
        }
        #expect(size(1.0 / 276) == 1)
        #expect(size(125.0 / 276) == 2)
        #expect(size(175.0 / 276) == 4)
    }

    @Test func `the last twenty complete regular sessions before the date count`() {
        var sessions = (0..<25).map { TestHistory.session(TestHistory.date($0), value: Double($0)) }
        sessions[20].kind = .earlyClose
        sessions[21].kind = .roll
        sessions[22].isComplete = false
        let history = SessionHistory(sessions.reversed())
        // Before day 24: 0…19 and 23 are 21; the oldest falls out.
        let profile = history.profile(before: TestHistory.date(24))
        #expect(profile.sessionCount == 20)
        #expect(profile.mean(.messages, 0) == Double((1...19).reduce(0, +) + 23) / 20)
    }

    @Test func `a date sees nothing of itself and of later ones`() {
        let sessions = (0..<12).map { TestHistory.session(TestHistory.date($0), value: Double($0)) }
        let date = TestHistory.date(6)
        let before = SessionHistory(Array(sessions.prefix(6))).profile(before: date)
        let after = SessionHistory(sessions).profile(before: date)
        #expect(before.sessionCount == 6 && after.sessionCount == 6)
        #expect(before.means == after.means && before.deviations == after.deviations)
        #expect(after.mean(.messages, 3) == 2.5)
        let table = SessionHistory(sessions).microPrice(before: date)
        #expect(table?.date == TestHistory.date(5))
        #expect(SessionHistory(sessions).microPrice(before: TestHistory.date(0)) == nil)
    }
}

@Suite struct SessionRecordTests {
    @Test func `a record comes back from its bytes, and equal sessions have equal bytes`() throws {
        var session = try #require(TestHistory.patterned(seed: 5).sessions.first)
        session.kind = .earlyClose
        session.isComplete = false
        session.bucketCount = 271
        session.regularGroups = 123_456_789_012
        session.values[7] = -.nan
        var other = session
        other.values[7] = .nan
        #expect(session.bytes == other.bytes)
        let back = try #require(SessionRecord(bytes: session.bytes))
        #expect(back.bytes == session.bytes)
        #expect(back.tradeDate == session.tradeDate && back.kind == .earlyClose && !back.isComplete)
        #expect(back.bucketCount == 271 && back.regularGroups == 123_456_789_012)
        #expect(back.values[7].isNaN && back.values[8] == session.values[8])
        #expect(back.microPrice == session.microPrice)
    }

    @Test func `early closes and the day on which the lead changes are no regular days`() throws {
        // Moved hours, which an early close does not shorten.
        let calendar = try TestSession.calendar()
        func kind(_ month: Int, _ day: Int, root: String = "ES", year: Int = 2023) -> SessionRecord.Kind {
            .init(of: CivilDate(year: year, month: month, day: day), root: root, calendar: calendar)
        }
        #expect(kind(11, 24) == .earlyClose && kind(7, 3) == .earlyClose)
        // The Monday before the third Friday; before June 2022 the Thursday eight days before it.
        #expect(kind(12, 11) == .roll && kind(12, 12) == .regular && kind(12, 8) == .regular)
        #expect(kind(3, 10, year: 2022) == .roll && kind(3, 14, year: 2022) == .regular)
        #expect(kind(12, 11, root: "MES") == .roll && kind(12, 11, root: "XX") == .regular)
    }

    @Test func `bytes that are no record are refused`() {
        let bytes = TestHistory.session(TestHistory.date(0)).bytes
        #expect(SessionRecord(bytes: Array(bytes.dropLast())) == nil)
        #expect(SessionRecord(bytes: bytes + [0]) == nil)
        for (offset, value) in [(4, UInt8(9)), (5, 2), (0, 99)] {
            var bad = bytes
            bad[offset] = value
            #expect(SessionRecord(bytes: bad) == nil, "byte \(offset)")
        }
    }
}

@Suite struct MicroPriceTests {
    private static func counts(_ pairs: [(from: Int, to: Int, halfTicks: Int32, times: Int)]) -> MicroPriceCounts {
        var counts = MicroPriceCounts()
        for pair in pairs {
            for _ in 0..<pair.times {
                counts.values.withUnsafeMutableBufferPointer { buffer in
                    if let base = buffer.baseAddress {
                        MicroPriceCounts.add(base, from: pair.from, to: pair.to, halfTicks: pair.halfTicks)
                    }
                }
            }
        }
        return counts
    }

    /// By hand: with the mirror, state 9 stays with 0.4 and crosses to 0 with 0.2 while the mid stands; the mid rises a
    /// tick with 0.3 and leaves it in 9, falls a tick with 0.1 and leaves it in 0. By symmetry G¹ = 0.4 G¹ − 0.2 G¹ +
    /// 0.2, so G¹ = 0.25; B acts on (−v, v) as the factor 0.2/0.8 = 0.25; g = 0.25/(1 − 0.25) = 1/3.
    private static func twoStates(samples: Int) -> MicroPriceCounts {
        counts([
            (9, 9, 0, samples * 40 / 100), (9, 0, 0, samples * 20 / 100), (9, 9, 2, samples * 30 / 100),
            (9, 0, -2, samples - samples * 40 / 100 - samples * 20 / 100 - samples * 30 / 100),
        ])
    }

    @Test func `a chain of two states solved by hand`() {
        let table = MicroPriceTable(counts: Self.twoStates(samples: 100), date: TestHistory.date(0))
        #expect(abs(table.offsets[9] - 1.0 / 3) < 1e-9)
        #expect(abs(table.offsets[0] + 1.0 / 3) < 1e-9)
        #expect(table.samples[0] == 100 && table.samples[9] == 100)
        #expect(table.offsets.enumerated().allSatisfy { $0 == 0 || $0 == 9 || $1.isNaN })
    }

    @Test func `a state with fewer than a hundred samples has no offset`() {
        let table = MicroPriceTable(counts: Self.twoStates(samples: 99), date: TestHistory.date(0))
        #expect(table.samples[9] == 99 && table.offsets.allSatisfy { $0.isNaN })
    }

    @Test func `changes of more than a tick are not counted, half ticks are`() {
        let counts = Self.counts([(3, 14, 3, 5), (3, 14, -4, 5), (3, 14, 1, 7), (3, 14, 0, 2)])
        #expect(counts.samples(3) == 9)
        let symmetric = counts.symmetrized
        #expect(symmetric.samples(3) == 9 && symmetric.samples(6) == 9)
        let mirrored = 6 * MicroPriceCounts.rowCount
        #expect(symmetric.values[mirrored + 15] == 2, "the mid stood: from 6 to the mirror of 14")
        #expect(symmetric.values[mirrored + 20 + 15] == 7)
        #expect(symmetric.values[mirrored + 40 + 1] == 7, "up half a tick becomes down half a tick")
    }

    @Test func `a chain whose mid never moves has no offset`() {
        let table = MicroPriceTable(counts: Self.counts([(9, 9, 0, 500)]), date: TestHistory.date(0))
        #expect(table.offsets.allSatisfy { $0.isNaN })
    }

    @Test func `states are tenths of the bid's share, decided in integers`() {
        #expect(MicroPriceState.index(bidSize: 1, askSize: 9, spread: 1) == 1)
        #expect(MicroPriceState.index(bidSize: 10, askSize: 91, spread: 1) == 0)
        #expect(MicroPriceState.index(bidSize: 5, askSize: 5, spread: 2) == 15)
        #expect(MicroPriceState.index(bidSize: 7, askSize: 0, spread: 1) == 9)
        #expect(MicroPriceState.index(bidSize: 7, askSize: 7, spread: 3) == -1)
        #expect(MicroPriceState.index(bidSize: 7, askSize: 7, spread: 0) == -1)
        for state in 0..<MicroPriceState.count {
            #expect(MicroPriceState.mirror(MicroPriceState.mirror(state)) == state)
        }
    }

    @Test func `the table is used symmetrically`() {
        var offsets = (0..<20).map { Double($0) - 0.25 }
        offsets.withUnsafeMutableBufferPointer { buffer in
            guard let table = buffer.baseAddress else { return }
            #expect(table.microPriceOffset(bidSize: 3, askSize: 7, spread: 1) == 2.75)
            // A bid's share of 0.7 is the mirror of 0.3.
            #expect(table.microPriceOffset(bidSize: 7, askSize: 3, spread: 1) == -2.75)
            #expect(table.microPriceOffset(bidSize: 3, askSize: 7, spread: 2) == 12.75)
            #expect(table.microPriceOffset(bidSize: 3, askSize: 7, spread: 9) == 12.75, "wider counts as two")
            #expect(table.microPriceOffset(bidSize: 6, askSize: 6, spread: 1) == 0)
            #expect(table.microPriceOffset(bidSize: 3, askSize: 7, spread: 0).isNaN, "locked")
            table[4] = .nan
            #expect(table.microPriceOffset(bidSize: 6, askSize: 6, spread: 1) == 0, "whatever the samples")
            #expect(table.microPriceOffset(bidSize: 49, askSize: 51, spread: 1).isNaN)
        }
    }

    @Test func `elimination solves what it is given`() {
        let seed: UInt64 = 23
        var random = SeededGenerator(seed: seed)
        for size in [1, 2, 5, 20] {
            let matrix = (0..<size * size).map { _ in random.unit() - 0.5 }
            let right = (0..<size * 2).map { _ in random.unit() }
            var (left, solution) = (matrix, right)
            #expect(LinearSystem.solve(&left, &solution, size: size, columns: 2))
            for row in 0..<size {
                for column in 0..<2 {
                    let product = (0..<size).reduce(0) { $0 + matrix[row * size + $1] * solution[$1 * 2 + column] }
                    #expect(abs(product - right[row * 2 + column]) < 1e-9, "seed \(seed), size \(size)")
                }
            }
        }
        var singular = [1.0, 2, 2, 4]
        var right = [1.0, 1]
        #expect(!LinearSystem.solve(&singular, &right, size: 2, columns: 1))
    }
}
