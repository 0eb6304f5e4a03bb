import Orders
import Units

/// How many index contracts one contract of a root moves like: its beta to the index times its notional value over the
/// index contract's. 1 for MES, 10 for ES, negative for what moves against the index.
@frozen public struct ExposureWeight: Hashable, BitwiseCopyable, Sendable {
    public var contract: ContractRoot
    public var weight: ExactRatio

    public init(contract: ContractRoot, weight: ExactRatio) {
        self.contract = contract
        self.weight = weight
    }
}

/// Net exposures that working orders could lead to, in units of 1e-9 index contracts. Positive is long.
@frozen public struct ExposureRange: Hashable, BitwiseCopyable, Sendable {
    /// Of what is held.
    public var present: Int64
    /// Were all that lower, or all that raise it, to fill.
    public var lowest, highest: Int64

    public init(present: Int64, lowest: Int64, highest: Int64) {
        self.present = present
        self.lowest = lowest
        self.highest = highest
    }

    /// At most the limit either way.
    @inlinable public func isWithin(_ limit: ExactRatio) -> Bool {
        highest <= limit.billionths && lowest >= -limit.billionths
    }
}

/// What the account holds in several contracts as if it were one.
public struct CorrelatedExposure: Equatable, Sendable {
    public let weights: [ExposureWeight]

    /// MES and ES; others by configuration, their betas change.
    public static let sp500 = [
        ExposureWeight(contract: .mes, weight: .one),
        ExposureWeight(contract: .es, weight: ExactRatio(billionths: 10_000_000_000)),
    ]

    /// - Precondition: no contract has two weights.
    public init(weights: [ExposureWeight] = Self.sp500) {
        for (index, row) in weights.enumerated() {
            precondition(!weights[..<index].contains { $0.contract == row.contract }, "one weight to a contract")
        }
        self.weights = weights
    }

    func weight(_ contract: ContractRoot) -> Int64? {
        for row in weights where row.contract == contract { return row.weight.billionths }
        return nil
    }

    /// The sum over the contracts of weight times position. Nil when one has no weight.
    public func range(_ exposures: borrowing AccountLimits.Exposures) -> ExposureRange? {
        var range = ExposureRange(present: 0, lowest: 0, highest: 0)
        for i in exposures.indices {
            let exposure = exposures[i]
            guard let weight = weight(exposure.contract) else { return nil }
            let ends = (weight * exposure.lowest.contracts, weight * exposure.highest.contracts)
            range.present += weight * exposure.position.contracts
            range.lowest += min(ends.0, ends.1)
            range.highest += max(ends.0, ends.1)
        }
        return range
    }
}
