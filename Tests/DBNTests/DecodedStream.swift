import DBN

/// Everything a decoder made of a stream: for comparing streams, splits and versions.
struct DecodedStream: Equatable {
    enum Event: Equatable {
        case metadata(DBNMetadata)
        case record([UInt8])
        case skipped(UInt8)
    }

    var events: [Event] = []
    var error: DBNError?

    var records: [[UInt8]] {
        events.compactMap { if case .record(let bytes) = $0 { bytes } else { nil } }
    }

    var metadata: DBNMetadata? {
        events.lazy.compactMap { if case .metadata(let metadata) = $0 { metadata } else { nil } }.first
    }

    /// Feeds `stream` in pieces of the sizes that `nextPiece` gives, keeping what was not consumed.
    init(
        _ stream: [UInt8], with decoder: consuming DBNDecoder = DBNDecoder(), nextPiece: () -> Int = { .max }
    ) {
        var pending: [UInt8] = []
        var position = 0
        do {
            while position < stream.count {
                let end = position + min(stream.count - position, nextPiece())
                pending += stream[position..<end]
                position = end
                let consumed = try pending.withUnsafeBytes { bytes throws(DBNError) in
                    try drain(bytes, &decoder)
                }
                pending.removeFirst(consumed)
            }
            try decoder.finish(remaining: pending.count)
        } catch let failure as DBNError {
            error = failure
        } catch {
            preconditionFailure("only DBNError is thrown")
        }
    }

    private mutating func drain(_ input: UnsafeRawBufferPointer, _ decoder: inout DBNDecoder) throws(DBNError) -> Int {
        var position = 0
        while true {
            switch try decoder.decode(UnsafeRawBufferPointer(rebasing: input[position...])) {
            case .needMore(let bytes):
                precondition(bytes > input.count - position, "asks for more than there is")
                return position
            case .metadata(let consumed):
                if let metadata = decoder.metadata { events.append(.metadata(metadata)) }
                position += consumed
            case .record(let record, let consumed):
                events.append(.record(Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))))
                position += consumed
            case .skipped(let rtype, let consumed):
                events.append(.skipped(rtype))
                position += consumed
            }
        }
    }
}

/// The offset of the first byte in which two buffers differ, or nil: what a failed comparison should print.
func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> Int? {
    if a == b { return nil }
    return zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset ?? min(a.count, b.count)
}
