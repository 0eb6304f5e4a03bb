import Platform

/// How a research file is written, by the end of its name.
enum ExportFormat: String, CaseIterable {
    /// NumPy's arrays, three files.
    case npy
    case csv
    /// One JSON object a line.
    case jsonl

    /// `STEM.npy` and so on, taken apart; nil when the name ends in nothing known.
    static func split(_ path: String) -> (stem: String, format: ExportFormat)? {
        for format in allCases where path.hasSuffix("." + format.rawValue) && path != "." + format.rawValue {
            return (String(path.dropLast(format.rawValue.count + 1)), format)
        }
        return nil
    }

    /// What `--out` says when its name is not one.
    static let expectation = "expected a name that ends in .npy, .csv or .jsonl"

    /// Bytes of a row at most: a value has 24 characters at most and a separator, a time 20.
    func rowBytes(names: [String], stamps: Int) -> UInt64 {
        let values = UInt64(names.count), stamps = UInt64(stamps)
        switch self {
        case .npy: return 8 * (values + stamps)
        case .csv: return 25 * values + 21 * stamps
        case .jsonl:
            let keys = names.reduce(into: UInt64(0)) { $0 += UInt64($1.utf8.count) + 5 }
            return keys + 25 * values + 40 * stamps
        }
    }
}

/// One column of a research file.
struct ExportColumn {
    let name: String
    let unit: String
}

/// What is to be written where.
struct ExportFile {
    let stem: String
    let format: ExportFormat
    let columns: [ExportColumn]
    /// Names of further Int64 columns behind event time, receive time and sequence; a file of their own in NumPy's
    /// format.
    var extra: [String] = []

    static let stampNames = ["ts_event", "ts_recv", "sequence"]

    var path: String { stem + "." + format.rawValue }
    var directory: String { FilePath.parent(of: path) }
    var stampNames: [String] { Self.stampNames + extra }
    var rowBytes: UInt64 { format.rowBytes(names: columns.map(\.name), stamps: stampNames.count) }

    func writer() throws -> any RowWriter {
        switch format {
        case .npy: try NumpyRows(self)
        case .csv: try TextRows(self, isJSON: false)
        case .jsonl: try TextRows(self, isJSON: true)
        }
    }
}
