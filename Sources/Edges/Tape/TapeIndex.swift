import DBN
import Platform

/// Where records of one file of a run's tape lie: a place every few megabytes, beside the file, so that nobody reads a
/// day's tape from its beginning to find a record near its end.
///
/// A hint and no more: each place says with which bytes its record begins, and one that finds others there does not
/// count. Without the index, or with one that lacks its end, more of the tape is read and the same is found.
///
/// Layout: 32 bytes a place, little-endian: number of the record in the run, its offset in the file, its first 16
/// bytes.
struct TapeIndex {
    struct Place: BitwiseCopyable, Equatable {
        let sequence: UInt64
        let offset: UInt64
        /// The header of the record (`RecordHeader`).
        let beginning: SIMD2<UInt64>
    }

    private static let placeBytes = 32
    /// Between two places at least: half a millisecond of reading.
    static let spacing = 4 << 20

    private let path: String

    init(ofTape path: String) { self.path = "\(path.hasSuffix(".dbn") ? path.dropLast(4) : path[...]).index" }

    /// The places, in their order; none when there is no index or it is damaged.
    func places() -> [Place] {
        guard let bytes = try? PosixFile.contents(of: path) else { return [] }
        let places = bytes.withUnsafeBytes { raw in
            (0..<raw.count / Self.placeBytes).map {
                let start = $0 * Self.placeBytes
                func field(_ number: Int) -> UInt64 {
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start + 8 * number, as: UInt64.self))
                }
                return Place(sequence: field(0), offset: field(1), beginning: SIMD2(field(2), field(3)))
            }
        }
        let isInOrder = zip(places, places.dropFirst()).allSatisfy {
            $0.sequence < $1.sequence && $0.offset < $1.offset
        }
        return isInOrder ? places : []
    }

    /// Takes away all but the first `count`: those that a tape which was cut has no more.
    func keep(_ count: Int) { try? PosixFile(path, .update).truncate(to: count * Self.placeBytes) }

    /// Adds one behind the first `count`, if the disk has room for it; what was there is no more.
    func append(_ place: Place, after count: Int) {
        do throws(SystemCallError) {
            let file = try PosixFile(path, .updateOrCreate)
            try file.truncate(to: count * Self.placeBytes)
            try file.write(Self.bytes(place), at: count * Self.placeBytes)
        } catch {
            // What is missing of a hint is not missed.
        }
    }

    /// Of a record that begins with these bytes; nil of fewer than 16.
    static func beginning(_ bytes: [UInt8]) -> SIMD2<UInt64>? {
        guard bytes.count >= 16 else { return nil }
        return bytes.withUnsafeBytes { raw in
            SIMD2(
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    private static func bytes(_ place: Place) -> [UInt8] {
        [place.sequence, place.offset, place.beginning.x, place.beginning.y].flatMap { field in
            withUnsafeBytes(of: field.littleEndian) { Array($0) }
        }
    }
}

extension TapeFile {
    /// Goes on at the last place of the index that is not behind record `sequence`, and does nothing when there is none
    /// that holds.
    /// - Returns: the number of the record there, and of the places up to it.
    mutating func seek(
        near sequence: UInt64, _ places: [TapeIndex.Place]
    ) throws(TapeError) -> (sequence: UInt64, placeCount: Int)? {
        guard let last = places.lastIndex(where: { $0.sequence <= sequence }) else { return nil }
        var place = last
        while true {
            let entry = places[place]
            if try beginning(at: entry.offset) == entry.beginning {
                try seek(to: entry.offset)
                return (entry.sequence, place + 1)
            }
            guard place > 0 else { return nil }
            place -= 1
        }
    }

    /// The first 16 bytes there; nil where the file has none.
    private func beginning(at offset: UInt64) throws(TapeError) -> SIMD2<UInt64>? {
        guard let at = Int(exactly: offset) else { return nil }
        let bytes = try TapeError.system { () throws(SystemCallError) in
            try PosixFile(path, .read).read(at: at, count: 16)
        }
        return TapeIndex.beginning(bytes)
    }
}
