import Determinism
import Orders
import Units

/// What is held and what works in one contract. Working quantities are positive; those of orders that exclude each
/// other (a stop and a target of one link) count once.
@frozen public struct ContractExposure: Hashable, BitwiseCopyable, Sendable {
    public var contract: ContractRoot
    /// Positive is long.
    public var position: Quantity
    public var workingBuys, workingSells: Quantity

    public init(
        contract: ContractRoot, position: Quantity, workingBuys: Quantity = .zero, workingSells: Quantity = .zero
    ) {
        self.contract = contract
        self.position = position
        self.workingBuys = workingBuys
        self.workingSells = workingSells
    }

    /// The position if every buy fills and no sell, and the other way round.
    @inlinable public var highest: Quantity { position + workingBuys }
    @inlinable public var lowest: Quantity { position - workingSells }
    /// The larger of the two in contracts, long or short.
    @inlinable public var worst: Quantity { max(highest.magnitude, lowest.magnitude) }
}

extension ContractExposure: BoundedElement {
    public static let blank = ContractExposure(contract: .none, position: .zero)

    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&contract)
        try archive.field(&position)
        try archive.field(&workingBuys)
        try archive.field(&workingSells)
    }
}
