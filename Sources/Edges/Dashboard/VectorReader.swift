import Features
import Foundation
import Streams

/// Finds columns of a vector by name, as its publisher says that they lie; until it has said so, as this program has
/// them.
struct VectorReader {
    private let own: [String]
    private var names: [String]
    private var places: [String: Int]

    init(_ schema: StreamSchema) {
        own = schema.columns.map(\.name)
        names = own
        places = Self.places(own)
    }

    /// The publisher's schema, JSON.
    mutating func take(schema json: [UInt8]) {
        let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        guard let list = object?["columns"] as? [[String: Any]] else { return }
        let found = list.compactMap { $0["name"] as? String }
        guard found != names else { return }
        names = found
        places = Self.places(found)
    }

    /// NaN for what is not defined, and for a column that the frame does not have.
    func value(_ name: String, _ frame: StreamFrame) -> Double {
        guard frame.kind == .vector, frame.columnCount == names.count, let place = places[name] else { return .nan }
        return frame.value(place)
    }

    private static func places(_ names: [String]) -> [String: Int] {
        Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// A number in JSON; null for what is none.
func jsonNumber(_ value: Double) -> String { value.isFinite ? value.description : "null" }
