import Orders
import Units

/// What a broker asks for one contract of a root. Configuration: the exchange publishes its minimum and brokers ask
/// more, and both change; check with the broker.
@frozen public struct MarginRow: Hashable, BitwiseCopyable, Sendable {
    public var contract: ContractRoot
    /// To open.
    public var initial: Money
    /// To keep.
    public var maintenance: Money
    /// To open or keep while the intraday window is open; nil for what it takes outside it. A broker's own, not the
    /// exchange's.
    public var intraday: Money?

    public init(contract: ContractRoot, initial: Money, maintenance: Money, intraday: Money? = nil) {
        self.contract = contract
        self.initial = initial
        self.maintenance = maintenance
        self.intraday = intraday
    }

    /// Stand-ins for MES until configuration says better: a tenth of the order of magnitude that
    /// https://www.cmegroup.com/markets/equities/sp/e-mini-sandp500.margins.html showed for ES, initial 110 % of
    /// maintenance as the exchange has it for speculators, and no relief intraday.
    public static let mes = MarginRow(
        contract: .mes, initial: Money(cents: 275_000), maintenance: Money(cents: 250_000))

    /// What makes no sense, by the name of the key; nil when all is well.
    public var problem: String? {
        if contract == .none { return "contract" }
        if maintenance <= .zero { return "maintenance" }
        if initial < maintenance { return "initial" }
        guard let intraday else { return nil }
        return intraday <= .zero || intraday > initial ? "intraday" : nil
    }
}

/// When intraday margin applies: [from, until), set at each session change.
@frozen public struct MarginWindow: Hashable, BitwiseCopyable, Sendable {
    public static let never = MarginWindow(from: .undefined, until: .undefined)

    public var from, until: Timestamp

    public init(from: Timestamp, until: Timestamp) {
        self.from = from
        self.until = until
    }

    @inlinable public func contains(_ time: Timestamp) -> Bool { time >= from && time < until }
}

/// Margin by contract. Nothing is offset between contracts.
public struct MarginTable: Equatable, Sendable {
    public let rows: [MarginRow]

    /// - Precondition: every row makes sense (`MarginRow.problem` is nil) and no contract has two.
    public init(rows: [MarginRow] = [.mes]) {
        for (index, row) in rows.enumerated() {
            precondition(row.problem == nil, "margins that make sense")
            precondition(!rows[..<index].contains { $0.contract == row.contract }, "one row to a contract")
        }
        self.rows = rows
    }

    public func row(_ contract: ContractRoot) -> MarginRow? {
        for row in rows where row.contract == contract { return row }
        return nil
    }

    /// For one contract held or opened, at a time.
    func rate(_ contract: ContractRoot, opens: Bool, isIntraday: Bool) -> Money? {
        guard let row = row(contract) else { return nil }
        if isIntraday, let intraday = row.intraday { return intraday }
        return opens ? row.initial : row.maintenance
    }

    /// What is asked for everything held, were everything working to fill for the worse: Σ worst · rate. The rate is
    /// maintenance, initial for the contract that is being opened (for all of it, what is already held counted), and
    /// within the window intraday for every contract that has it. Nil when a contract is not in the table.
    ///
    /// - Parameter opening: the contract of an order under review, whose quantity is among the working; nil between
    ///   orders.
    public func requirement(
        _ exposures: borrowing AccountLimits.Exposures, opening: ContractRoot?, isIntraday: Bool
    ) -> Money? {
        var total = Money.zero
        for i in exposures.indices {
            let exposure = exposures[i]
            guard exposure.worst > .zero else { continue }
            let opens = exposure.contract == opening
            guard let rate = rate(exposure.contract, opens: opens, isIntraday: isIntraday) else { return nil }
            total += rate * exposure.worst.contracts
        }
        return total
    }

    /// The same for one contract.
    public func requirement(_ exposure: ContractExposure, opens: Bool, isIntraday: Bool) -> Money? {
        guard let rate = rate(exposure.contract, opens: opens, isIntraday: isIntraday) else { return nil }
        return rate * exposure.worst.contracts
    }
}
