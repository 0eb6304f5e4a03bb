import DBN
import Features
import MarketCalendar
import Units

/// The engine as conductor of the other processes, in logical time.
public struct LockstepPipeline<Output: TradingOutput>: ~Copyable {
    public private(set) var market: MarketFold
    private let desk: UnsafeMutablePointer<LockstepDesk<Output>>

    public init(
        plan: InstrumentPlan, features: FeatureConfiguration, trading: TradingConfiguration, output: Output,
        venue: any StageRemote.Line, execution: any StageRemote.Line, risk: any StageRemote.Line
    ) {
        market = MarketFold(plan: plan, configuration: features)
        desk = .allocate(capacity: 1)
        desk.initialize(
            to: LockstepDesk(
                configuration: trading, plan: plan, calendar: features.calendar, output: output, venue: venue,
                execution: execution, risk: risk))
    }

    deinit {
        desk.deinitialize(count: 1)
        desk.deallocate()
    }

    /// Takes the next record, and everything that follows from it in all processes.
    public mutating func take(_ record: RecordView, sequence: UInt64) {
        market.take(record, sequence: sequence, sink: &desk.pointee)
    }

    /// The other processes may go on to here by themselves.
    public func clear() { desk.pointee.clear() }

    public var output: Output { desk.pointee.output }
}
