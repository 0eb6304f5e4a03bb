import Platform

/// Writes one two-dimensional array in NumPy's `.npy` format 1.0 (NEP 1), rows appended one by one in constant memory.
///
/// The number of rows is only known at the end: the header is written with room for it and put in place when the file
/// is closed. The file appears complete or not at all.
final class NumpyWriter {
    /// The element types in use.
    enum Element: String { case float64 = "<f8", int64 = "<i8" }

    private var output: AtomicFileWriter?
    private var buffer: [UInt8] = []
    private let element: Element
    private let columns: Int
    private(set) var rows = 0

    private static let headerBytes = 128
    private static let flushBytes = 1 << 20

    init(path: String, element: Element, columns: Int) throws {
        output = try AtomicFileWriter(path: path)
        self.element = element
        self.columns = columns
        buffer = Self.header(element, rows: 0, columns: columns)
    }

    /// - Precondition: `row` has as many values as there are columns.
    func append<T: BitwiseCopyable>(_ row: UnsafeBufferPointer<T>) throws {
        precondition(row.count == columns && MemoryLayout<T>.size == 8, "rows are as wide as the array")
        buffer.append(contentsOf: UnsafeRawBufferPointer(row))
        rows += 1
        if buffer.count >= Self.flushBytes { try flush() }
    }

    /// Writes what is left and the header. Nothing may be appended afterwards.
    func complete() throws {
        try flush()
        try output?.overwriteStart(Self.header(element, rows: rows, columns: columns))
    }

    /// Lets the completed file appear under its name.
    func commit() throws {
        try output.take()?.commit()
    }

    private func flush() throws {
        try output?.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private static func header(_ element: Element, rows: Int, columns: Int) -> [UInt8] {
        let text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        let room = headerBytes - 10
        let padded = text + String(repeating: " ", count: room - 1 - text.utf8.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(room & 0xFF), UInt8(room >> 8)] + Array(padded.utf8)
    }
}
