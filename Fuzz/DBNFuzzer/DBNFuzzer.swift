import DBN
import Units

/// libFuzzer's entry. The first byte chooses how the rest is decoded, the next four how it is split.
///
/// Checked of every input: no trap and no wild read (by the sanitizer); the same events and the same error however the
/// bytes are split; decoded metadata encodes to what decodes to it again; an upgraded record goes down to its version,
/// unless it is refused, and comes up again with the same fields; every record can be written as JSON and CSV.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDBN(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let data, count > 5 else { return 0 }
    let options = FuzzOptions(data[0])
    let seed = UnsafeRawPointer(data).loadUnaligned(fromByteOffset: 1, as: UInt32.self)
    let stream = Array(UnsafeBufferPointer(start: data + 5, count: count - 5))
    let whole = FuzzedStream(stream, options) { .max }
    var state = UInt64(seed)
    let split = FuzzedStream(stream, options) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int(state >> 33) % (seed % 3 == 0 ? 7 : 300)
    }
    precondition(whole.events == split.events, "a split changed the events")
    precondition(whole.error == split.error, "a split changed the error")
    if let metadata = whole.metadata { checkMetadata(metadata) }
    for record in whole.records { checkRecord(record, options, whole) }
    return 0
}

struct FuzzOptions {
    let policy: UpgradePolicy
    let fragmentVersion: UInt8?
    let fragmentHasSendTime: Bool

    init(_ byte: UInt8) {
        policy = byte & 1 == 0 ? .toVersion3 : .asIs
        let version = byte >> 1 & 3
        fragmentVersion = version == 0 ? nil : version
        fragmentHasSendTime = byte & 8 != 0
    }
}

/// All that a decoder makes of a stream that arrives in pieces.
struct FuzzedStream {
    /// Kind, type and bytes of each event, one after the other.
    var events: [UInt8] = []
    var records: [[UInt8]] = []
    var metadata: DBNMetadata?
    var error: DBNError?
    var recordVersion: UInt8 = 3
    var sourceVersion: UInt8 = 3
    var hasSendTime = false

    init(_ stream: [UInt8], _ options: FuzzOptions, nextPiece: () -> Int) {
        var decoder = DBNDecoder(
            upgrade: options.policy, fragmentVersion: options.fragmentVersion,
            fragmentHasSendTime: options.fragmentHasSendTime)
        var pending: [UInt8] = []
        var position = 0
        do {
            while position < stream.count {
                let end = position + min(stream.count - position, nextPiece())
                pending += stream[position..<end]
                position = end
                var consumed = 0
                try pending.withUnsafeBytes { bytes in
                    while try step(&decoder, UnsafeRawBufferPointer(rebasing: bytes[consumed...]), &consumed) {}
                }
                pending.removeFirst(consumed)
            }
            try decoder.finish(remaining: pending.count)
        } catch let failure as DBNError {
            error = failure
        } catch {
            preconditionFailure("only DBNError is thrown")
        }
        metadata = decoder.metadata
        recordVersion = decoder.recordVersion ?? 3
        sourceVersion = decoder.sourceVersion ?? 3
        hasSendTime = decoder.hasSendTime
    }

    private mutating func step(
        _ decoder: inout DBNDecoder, _ input: UnsafeRawBufferPointer, _ consumed: inout Int
    ) throws(DBNError) -> Bool {
        switch try decoder.decode(input) {
        case .needMore(let bytes):
            precondition(bytes > input.count, "asks for more than there is")
            return false
        case .metadata(let count):
            precondition(count <= input.count, "consumes no more than there is")
            events.append(0)
            consumed += count
        case .record(let record, let count):
            precondition(count <= input.count, "consumes no more than there is")
            let bytes = Array(UnsafeRawBufferPointer(start: record.bytes, count: record.byteCount))
            events.append(1)
            events += bytes
            records.append(bytes)
            consumed += count
        case .skipped(let rtype, let count):
            precondition(count <= input.count, "consumes no more than there is")
            events += [2, rtype]
            consumed += count
        }
        return true
    }
}

