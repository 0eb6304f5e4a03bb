/// Saves or loads the state of a fold. A type lists its fields once, in `persist`, for both directions, so that what
/// was saved is what is loaded.
///
/// Layout: the fields one after the other, little-endian, without padding between them; an array is its count (UInt64)
/// and its elements. Version, configuration and checksum are the business of whoever stores the bytes.
public struct StateArchive: ~Copyable {
    public enum Failure: Error, Equatable {
        /// A load wanted more bytes than there are.
        case truncated(offset: Int, wanted: Int)
        /// A load ended before the bytes did.
        case trailing(bytes: Int)
        /// A marker was not the expected one: the fields are not those that were saved.
        case mismatch(offset: Int, expected: String)
    }

    /// What was saved so far, or what is being loaded.
    public private(set) var bytes: [UInt8]
    private var offset = 0
    public let isLoading: Bool

    /// An archive to save into.
    public init() {
        bytes = []
        isLoading = false
    }

    /// An archive to save into, with room for so many bytes.
    public init(reserving count: Int) {
        self.init()
        bytes.reserveCapacity(count)
    }

    /// Ends a save.
    public consuming func finish() -> [UInt8] { bytes }

    /// An archive to load from.
    public init(loading bytes: [UInt8]) {
        self.bytes = bytes
        isLoading = true
    }

    /// One field without references inside.
    public mutating func field<T: BitwiseCopyable>(_ value: inout T) throws(Failure) {
        let size = MemoryLayout<T>.size
        if isLoading {
            try need(size)
            value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
            offset += size
        } else {
            withUnsafeBytes(of: &value) { bytes.append(contentsOf: $0) }
        }
    }

    /// An array of values without references inside.
    public mutating func field<T: BitwiseCopyable>(_ values: inout [T]) throws(Failure) {
        var count = UInt64(values.count)
        try field(&count)
        if isLoading {
            let stride = MemoryLayout<T>.stride
            let (size, overflow) = Int(clamping: count).multipliedReportingOverflow(by: stride)
            guard !overflow else { throw .truncated(offset: offset, wanted: .max) }
            try need(size)
            values = bytes.withUnsafeBytes { raw in
                (0..<Int(count)).map { raw.loadUnaligned(fromByteOffset: offset + $0 * stride, as: T.self) }
            }
            offset += size
        } else {
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
    }

    public mutating func field(_ text: inout String) throws(Failure) {
        var utf8 = Array(text.utf8)
        try field(&utf8)
        if isLoading { text = String(decoding: utf8, as: UTF8.self) }
    }

    public mutating func field<T: PersistentState & ~Copyable>(_ value: inout T) throws(Failure) {
        try value.persist(&self)
    }

    /// An array of values that save themselves. Those that are loaded begin as copies of `blank`.
    public mutating func field<T: PersistentState>(_ values: inout [T], blank: T) throws(Failure) {
        try each(&values, blank) { archive, value throws(Failure) in try value.persist(&archive) }
    }

    public mutating func field(_ texts: inout [String]) throws(Failure) {
        try each(&texts, "") { archive, text throws(Failure) in try archive.field(&text) }
    }

    public mutating func field<T: BitwiseCopyable>(_ lists: inout [[T]]) throws(Failure) {
        try each(&lists, []) { archive, list throws(Failure) in try archive.field(&list) }
    }

    private mutating func each<T>(
        _ values: inout [T], _ blank: T, _ body: (inout StateArchive, inout T) throws(Failure) -> Void
    ) throws(Failure) {
        var count = UInt64(values.count)
        try field(&count)
        if isLoading { values = [] }
        for place in 0..<count {
            if isLoading { values.append(blank) }
            try body(&self, &values[Int(place)])
        }
    }

    /// A name between fields: loading anything else in its place fails there and not later.
    public mutating func marker(_ name: StaticString) throws(Failure) {
        let start = offset
        var found = "\(name)"
        let expected = found
        try field(&found)
        guard found == expected else { throw .mismatch(offset: start, expected: expected) }
    }

    /// Ends a load.
    public func checkEnd() throws(Failure) {
        guard !isLoading || offset == bytes.count else { throw .trailing(bytes: bytes.count - offset) }
    }

    private func need(_ size: Int) throws(Failure) {
        guard size <= bytes.count - offset else { throw .truncated(offset: offset, wanted: size) }
    }
}

/// State that can be saved and loaded. `persist` names every field in a fixed order and does nothing else.
public protocol PersistentState: ~Copyable {
    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure)
}
