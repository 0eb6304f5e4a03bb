/// What a feature is: the one place from which column names, units, help and documentation are made.
public struct FeatureDefinition: Sendable, Equatable {
    /// The row of the catalogue, such as "B-22" or "C-8".
    public let row: String
    /// The name without the level: `distance_ticks`.
    public let name: String
    /// Unit of the value; "ratio" and "code" for those without one.
    public let unit: String
    /// The operator family that computes it.
    public let family: FeatureFamily
    /// What it tells a trader, in one line.
    public let meaning: String
    /// When it is first defined.
    public let warmUp: String
    /// When it is NaN after that.
    public let undefinedWhen: String
    /// Where the definition comes from.
    public let source: String

    /// Whether it needs sessions before the one under way, which a run may not have been given.
    public var needsPastSessions: Bool {
        undefinedWhen.contains(FeatureReason.noHistory) || undefinedWhen.contains(FeatureReason.noPrior)
            || warmUp.contains(FeatureReason.regularSessions) || warmUp == FeatureReason.settlement
    }

    init(
        _ row: String, _ name: String, _ unit: String, _ family: FeatureFamily, _ meaning: String,
        warmUp: String = "none",
        undefinedWhen: String, source: String
    ) {
        self.row = row
        self.name = name
        self.unit = unit
        self.family = family
        self.meaning = meaning
        self.warmUp = warmUp
        self.undefinedWhen = undefinedWhen
        self.source = source
    }
}

/// The operator families: what `features.leave_out` can name, and the chapters of docs/features.md.
@frozen public enum FeatureFamily: String, Sendable, CaseIterable {
    case levelPosition = "level position"
    case levelInteraction = "level interaction"
    case levelLiquidity = "level liquidity"
    case levelFlow = "level order flow"
    case levelTrades = "level trades"
    case levelConfirmation = "level confirmation"
    case levelOptions = "level options"
    case book = "book"
    case orderFlow = "order flow"
    case trades = "trades"
    case volatility = "volatility"
    case session = "session"
    case time = "time"
    case options = "options"

    /// Its place in `allCases`, which is made at run time.
    @inline(__always) @inlinable public var number: Int {
        switch self {
        case .levelPosition: 0
        case .levelInteraction: 1
        case .levelLiquidity: 2
        case .levelFlow: 3
        case .levelTrades: 4
        case .levelConfirmation: 5
        case .levelOptions: 6
        case .book: 7
        case .orderFlow: 8
        case .trades: 9
        case .volatility: 10
        case .session: 11
        case .time: 12
        case .options: 13
        }
    }

    /// The name in configuration files: `level_trades`.
    public var key: String { String(rawValue.map { $0 == " " ? "_" : $0 }) }

    /// What its operators read.
    public var inputs: String {
        switch self {
        case .levelPosition: "mids, one-second mid grid, one- and two-minute bars"
        case .levelInteraction, .levelConfirmation: "trades, mids, two-minute bars"
        case .levelLiquidity, .book: "ten-level book"
        case .levelFlow: "ten-level book before and after a group, trades"
        case .levelTrades: "trades"
        case .orderFlow: "ten-level book before and after a group, trades, message count"
        case .trades: "trades, mids before and after"
        case .volatility: "one- and five-second mid grids, one-minute and daily bars"
        case .session: "trades, mids, settlements"
        case .time: "event time, calendar"
        case .options, .levelOptions: "option definitions, quotes, trades, open interest; mids of their futures"
        }
    }
}
