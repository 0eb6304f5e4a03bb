import Features

/// A row of a table of strikes: what is open, exposed and traded at one strike over all expirations (FEATURES C.7).
/// Nine Float64, little-endian, every NaN as 0x7ff8000000000000:
///
/// | offset | field | |
/// |---|---|---|
/// | 0 | `strike_points` | |
/// | 8 | `option_count` | contracts in the chain, calls and puts |
/// | 16 | `call_open_interest_contracts` | NaN where of no call it is known |
/// | 24 | `put_open_interest_contracts` | the same of puts |
/// | 32 | `call_open_interest_gamma` | Σ OI·Γ; NaN where of no call both are known |
/// | 40 | `put_open_interest_gamma` | the same of puts |
/// | 48 | `gamma_exposure_usd_per_1pct` | calls minus puts; NaN where of no contract both are known |
/// | 56 | `volume_session_contracts` | since 18:00 |
/// | 64 | `signed_volume_session_contracts` | Σ D·size since 18:00 |
enum StrikeRow {
    static let byteCount = 72

    /// Most rows of a frame: its header counts them in 16 bits.
    static let countMax = Int(UInt16.max)

    @inline(__always) static func write(_ strike: UnsafePointer<OptionStrike>, to place: UnsafeMutableRawPointer) {
        store(strike.pointee.points, 0, place)
        store(Double(strike.pointee.members), 8, place)
        store(Double(strike.pointee.callInterest), 16, place, isKnown: strike.pointee.knownCalls > 0)
        store(Double(strike.pointee.putInterest), 24, place, isKnown: strike.pointee.knownPuts > 0)
        store(strike.pointee.callGamma, 32, place, isKnown: strike.pointee.exposedCalls > 0)
        store(strike.pointee.putGamma, 40, place, isKnown: strike.pointee.exposedPuts > 0)
        let isExposed = strike.pointee.exposedCalls > 0 || strike.pointee.exposedPuts > 0
        store(strike.pointee.gammaExposure, 48, place, isKnown: isExposed)
        store(Double(strike.pointee.volume), 56, place)
        store(Double(strike.pointee.signedVolume), 64, place)
    }

    @inline(__always) private static func store(
        _ value: Double, _ offset: Int, _ place: UnsafeMutableRawPointer, isKnown: Bool = true
    ) {
        let bits = isKnown && !value.isNaN ? value.bitPattern : FrameWriter.canonicalNaN
        place.storeBytes(of: bits.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}
