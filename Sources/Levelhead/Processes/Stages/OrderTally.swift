import Determinism
import Orders
import Pipeline
import Platform
import Security

/// What the risk gateway counts of a run's orders, and the digest of what became of them.
struct OrderTally: ~Copyable {
    private var orders = RecordDigest()
    private var fillCount: UInt64 = 0
    private var orderCount: UInt64 = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)

    deinit { scratch.deallocate() }

    mutating func count(_ message: StageMessage) {
        switch message {
        // As it is sent; what is told of it later while it is pending has a reason.
        case .update(let update): if update.state == .pending, update.reason == .none { orderCount += 1 }
        case .fill: fillCount += 1
        default: break
        }
    }

    /// Takes tens of microseconds: may come later, in the same order.
    mutating func digest(_ message: StageMessage) {
        switch message {
        case .verdict(let verdict): digest(verdict)
        case .update(let update): digest(update)
        case .fill(let fill): digest(fill)
        default: break
        }
    }

    private mutating func digest<Item: CanonicalBytes>(_ item: Item) {
        var writer = CanonicalWriter(scratch)
        item.write(into: &writer)
        orders.add(UnsafeRawBufferPointer(rebasing: scratch[..<writer.count]))
    }

    /// For the results.
    var members: [(String, String)] {
        [
            ("orders", JSONText.integer(orderCount)), ("order_sha256", JSONText.string(orders.chain.hexadecimal)),
            ("fills", JSONText.integer(fillCount)),
        ]
    }

    mutating func persistDigest(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try orders.persist(&archive)
    }

    mutating func persistCounts(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.field(&fillCount)
        try archive.field(&orderCount)
    }
}
