import DBN
import Determinism
import MarketCalendar
import Units

/// Finds out which definitions describe options of the chain, and on which of the plan's futures.
struct OptionDefinitionReader: Sendable {
    /// The root of an index chain; empty for options on futures.
    private let root: [UInt8]
    private let symbols: [[UInt8]]
    private let identities: [[InstrumentID]]
    private let calendar: TradingCalendar
    private let isSettledAtTheOpen: Bool

    init(root: String, symbols: [String], identities: [[InstrumentID]], calendar: TradingCalendar) {
        self.root = Array(root.utf8)
        self.calendar = calendar
        isSettledAtTheOpen = TradingCalendar.isSettledAtTheOpen(root: root)
        self.symbols = symbols.map { Array($0.utf8) }
        self.identities = identities
    }

    var readsIndexOptions: Bool { !root.isEmpty }

    /// The place of the future that a definition is on, −1 for an index option of the chain's root; nil for anything
    /// else.
    func underlying(_ definition: InstrumentDefinitionView) -> Int32? {
        let kind = definition.instrumentClass
        guard kind == .call || kind == .put, definition.strikePrice.isDefined, definition.strikePrice.nanos > 0,
            definition.expiration.isDefined
        else { return nil }
        if readsIndexOptions { return hasRoot(definition.record) ? -1 : nil }
        let text = definition.record.bytes + Self.underlyingOffset
        for slot in symbols.indices where Self.matches(text, symbols[slot], width: 21) { return Int32(slot) }
        let identity = definition.underlyingID
        guard identity.raw != 0 else { return nil }
        for slot in identities.indices where identities[slot].contains(identity) { return Int32(slot) }
        return nil
    }

    /// When an option that `underlying` places expires, ns: of an index's, the stamp may be a date alone.
    func expiration(_ definition: InstrumentDefinitionView) -> UInt64 {
        guard readsIndexOptions else { return definition.expiration.nanoseconds }
        return calendar.indexOptionExpiration(definition.expiration, isSettledAtTheOpen: isSettledAtTheOpen)
            .nanoseconds
    }

    /// USD per point (FEATURES A.13: CME's contract multiplier is unset).
    static func multiplier(_ definition: InstrumentDefinitionView) -> Double {
        let unit = definition.unitOfMeasureQuantity
        if unit.isDefined, unit.nanos > 0 { return Double(unit.nanos) / 1e9 }
        let contract = definition.contractMultiplier
        return contract > 0 && contract != .max ? Double(contract) : 100
    }

    private static let symbolOffset = 238
    private static let underlyingOffset = 391

    /// "SPXW  240509C05200000": the root is what comes before the first space.
    private func hasRoot(_ record: RecordView) -> Bool {
        let text = record.bytes + Self.symbolOffset
        for index in root.indices where text.load(fromByteOffset: index, as: UInt8.self) != root[index] { return false }
        return text.load(fromByteOffset: root.count, as: UInt8.self) == UInt8(ascii: " ")
    }

    /// A text that ends with a NUL or with its field.
    private static func matches(_ text: UnsafeRawPointer, _ wanted: [UInt8], width: Int) -> Bool {
        for index in wanted.indices where text.load(fromByteOffset: index, as: UInt8.self) != wanted[index] {
            return false
        }
        return wanted.count == width || text.load(fromByteOffset: wanted.count, as: UInt8.self) == 0
    }
}

extension OptionBoard {
    /// Takes a definition: a new contract, new terms for a known one, or its end.
    mutating func take(_ definition: InstrumentDefinitionView, clock: UInt64) -> Bool {
        let instrument = definition.record.instrumentID.raw
        guard let underlying = definitions.underlying(definition), definition.updateAction != .delete else {
            _ = early.remove(instrument)
            return withdraw(instrument)
        }
        let expiration = definitions.expiration(definition)
        // What has expired already needs no room.
        if expiration <= clock, chain.find(instrument) < 0 { return false }
        let place = chain.place(for: instrument)
        guard place >= 0 else { return false }
        let contract = chain.contracts + place
        let isCall = definition.instrumentClass == .call
        contract.pointee.multiplier = OptionDefinitionReader.multiplier(definition)
        let isSame =
            contract.pointee.isListed && contract.pointee.strike == definition.strikePrice.nanos
            && contract.pointee.expiration == expiration
            && contract.pointee.isCall == isCall && contract.pointee.underlying == underlying
        if !isSame {
            list(contract, definition, isCall: isCall, underlying: underlying, expiration: expiration)
            chain.termsChanged()
        }
        if version == 0 { begin(at: clock) }
        return true
    }

    private mutating func list(
        _ contract: UnsafeMutablePointer<OptionContract>, _ definition: InstrumentDefinitionView, isCall: Bool,
        underlying: Int32, expiration: UInt64
    ) {
        var listed = OptionContract()
        listed.instrument = contract.pointee.instrument
        listed.multiplier = contract.pointee.multiplier
        listed.underlying = underlying
        listed.isListed = true
        listed.isCall = isCall
        listed.strike = definition.strikePrice.nanos
        listed.strikePoints = Double(listed.strike) / 1e9
        listed.logStrike = DeterministicMath.log(listed.strikePoints)
        listed.expiration = expiration
        if let known = early.remove(listed.instrument) {
            listed.interest = known.interest
            listed.interestReference = known.reference
        }
        contract.pointee = listed
    }

    /// The first contract: refreshes begin with the next whole second.
    private mutating func begin(at clock: UInt64) {
        chainChanged()
        nextRefresh = (clock &+ Self.second &- 1) / Self.second &* Self.second
        enterSession(at: clock)
    }

    /// The number means another instrument now, or none.
    private mutating func withdraw(_ instrument: UInt32) -> Bool {
        let place = chain.find(instrument)
        guard place >= 0, chain.contracts[place].isListed else { return false }
        chain.contracts[place].isListed = false
        chain.contracts[place].isMember = false
        chain.contracts[place].isUsable = false
        chain.termsChanged()
        return true
    }
}
