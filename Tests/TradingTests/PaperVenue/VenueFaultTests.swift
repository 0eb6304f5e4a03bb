import Determinism
import Orders
import PaperVenue
import Testing
import Units

/// A venue under test: what it says wrong, and what it never does.
@Suite struct VenueFaultTests {
    static func words(_ count: Int) -> [VenueEvent] {
        let kinds: [VenueEventKind] = [.accepted, .filled, .cancelled, .rejected, .orderStatus, .reduced]
        return (1...count).map { number in
            var event = VenueEvent.blank
            event.sequence = UInt64(number)
            event.kind = kinds[number % kinds.count]
            event.order = ClientOrderID(epoch: 1, issuer: .manual, count: UInt64(number))
            return event
        }
    }

    static func told(_ words: [VenueEvent], seed: UInt64 = 1, _ change: (inout VenueFaults) -> Void) -> [VenueEvent] {
        var faults = VenueFaults()
        change(&faults)
        var voice = FaultyVoice(faults, seed: seed)
        var out: [VenueEvent] = []
        for word in words { voice.tell(word) { out.append($0) } }
        return out
    }

    private func orders(_ events: [VenueEvent], _ kinds: Set<VenueEventKind>) -> [UInt64] {
        events.filter { kinds.contains($0.kind) }.map(\.order.count)
    }

    static let acknowledgements: Set<VenueEventKind> = [.accepted, .cancelled, .rejected]
    static let others: Set<VenueEventKind> = [.filled, .orderStatus, .reduced]

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `fills and answers are told once and in order, and the stream has no gaps`(seed: UInt64) {
        let words = Self.words(600)
        let told = Self.told(words, seed: seed) { ($0.late, $0.twice, $0.never) = (0.2, 0.2, 0.2) }
        #expect(orders(told, Self.others) == orders(words, Self.others))
        #expect(told.map(\.sequence) == Array(1...UInt64(told.count)))
    }

    @Test func `each share is about what it says`() {
        let words = Self.words(6_000), all = orders(words, Self.acknowledgements)
        let kept = orders(Self.told(words) { $0.never = 0.25 }, Self.acknowledgements)
        let shareKept = Double(kept.count) / Double(all.count)
        #expect((0.72...0.78).contains(shareKept))
        let doubled = orders(Self.told(words) { $0.twice = 0.25 }, Self.acknowledgements)
        let shareTold = Double(doubled.count) / Double(all.count)
        #expect((1.22...1.28).contains(shareTold))
        #expect(Set(doubled) == Set(all))
        let late = orders(Self.told(words) { $0.late = 0.25 }, Self.acknowledgements)
        #expect(late != late.sorted())
        #expect(all.count - late.count <= 16, "only what is still held back is missing")
    }

    @Test func `a voice that is saved and loaded goes on as it was`() throws {
        let words = Self.words(500)
        var faults = VenueFaults()
        (faults.late, faults.twice, faults.never) = (0.3, 0.2, 0.1)
        var whole = FaultyVoice(faults, seed: 9), cut = FaultyVoice(faults, seed: 9)
        var expected: [VenueEvent] = [], found: [VenueEvent] = []
        for (index, word) in words.enumerated() {
            whole.tell(word) { expected.append($0) }
            if index % 37 == 0 { cut = try reloaded(cut, into: FaultyVoice(faults, seed: 9)) }
            cut.tell(word) { found.append($0) }
        }
        #expect(found == expected)
    }

    @Test func `a cancelled order fills behind the word that it is cancelled, at its price`() throws {
        try TradingTests.play({ VenueScenario { $0.faults.fillsAfterCancel = 1 } }, """
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit a buy 3 limit 4999.00
            1.003 tick
            -> accepted a
            1.004 cancel a
            1.007 tick
            -> cancelled a requested
            -> filled a buy 3 @ 4999.00 maker leaves 0 fee 1.86
            1.008 query position 7
            1.011 tick
            -> 7: position 3 @ 4999.00 fees 1.86
            """)
    }

    @Test func `a stop that is cancelled fills behind it and takes its target with it`() throws {
        try TradingTests.play({ VenueScenario { $0.faults.fillsAfterCancel = 1 } }, """
            1.000 book 5000.00x10 | 5000.25x5
            1.001 submit s sell 2 stop 4998.00 link s
            1.001 submit t sell 2 limit 5004.00 link s
            1.003 tick
            -> accepted s
            -> accepted t
            1.004 cancel s
            1.007 tick
            -> cancelled s requested
            -> filled s sell 2 @ 4998.00 maker leaves 0 fee 1.24
            -> cancelled t linked
            """)
    }

    @Test func `none of it by default`() {
        #expect(VenueFaults().isNone)
        #expect(FaultyVoice(VenueFaults(), seed: 1).isHonest)
        #expect(PaperVenueConfiguration(terms: Script.terms).faults.isNone)
    }
}
