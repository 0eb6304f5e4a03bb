import Configuration
import Determinism
import Features
import MarketData
import Orders
import Pipeline
import Security
import Signals
import Streams
import Units

/// What the engine process does with what its fold puts out: digests, the rows for subscribers, the signals for risk.
struct EngineLedger: ~Copyable, EngineOutput {
    private let mode: DigestMode
    private var features = FeatureDigest()
    private var signals = RecordDigest()
    private(set) var featureRows: UInt64 = 0
    /// Refreshes of the option chain that subscribers are told of.
    private(set) var strikeTables: UInt64 = 0
    /// The number of the record that is being taken.
    var position: UInt64 = 0
    /// Neither in the digest nor journaled yet.
    private(set) var waiting: [(signal: Signal, position: UInt64)] = []
    /// Takes signals to the risk gateway; nil where there is none.
    var door: SignalDoor?
    /// Whoever subscribes; nil where nobody can.
    var streams: EngineStreams?
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)

    init(mode: DigestMode) { self.mode = mode }

    deinit { scratch.deallocate() }

    var signalCount: UInt64 { signals.count }

    mutating func vector(_ engine: borrowing ContractEngine) {
        featureRows &+= 1
        if mode == .tick { features.add(engine.vector) }
        streams?.publish(engine)
    }

    mutating func secondVector(_ engine: borrowing ContractEngine, time: UInt64) {
        features.add(engine.vector)
        features.endBlock()
    }

    mutating func feedChanged(_ quality: DataQuality) { streams?.feedQuality = quality }

    mutating func strikes(
        _ strikes: UnsafeBufferPointer<OptionStrike>, at time: UInt64, sequence: UInt64, quality: DataQuality
    ) {
        strikeTables &+= 1
        streams?.publish(strikes, at: time, sequence: sequence, quality: quality)
    }

    mutating func announce(_ signal: Signal) { door?.put(signal, at: position) }

    mutating func announced() { door?.call() }

    mutating func signal(_ signal: Signal, _ engine: borrowing ContractEngine) {
        if mode == .second { features.add(engine.vector) }
        waiting.append((signal, position))
        streams?.publish(signal, of: engine.group)
    }

    /// The signals since the last call, in order, each with the position behind its record; with that they are in the
    /// digest. To be called before what is here is saved, and at the end.
    mutating func takeSignals() -> [(signal: Signal, position: UInt64)] {
        if waiting.isEmpty { return [] }
        defer { waiting.removeAll(keepingCapacity: true) }
        for (signal, _) in waiting {
            var writer = CanonicalWriter(scratch)
            signal.write(into: &writer)
            signals.add(UnsafeRawBufferPointer(rebasing: scratch[..<writer.count]))
        }
        return waiting
    }

    /// Takes the seconds that have ended into the digest, when nobody waits.
    mutating func settle() { features.settle() }

    /// Lets go of what was rehearsed.
    mutating func forget() {
        features.forget()
        waiting.removeAll(keepingCapacity: true)
    }

    /// Ends the run and gives what the engine came to, for the results.
    mutating func finish(records: UInt64, _ market: MarketTally) -> [(String, String)] {
        market.outputs(
            records: records, featureRows: featureRows, featureDigest: features.finish().hexadecimal,
            signals: signals.count, signalDigest: signals.chain.hexadecimal) + market.members
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.marker("engine ledger")
        try features.persist(&archive)
        try signals.persist(&archive)
        try archive.field(&featureRows)
        try archive.field(&strikeTables)
    }
}
