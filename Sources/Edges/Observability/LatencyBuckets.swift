/// The buckets of a latency: exact to 1/128 of the value, from 1 nanosecond to about 73 minutes.
///
/// The layout of an HDR histogram with two significant digits: below 256 each value has a bucket; above, each power of
/// two is divided into 128.
enum LatencyBuckets {
    private static let linear: UInt64 = 256
    private static let perOctave = 128
    private static let octaves = 34
    /// Everything longer goes into the last bucket.
    static let largest: UInt64 = linear << UInt64(octaves) - 1
    static let count = Int(linear) + perOctave * octaves

    /// O(1): a count of leading zeros and a shift.
    static func index(of nanoseconds: UInt64) -> Int {
        let value = min(nanoseconds, largest)
        if value < linear { return Int(value) }
        // 256 has 55 leading zeros and lies in octave 0, whose buckets are two wide.
        let octave = 55 - value.leadingZeroBitCount
        return Int(linear) + octave * perOctave + Int(value >> UInt64(octave + 1)) - perOctave
    }

    /// The largest value of a bucket: what percentiles report, so that none looks better than it was.
    static func upperEnd(of index: Int) -> UInt64 {
        guard index >= Int(linear) else { return UInt64(index) }
        let octave = (index - Int(linear)) / perOctave
        let place = UInt64((index - Int(linear)) % perOctave + perOctave)
        return (place + 1) << UInt64(octave + 1) - 1
    }
}
