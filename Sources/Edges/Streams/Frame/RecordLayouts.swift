import Features
import Orders
import Risk
import Signals
import Units

extension RecordLayout {
    /// The layout of a kind's payload, or of a row of it; nil for kinds that are no records.
    public static func of(_ kind: FrameKind) -> RecordLayout? {
        switch kind {
        case .signal: signal
        case .verdict: verdict
        case .order: order
        case .fill: fill
        case .strikes: strike
        case .vector, .text, .schema, .heartbeat: nil
        }
    }

    public static let signal = RecordLayout([
        Field("sequence", .uint64, "count"), Field("time", .uint64, "ns"), Field("receive_time", .uint64, "ns"),
        Field("level", .uint8, "code", codes: levels), Field("kind", .uint8, "code", codes: signalKinds),
        Field("quality", .uint16, "flags"), Field("test", .uint32, "count"), Field("score", .float64, "ratio"),
        Field("confidence", .float64, "ratio"), Field("aggression", .float64, "ratio"),
        Field("order_flow", .float64, "ratio"), Field("liquidity_ahead", .float64, "ratio"),
        Field("book", .float64, "ratio"), Field("penetration", .float64, "ratio"), Field("velocity", .float64, "ratio"),
        Field("iceberg", .float64, "ratio"),
    ])

    public static let verdict = RecordLayout([
        Field("sequence", .uint64, "count"), Field("time", .uint64, "ns"), Field("intent", .uint64, "id"),
        Field("reason", .uint8, "code", codes: refusals), Field("position", .int64, "contracts"),
        Field("worst_position", .int64, "contracts"),
    ])

    public static let order = RecordLayout([
        Field("sequence", .uint64, "count"), Field("time", .uint64, "ns"), Field("id", .uint64, "id"),
        Field("parent", .uint64, "id"), Field("link", .uint64, "id"),
        Field("role", .uint8, "code", codes: names(OrderRole.allCases)),
        Field("side", .int8, "code", codes: names(Side.allCases)), Field("quantity", .int64, "contracts"),
        Field("type", .uint8, "code", codes: names(OrderType.allCases)), Field("price", .int64, "ticks"),
        Field("time_in_force", .uint8, "code", codes: names(TimeInForce.allCases)),
        Field("state", .uint8, "code", codes: names(OrderState.allCases)),
        Field("reason", .uint8, "code", codes: venueReasons), Field("leaves", .int64, "contracts"),
        Field("limit", .int64, "ticks"), Field("trail", .int64, "ticks"), Field("reduce_only", .uint8, "flag"),
        Field("strategy", .uint8, "code", codes: strategies),
    ])

    public static let fill = RecordLayout([
        Field("sequence", .uint64, "count"), Field("venue_time", .uint64, "ns"), Field("time", .uint64, "ns"),
        Field("id", .uint64, "id"), Field("parent", .uint64, "id"),
        Field("role", .uint8, "code", codes: names(OrderRole.allCases)),
        Field("side", .int8, "code", codes: names(Side.allCases)), Field("quantity", .int64, "contracts"),
        Field("price", .int64, "ticks"), Field("fee", .int64, "1e-9 USD"),
        Field("liquidity", .uint8, "code", codes: names(Liquidity.allCases)),
        Field("strategy", .uint8, "code", codes: strategies),
    ])

    public static let strike = RecordLayout([
        Field("strike_points", .float64, "points"), Field("option_count", .float64, "count"),
        Field("call_open_interest_contracts", .float64, "contracts"),
        Field("put_open_interest_contracts", .float64, "contracts"),
        Field("call_open_interest_gamma", .float64, "contracts/point"),
        Field("put_open_interest_gamma", .float64, "contracts/point"),
        Field("gamma_exposure_usd_per_1pct", .float64, "USD per 1 %"),
        Field("volume_session_contracts", .float64, "contracts"),
        Field("signed_volume_session_contracts", .float64, "contracts"),
    ])

    // The names of codes are those of `audit.jsonl`.
    private static let signalKinds = [
        Int(SignalKind.breakout.rawValue): "break", Int(SignalKind.bounce.rawValue): "bounce",
    ]
    private static let levels = Dictionary(uniqueKeysWithValues: LevelKind.allCases.map { ($0.rawValue, $0.name) })
    private static let strategies = Dictionary(
        uniqueKeysWithValues: (0..<UInt8(StrategyID.capacity)).map { (Int($0), StrategyID(rawValue: $0).name) })
    private static let refusals = Dictionary(
        uniqueKeysWithValues: [(0, "approved")] + RefusalReason.allCases.map { (Int($0.code), $0.rawValue) })
    private static let venueReasons = Dictionary(
        uniqueKeysWithValues: VenueReason.allCases.map { (Int($0.rawValue), $0.name) })

    private static func names<Code: RawRepresentable>(_ cases: [Code]) -> [Int: String]
    where Code.RawValue: BinaryInteger {
        Dictionary(uniqueKeysWithValues: cases.map { (Int($0.rawValue), "\($0)") })
    }
}
