public import MarketCalendar
public import Units

// The sections of the configuration in the types of the domain. Meaning, unit and bounds of each value: `SettingTable`.

public struct InstrumentSettings: Equatable, Sendable {
    /// "ES.c.0", or a raw symbol. Parse with the trade date: `FuturesSymbol(_:near:)`.
    public let signal: String
    public let traded: String

    /// "ES". A date decides the decade of a raw symbol alone.
    public var signalRoot: String { (try? FuturesSymbol(signal, near: CivilDate(daysSinceEpoch: 0)))?.root ?? signal }
}

public struct BarSettings: Equatable, Sendable {
    public let smaPeriod: Nanoseconds
    public let smaLength: Int
}

public struct LevelSettings: Equatable, Sendable {
    public let band: Ticks
    public let touch: Ticks
    public let reset: Ticks
    public let beyond: Ticks
}

public struct FeatureSettings: Equatable, Sendable {
    /// Nil: the contract table's.
    public let largeTradeContracts: Int64?
    public let annualizationHours: Double
    /// The key of a family; nil when all are computed.
    public let leftOut: String?
}

public struct OptionSettings: Equatable, Sendable {
    public let isEnabled: Bool
    public let horizonDays: Double
    public let strikeWindow: Double
    public let riskFreeRate: Double
    public let nearLevelPoints: Double
    /// Every usable contract is valued every second, not only those with a new quote.
    public let valuesWholeChain: Bool
    /// Empty for options on futures.
    public let root: String
    public let maximumContracts: Int
}

public struct PolicySettings: Equatable, Sendable {
    public let isEnabled: Bool
    /// Entry and flat-by times; apply with `TradingCalendar.tradingWindow(_:in:)`.
    public let window: TradingWindowRule
    public let quantity: Quantity
    public let stop: Ticks
    public let target: Ticks
    public let timeStop: Nanoseconds
    public let signalThreshold: Double
    public let hold: Nanoseconds
    public let minimumWeight: Double
    public let oneEntryPerTest: Bool
    public let afterTest: Nanoseconds
}

public struct VenueSettings: Equatable, Sendable {
    public let latency: Nanoseconds
    public let acknowledgementLatency: Nanoseconds
    /// Files of measured times that are drawn from instead; nil for none.
    public let latencyFile: String?
    public let acknowledgementLatencyFile: String?
    public let seed: UInt64
    public let queue: String
    public let queueExponent: Double
    public let queueWeight: Double
    /// Nil: the contract table's.
    public let exchangeFee: Money?
    public let clearingFee: Money?
    public let nfaFee: Money?
    public let brokerFee: Money?

    /// What one contract costs on one side, by who takes it. Nil when the exchange fee is left to the table and the
    /// table has none.
    public func fees(
        _ contract: ContractSpecification
    ) -> (exchange: Money, clearing: Money, regulatory: Money, broker: Money)? {
        guard let exchange = exchangeFee ?? contract.exchangeAndClearingFee else { return nil }
        return (exchange, clearingFee ?? .zero, nfaFee ?? contract.nfaFee, brokerFee ?? .zero)
    }
}

/// What the paper venue does wrong, in a drill: shares of 0 to 1.
public struct DrillSettings: Equatable, Sendable {
    public let late: Double
    public let twice: Double
    public let never: Double
    public let fillsAfterCancel: Double

    /// Something is to go wrong.
    public var isOn: Bool { late + twice + never + fillsAfterCancel > 0 }
}

public struct LiveSettings: Equatable, Sendable {
    /// The chain's quotes are subscribed to.
    public let hasOptions: Bool
    /// Of an index's options; those on futures come with the futures.
    public let optionsDataset: String
}

public struct StreamSettings: Equatable, Sendable {
    /// IPv4 in digits and the feed's port; nil when streams stay on this machine's own sockets.
    public let tcp: (address: String, port: UInt16)?
    /// Nil without CURVE.
    public let curveSecretFile: String?

    public static func == (a: StreamSettings, b: StreamSettings) -> Bool {
        a.tcp?.address == b.tcp?.address && a.tcp?.port == b.tcp?.port && a.curveSecretFile == b.curveSecretFile
    }
}

public enum DigestMode: String, Sendable, CaseIterable { case second, tick }
/// What a journaled message outlives: the death of the process (`write(2)`), or of the machine (`fdatasync(2)`).
public enum JournalDurability: String, Sendable { case process, power }

public struct JournalSettings: Equatable, Sendable {
    public let durability: JournalDurability
    /// Nothing leaves that a power cut could make unsaid.
    public var outlivesPower: Bool { durability == .power }
    /// Bytes that each process keeps for what protects and closes.
    public let reserve: Int
}

public enum RingWait: String, Sendable { case spin, yield, park }

public struct CoreSettings: Equatable, Sendable {
    /// The engine's own; nil when it may run anywhere.
    public let engine: Int?
    public let areAwake: Bool
}

public struct MetricsSettings: Equatable, Sendable {
    /// The first process's; nil when each takes any.
    public let firstPort: UInt16?
}

public struct RingSettings: Equatable, Sendable {
    public let bytes: Int
    public let wait: RingWait
    /// The engine's own.
    public let engineWait: RingWait
}