func checkMetadata(_ metadata: DBNMetadata) {
    var bytes: [UInt8] = []
    // Other writers' metadata may hold texts that are longer than ours or not ASCII.
    guard (try? metadata.encode(into: &bytes)) != nil else { return }
    var decoder = DBNDecoder(upgrade: .asIs)
    let step = bytes.withUnsafeBytes { try? decoder.decode($0) }
    guard case .metadata(bytes.count) = step else { preconditionFailure("our metadata decodes") }
    precondition(decoder.metadata == metadata, "decodes to what was encoded")
}

func checkRecord(_ bytes: [UInt8], _ options: FuzzOptions, _ stream: FuzzedStream) {
    bytes.withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress else { preconditionFailure("a record has bytes") }
        let record = RecordView(start)
        guard let fields = RecordFields(record, version: stream.recordVersion, hasSendTime: stream.hasSendTime) else {
            preconditionFailure("a decoded record has its fields")
        }
        var text: [UInt8] = []
        fields.appendJSONLine(to: &text)
        fields.appendCSVRow(to: &text)
        precondition(record.receiveTime.nanoseconds != 1 || !text.isEmpty)
        // The same in every version: nothing to convert.
        guard fields.layout.isSame(in: 1, and: 3) == false else { return }
        for version in UInt8(1)...3 {
            checkConversion(record, fields, from: stream.recordVersion, to: version, stream)
        }
    }
}

/// To `version` and back up to 3: the same as up to 3 at once.
func checkConversion(
    _ record: RecordView, _ fields: RecordFields, from source: UInt8, to version: UInt8, _ stream: FuzzedStream
) {
    let hasSendTime = stream.hasSendTime
    guard let down = encode(record, from: source, to: version, hasSendTime) else {
        precondition(version < source, "an upgrade is never refused")
        return
    }
    guard let direct = encode(record, from: source, to: 3, hasSendTime),
        let again = down.withUnsafeBytes({ buffer in
            buffer.baseAddress.flatMap { encode(RecordView($0), from: version, to: 3, hasSendTime) }
        })
    else { preconditionFailure("an upgrade is never refused") }
    direct.withUnsafeBytes { direct in
        again.withUnsafeBytes { again in
            guard let direct = direct.baseAddress, let again = again.baseAddress,
                let expected = RecordFields(RecordView(direct), hasSendTime: hasSendTime),
                let actual = RecordFields(RecordView(again), hasSendTime: hasSendTime)
            else { preconditionFailure("a converted record has its fields") }
            let droppable = Set(expected.layout.fields.filter(\.isDroppable).map(\.name))
            let lost = Set(actual.differences(from: expected))
            precondition(lost.isSubset(of: version < source ? droppable : []), "a conversion changed \(lost)")
        }
    }
}

/// One for each pair of versions, without and with send times: making them costs more than using them. libFuzzer has
/// one thread.
nonisolated(unsafe) let encoders: [DBNEncoder] = [false, true].flatMap { hasSendTime in
    (UInt8(1)...3).flatMap { source in
        (UInt8(1)...3).map { DBNEncoder(version: $0, inputVersion: source, hasSendTime: hasSendTime) }
    }
}

func encode(_ record: RecordView, from source: UInt8, to version: UInt8, _ hasSendTime: Bool) -> [UInt8]? {
    var output: [UInt8] = []
    let encoder = encoders[(hasSendTime ? 9 : 0) + 3 * Int(source - 1) + Int(version - 1)]
    do {
        try encoder.encode(record, into: &output)
    } catch {
        guard case .notRepresentable = error else { preconditionFailure("\(error)") }
        precondition(output.isEmpty, "nothing is appended when a record is refused")
        return nil
    }
    return output
}
