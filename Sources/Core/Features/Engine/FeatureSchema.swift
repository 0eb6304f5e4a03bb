/// Where each feature stands in the vector: the levels one after the other, then the market.
public enum FeatureSchema {
    public static var levelCount: Int { 5 }
    public static var marketOffset: Int { levelCount * LevelFeature.count }
    public static var columnCount: Int { marketOffset + MarketFeature.count }

    /// Name and unit of a column.
    public struct Column: Sendable, Equatable {
        public let name: String
        public let definition: FeatureDefinition
        /// Nil for a market feature.
        public let level: LevelKind?
    }

    /// All columns in the order of the vector.
    public static let columns: [Column] =
        LevelKind.allCases.flatMap { level in
            LevelFeature.allCases.map {
                Column(name: level.name + "_" + $0.definition.name, definition: $0.definition, level: level)
            }
        }
        + MarketFeature.allCases.map { Column(name: $0.definition.name, definition: $0.definition, level: nil) }

    public static func offset(of level: LevelKind) -> Int { level.rawValue * LevelFeature.count }
}
