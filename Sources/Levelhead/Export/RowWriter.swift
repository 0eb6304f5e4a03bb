import Foundation
import Platform
import Security

/// Writes the rows of a research file. Nothing appears under its name before `commit`.
protocol RowWriter: AnyObject {
    var rows: Int { get }
    /// - Parameter stamps: event time, receive time, sequence, and the file's extra columns.
    func append(_ values: UnsafeBufferPointer<Double>, stamps: [Int64]) throws
    /// Ends the files and lets them appear.
    ///
    /// - Returns: SHA-256 of the values (NumPy) or of the file's bytes (text).
    func commit() throws -> String
}

/// `STEM.npy` (Float64), `STEM.ts.npy` (Int64), `STEM.columns.json`, and `STEM.known.npy` for extra columns.
final class NumpyRows: RowWriter {
    private let file: ExportFile
    private let matrix: NumpyWriter
    private let stamps: NumpyWriter
    private let extra: NumpyWriter?
    private var digest = SHA256Hasher()

    init(_ file: ExportFile) throws {
        self.file = file
        matrix = try NumpyWriter(path: file.path, element: .float64, columns: file.columns.count)
        stamps = try NumpyWriter(
            path: file.stem + ".ts.npy", element: .int64, columns: ExportFile.stampNames.count)
        extra =
            file.extra.isEmpty
            ? nil : try NumpyWriter(path: file.stem + ".known.npy", element: .int64, columns: file.extra.count)
    }

    var rows: Int { matrix.rows }

    func append(_ values: UnsafeBufferPointer<Double>, stamps: [Int64]) throws {
        try matrix.append(values)
        digest.update(UnsafeRawBufferPointer(values))
        let count = ExportFile.stampNames.count
        try stamps.withUnsafeBufferPointer {
            try self.stamps.append(UnsafeBufferPointer(rebasing: $0[..<count]))
            try extra?.append(UnsafeBufferPointer(rebasing: $0[count...]))
        }
    }

    func commit() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let list = file.columns.map { ["name": $0.name, "unit": $0.unit] }
        var names = try AtomicFileWriter(path: file.stem + ".columns.json")
        try names.write(Array(try encoder.encode(list)))
        for writer in [stamps, extra, matrix] { try writer?.complete() }
        try stamps.commit()
        try extra?.commit()
        try names.commit()
        try matrix.commit()
        return digest.finish().hexadecimal
    }
}

/// CSV with a header, or one JSON object a line. Numbers are the shortest that read back as the same value; what is not
/// defined is an empty field or null.
final class TextRows: RowWriter {
    private static let flushBytes = 1 << 20
    private var output: AtomicFileWriter?
    private let isJSON: Bool
    /// What stands before each value of a row.
    private let lead: [[UInt8]]
    private var buffer: [UInt8] = []
    private var digest = SHA256Hasher()
    private(set) var rows = 0

    init(_ file: ExportFile, isJSON: Bool) throws {
        output = try AtomicFileWriter(path: file.path)
        self.isJSON = isJSON
        let names = file.stampNames + file.columns.map(\.name)
        lead = names.enumerated().map { index, name in
            isJSON ? Array((index == 0 ? "{" : ",").utf8) + Array("\"\(name)\":".utf8) : index == 0 ? [] : [0x2C]
        }
        if !isJSON { buffer = Array((names.joined(separator: ",") + "\n").utf8) }
    }

    func append(_ values: UnsafeBufferPointer<Double>, stamps: [Int64]) throws {
        for (index, stamp) in stamps.enumerated() {
            buffer += lead[index]
            buffer += "\(stamp)".utf8
        }
        for (index, value) in values.enumerated() {
            buffer += lead[stamps.count + index]
            if !value.isNaN {
                buffer += value.description.utf8
            } else if isJSON {
                buffer += "null".utf8
            }
        }
        if isJSON { buffer.append(0x7D) }
        buffer.append(0x0A)
        rows += 1
        if buffer.count >= Self.flushBytes { try flush() }
    }

    func commit() throws -> String {
        try flush()
        try output.take()?.commit()
        return digest.finish().hexadecimal
    }

    private func flush() throws {
        try output?.write(buffer)
        buffer.withUnsafeBytes { digest.update($0) }
        buffer.removeAll(keepingCapacity: true)
    }
}
