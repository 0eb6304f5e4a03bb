import Orders
import PaperVenue
import Pipeline
import Platform
import Units

/// The paper venue as a process.
struct HostedPaper: ~Copyable, HostedStage {
    static var role: ProcessRole { .paper }
    /// Half a command's way to the venue by default: nobody waits longer than the model says by more than this.
    static var tickInterval: Nanoseconds { .microseconds(500) }
    static func stage(_ trading: TradingConfiguration) -> VenueFollower { VenueFollower(trading) }

    init(_ site: RunSite, _ setup: MarketSetup) throws {}

    func report(_ desk: ProcessDesk, _ fold: borrowing StageFold<VenueFollower>) {}

    mutating func finish(_ site: RunSite, _ fold: borrowing StageFold<VenueFollower>, records: UInt64) throws {
        let orders = fold.read { $0.venue.orders.count }
        try PosixFile.replace(
            site.result(.paper),
            with: Array(
                (JSONText.object([
                    "records": JSONText.integer(records), "working_orders": JSONText.integer(orders),
                ]) + "\n").utf8))
    }
}
