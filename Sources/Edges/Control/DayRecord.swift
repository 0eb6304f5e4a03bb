import Orders
import Platform
import Units

/// What a live run's account has used up of a trade date, and the lock that it is under: `STATE_DIR/account-VENUE.json`
/// of mode 0600. The next live run at that venue begins with it when it is of the same trade date; one over recorded
/// tape neither reads nor writes it.
public struct DayRecord: Codable, Equatable, Sendable {
    /// What one strategy has.
    public struct Strategy: Codable, Equatable, Sendable {
        public var profit: Dollars
        public var trades: Int
        /// Trade date of the loss that locked it; nil when it is not locked.
        public var lockedOn: Int32?

        enum CodingKeys: String, CodingKey {
            case trades
            case profit = "pnl_usd"
            case lockedOn = "locked_on"
        }

        public init(profit: Money, trades: Int, lockedOn: Int32?) {
            self.profit = Dollars(profit)
            self.trades = trades
            self.lockedOn = lockedOn
        }
    }

    /// Why the account is being flattened or locked.
    public struct Lock: Codable, Equatable, Sendable {
        /// `StateReason.name`.
        public var reason: String
        public var tradeDate: Int32

        enum CodingKeys: String, CodingKey {
            case reason
            case tradeDate = "trade_date"
        }

        public init(reason: StateReason, tradeDate: Int32) {
            self.reason = reason.name
            self.tradeDate = tradeDate
        }
    }

    /// The directory of the run that wrote it.
    public var run: String
    /// Wall time.
    public var writtenNanoseconds: UInt64
    /// Year, month and day as one number; 0 before the first session.
    public var tradeDate: Int32
    /// Since 18:00 ET, open profit and fees included; and how far below its highest the account is, and below the high
    /// of its programme.
    public var profit: Dollars
    public var drawdown: Dollars
    public var programmeDrawdown: Dollars
    /// Opening orders approved since 18:00 ET.
    public var trades: Int
    /// By `StrategyID.name`; those of whom there is something to say.
    public var strategies: [String: Strategy]
    public var lock: Lock?
    /// Contracts of the traded contract that the run holds; nil in records of before it was kept.
    public var position: Int64?
    /// Of two accounts, contracts that one holds long and the other short beside that; nil for one account.
    public var opposed: Int64?

    enum CodingKeys: String, CodingKey {
        case run, trades, strategies, lock, position, opposed
        case writtenNanoseconds = "written_ns"
        case tradeDate = "trade_date"
        case profit = "pnl_usd"
        case drawdown = "drawdown_usd"
        case programmeDrawdown = "programme_drawdown_usd"
    }

    public init(run: String) {
        self.run = run
        writtenNanoseconds = 0
        tradeDate = 0
        profit = Dollars(.zero)
        drawdown = Dollars(.zero)
        programmeDrawdown = Dollars(.zero)
        trades = 0
        strategies = [:]
    }

    /// - Parameter venue: where the account's orders go, by the name in the configuration.
    public static func path(_ stateDirectory: String, venue: String) -> String {
        FilePath.join(stateDirectory, "account-\(venue).json")
    }

    /// The record in a file; nil when there is none.
    ///
    /// - Throws: it is not one that this program wrote.
    public static func read(_ path: String) throws -> DayRecord? {
        if PosixFile.isMissing(path) { return nil }
        guard let record = Payload.decode(DayRecord.self, from: try PosixFile.contents(of: path)) else {
            throw DayRecordError(path: path)
        }
        return record
    }

    /// Puts the record in the place of the last one, in one step.
    ///
    /// - Parameter sync: it is on the disk when this returns.
    public func write(_ path: String, sync: Bool) throws(SystemCallError) {
        var writer = try AtomicFileWriter(path: path, mode: PrivatePath.fileMode)
        try writer.write(Payload.encode(self) + [0x0A])
        try writer.commit(sync: sync)
    }
}

/// An account's record is damaged.
public struct DayRecordError: Error, Equatable, CustomStringConvertible {
    public let path: String

    public init(path: String) { self.path = path }

    public var description: String {
        "\(path): not the record of an account (trade date, profit, lock): put back the one that was there, or "
            + "move it away to begin the trade date anew"
    }
}

/// Money as a decimal string.
public struct Dollars: Codable, Equatable, Sendable {
    public var money: Money

    public init(_ money: Money) { self.money = money }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let money = Money(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an amount of dollars")
        }
        self.money = money
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(money.description)
    }
}
