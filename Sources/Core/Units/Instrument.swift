/// Databento's numeric instrument id: unique within one dataset and one day.
@frozen public struct InstrumentID: Comparable, Hashable, BitwiseCopyable, Sendable {
    public let raw: UInt32

    @inlinable public init(_ raw: UInt32) { self.raw = raw }
    @inlinable public static func < (a: InstrumentID, b: InstrumentID) -> Bool { a.raw < b.raw }
}
