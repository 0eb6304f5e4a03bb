import DBN
import Units

/// The streams of a session, by the order in which a tape takes records of one instant.
public enum SyntheticStream: Int, CaseIterable, Sendable {
    case definition, status, statistics
    /// MBP-10 of the signal contract (ES) and of the traded one (MES).
    case signal, traded
    /// MBP-1 of the options on the signal contract.
    case options
}

/// A synthetic session, one record at a time, in order of receive time: a function of its parameters and nothing else.
///
/// Both books follow one latent price (`LatentPath`); event groups arrive in clusters (`ArrivalProcess`) and are chosen
/// by the queues (`OrderFlow`); options are quoted around a smile (`SyntheticSmile`) at the mid of ES. Nothing is
/// allocated after `init`, which takes some tenths of a second for a whole day.
/// What it is calibrated to and what it assumes: docs/synthetic-session.md.
public struct SessionGenerator: ~Copyable {
    /// The largest record, a definition.
    public static let recordByteCountMax = RecordByteCount.instrumentDefinition

    public let parameters: SessionParameters
    private let path: LatentPath
    private let reference: ReferenceRecords
    private var referenceIndex = 0
    private var signal: InstrumentStream
    private var traded: InstrumentStream
    private var options: OptionStream
    private let hasTraded: Bool

    /// - Precondition: the rate is positive, and the window lies within the session and is not empty.
    /// - Throws: `textNotEncodable` when a symbol is not ASCII or too long.
    public init(_ parameters: SessionParameters) throws(DBNError) {
        let window = parameters.window
        precondition(parameters.rate > 0, "a rate is positive")
        precondition(
            window.start >= DayShape.openSecond && window.end <= DayShape.closeSecond && window.start < window.end,
            "a window lies within the session")
        self.parameters = parameters
        let path = LatentPath(seed: parameters.seed, end: window.end)
        let last = Ticks(
            parameters.openingPrice.count
                + Int64(path.price(ReferenceRecords.settlementSecond - DayShape.openSecond).rounded()))
        do {
            reference = try ReferenceRecords(parameters, settlement: last)
        } catch {
            path.deallocate()
            throw error
        }
        self.path = path
        hasTraded = parameters.traded != nil
        signal = InstrumentStream(parameters, parameters.signal, profile: .signal, path: path)
        traded = InstrumentStream(parameters, parameters.traded ?? parameters.signal, profile: .traded, path: path)
        options = OptionStream(parameters, path: path)
    }

    deinit {
        path.deallocate()
        signal.deallocate()
        traded.deallocate()
        options.deallocate()
    }

    /// Writes the next record to `record`, which has room for `recordByteCountMax` bytes, and says whose it is and how
    /// long; nil at the end. About half a microsecond.
    public mutating func next(into record: UnsafeMutableRawPointer) -> (stream: SyntheticStream, byteCount: Int)? {
        while true {
            let book = min(signal.receiveTime, hasTraded ? traded.receiveTime : .max, options.receiveTime)
            if referenceIndex < reference.entries.count && reference.entries[referenceIndex].receiveTime <= book {
                return nextReference(into: record)
            }
            guard book != .max else { return nil }
            if signal.receiveTime == book {
                if signal.next(into: record, otherMid: nil) { return (.signal, RecordByteCount.mbp10) }
            } else if hasTraded && traded.receiveTime == book {
                if traded.next(into: record, otherMid: signal.mid) { return (.traded, RecordByteCount.mbp10) }
            } else if options.next(into: record, mid: signal.mid) {
                return (.options, RecordByteCount.mbp1)
            }
        }
    }

    /// Seconds from 00:00 ET of the record that comes next: how far the session has got.
    public var position: Double {
        let next = min(signal.receiveTime, hasTraded ? traded.receiveTime : .max)
        guard next != .max else { return parameters.window.end }
        return (Timestamp(nanoseconds: next) - parameters.midnight).seconds
    }

    private mutating func nextReference(
        into record: UnsafeMutableRawPointer
    ) -> (stream: SyntheticStream, byteCount: Int) {
        let stream = reference.entries[referenceIndex].stream
        let count = reference.entries[referenceIndex].bytes.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: record, count: $0.count).copyMemory(from: $0)
            return $0.count
        }
        referenceIndex += 1
        return (stream, count)
    }
}
