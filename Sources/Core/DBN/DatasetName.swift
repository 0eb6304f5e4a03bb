/// The name of a dataset, such as `GLBX.MDP3`, as a value without references: at most 16 ASCII characters.
@frozen public struct DatasetName: Hashable, BitwiseCopyable, Sendable {
    /// The characters as they lie in memory, zeros behind them: never read as numbers.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// Of bytes in front of the first NUL.
    /// - Returns: nil unless they are 1 to 16 ASCII characters that a control line can hold (no `|`, `=`, blank).
    public init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= 16 else { return nil }
        for byte in bytes where byte <= 0x20 || byte >= 0x7F || byte == 0x7C || byte == 0x3D { return nil }
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
    }

    public init?(_ text: String) { self.init(text.utf8) }
}

extension DatasetName: CustomStringConvertible {
    public var description: String {
        var copy = self
        return withUnsafeBytes(of: &copy) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
