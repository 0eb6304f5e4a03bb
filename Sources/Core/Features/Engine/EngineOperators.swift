import MarketData
import Units

/// The operators of one contract that keep more than a few numbers, and its configuration. They lie behind a pointer,
/// so that the engine itself is small: a call that borrows it copies it.
struct EngineOperators: ~Copyable {
    let configuration: FeatureConfiguration
    /// Points of a tick.
    let tickPoints: Double
    var attribution = DepthAttribution()
    var gates = LevelGates()
    var grid = MidGrid()
    var tradeHistory = TradeHistory()
    var volatility: Volatility
    var auction: SessionAuction
    var baseline: HistoryBaseline

    init(configuration: FeatureConfiguration) {
        self.configuration = configuration
        tickPoints = configuration.tickSize.points
        volatility = Volatility(configuration: configuration)
        auction = SessionAuction(configuration: configuration)
        baseline = HistoryBaseline(configuration.history)
    }
}
