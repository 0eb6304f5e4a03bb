import ArgumentParser
import Features
import Platform

/// `levelhead columns`: what every column of the feature vector means.
struct ColumnsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "columns",
        abstract: "Explains every column of the feature vector.",
        discussion: """
            A level's features stand in the vector once for each of the five levels, with the level's name before \
            their own: pm_high_distance_ticks. NaN means "not defined now".

            Example: levelhead columns --markdown
            """)

    @Flag(help: "One Markdown table per family, as in docs/features.md.")
    var markdown = false

    @Flag(help: "One JSON array, one object per column.")
    var json = false

    func validate() throws {
        if markdown, json { throw ValidationError("--markdown and --json exclude each other.") }
    }

    func run() throws {
        if json {
            print(JSONText.array(FeatureSchema.columns.map(Self.object)))
        } else if markdown {
            print(Self.page, terminator: "")
        } else {
            for column in FeatureSchema.columns { print("\(column.name)  \(column.definition.meaning)") }
        }
    }

    private static func object(_ column: FeatureSchema.Column) -> String {
        let feature = column.definition
        return JSONText.object([
            "name": JSONText.string(column.name), "unit": JSONText.string(feature.unit),
            "level": column.level.map { JSONText.string($0.name) } ?? "null", "row": JSONText.string(feature.row),
            "family": JSONText.string(feature.family.rawValue),
            "inputs": JSONText.string(feature.family.inputs), "meaning": JSONText.string(feature.meaning),
            "warm_up": JSONText.string(feature.warmUp), "undefined_when": JSONText.string(feature.undefinedWhen),
            "source": JSONText.string(feature.source),
        ])
    }

    /// The catalogue as Markdown: each feature once, level features without their level.
    private static var page: String {
        let features = LevelFeature.allCases.map(\.definition) + MarketFeature.allCases.map(\.definition)
        var text = """
            # Features

            What the engine computes at every event group, made by `levelhead columns --markdown` from the registry that
            the engine itself uses. The features of a level stand in the vector once for each of \
            \(LevelKind.allCases.map { "`\($0.name)`" }.joined(separator: ", ")), with the level's name before theirs.
            Part D of the catalogue, the features of bars, is not among the \(FeatureSchema.columnCount) columns.


            """
        for family in FeatureFamily.allCases {
            text += "## \(family.rawValue.prefix(1).uppercased() + family.rawValue.dropFirst())\n\n"
            text += "Made from: \(family.inputs).\n\n"
            text += "| row | name | unit | what it tells | first defined | NaN when | source |\n"
            text += "|---|---|---|---|---|---|---|\n"
            for feature in features where feature.family == family {
                text += "| \(feature.row) | `\(feature.name)` | \(feature.unit) | \(feature.meaning) "
                text += "| \(feature.warmUp) | \(feature.undefinedWhen) | \(feature.source) |\n"
            }
            text += "\n"
        }
        return text
    }
}
