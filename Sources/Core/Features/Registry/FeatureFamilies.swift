/// Which families an engine computes. One that is left out stays NaN and costs nothing: how much each costs is measured
/// that way.
@frozen public struct FeatureFamilies: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var all: FeatureFamilies { FeatureFamilies(rawValue: .max) }

    /// All but one.
    public static func all(but family: FeatureFamily) -> FeatureFamilies {
        FeatureFamilies(rawValue: ~(1 << UInt32(family.number)))
    }

    @inline(__always) @inlinable public func contains(_ family: FeatureFamily) -> Bool {
        rawValue >> UInt32(family.number) & 1 == 1
    }
}
