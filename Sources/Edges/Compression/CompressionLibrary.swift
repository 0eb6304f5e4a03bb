import CZstd

/// The compression library in use.
public enum CompressionLibrary {
    /// `ZSTD_versionString`.
    public static var version: String { String(cString: ZSTD_versionString()) }
}
