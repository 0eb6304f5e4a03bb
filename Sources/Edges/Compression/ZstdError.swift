import CZstd

/// Why zstd data could not be read or written. Offsets count compressed bytes from the start of the input.
public enum ZstdError: Error, Equatable {
    /// The library refused; `name` is its own word for it (`ZSTD_getErrorName`).
    case failed(name: String, compressedOffset: Int)
    /// The input ended inside a frame.
    case truncated(compressedOffset: Int)
    /// A leading skippable frame: Databento's format before DBN, which this program does not read.
    case legacyDBZ
    case outOfMemory

    static func check(_ result: Int, offset: Int) throws(ZstdError) -> Int {
        guard ZSTD_isError(result) != 0 else { return result }
        throw .failed(name: String(cString: ZSTD_getErrorName(result)), compressedOffset: offset)
    }
}

extension ZstdError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .failed(let name, let offset): "zstd: \(name) at compressed byte \(offset)"
        case .truncated(let offset): "zstd: ends inside a frame at compressed byte \(offset)"
        case .legacyDBZ: "legacy DBZ file; expected DBN"
        case .outOfMemory: "zstd: out of memory"
        }
    }
}
