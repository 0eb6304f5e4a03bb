import DBN
import Units

/// The records of a session that are not book records: definitions, statuses, statistics. Few, made at the start.
struct ReferenceRecords {
    struct Entry {
        var receiveTime: UInt64
        var stream: SyntheticStream
        var bytes: [UInt8]
    }

    /// In the order in which they are received; of equal times, in the order of tapes.
    private(set) var entries: [Entry] = []

    init(_ parameters: SessionParameters, settlement: Ticks) {
        let contracts = [parameters.signal] + (parameters.traded.map { [$0] } ?? [])
        let preOpen = parameters.instant(DayShape.openSecond - 900).nanoseconds
        for contract in contracts {
            add(.definition, preOpen, Self.definition(parameters, contract, at: preOpen))
            addStatistics(parameters, contract, at: preOpen, settlement: settlement)
            addStatuses(parameters, contract, at: preOpen)
        }
        entries.sort { ($0.receiveTime, $0.stream.rawValue) < ($1.receiveTime, $1.stream.rawValue) }
    }

    private mutating func add(_ stream: SyntheticStream, _ receiveTime: UInt64, _ bytes: [UInt8]) {
        entries.append(Entry(receiveTime: receiveTime, stream: stream, bytes: bytes))
    }

    // MARK: Statuses

    private mutating func addStatuses(_ parameters: SessionParameters, _ contract: SyntheticContract, at preOpen: UInt64) {
        let scheduled: UInt16 = 1
        let marketEvent: UInt16 = 3
        func status(_ second: Double, action: UInt16, reason: UInt16, isTrading: Bool, isQuoting: Bool) {
            let time = parameters.instant(second).nanoseconds
            var record = RecordBytes(.status, count: 40, contract.instrumentID, eventTime: time)
            record.store(time &+ 95_000, at: 16)
            record.store(action, at: 24)
            record.store(reason, at: 26)
            record.store(yesNo(isTrading), at: 30)
            record.store(yesNo(isQuoting), at: 31)
            record.store(UInt8(ascii: "~"), at: 32)
            add(.status, time &+ 95_000, record.bytes)
        }
        let window = parameters.window
        status(DayShape.openSecond - 900, action: 1, reason: scheduled, isTrading: false, isQuoting: true)
        status(DayShape.openSecond - 30, action: 1, reason: scheduled, isTrading: false, isQuoting: true)
        // Received before the first book record of that instant: the open is known when trading starts.
        status(DayShape.openSecond - 1e-3, action: 7, reason: scheduled, isTrading: true, isQuoting: true)
        for halt in parameters.halts where halt.start < window.end {
            status(halt.start, action: 8, reason: marketEvent, isTrading: false, isQuoting: false)
            status(halt.end - 1e-3, action: 7, reason: marketEvent, isTrading: true, isQuoting: true)
        }
        if window.end >= DayShape.closeSecond {
            status(DayShape.closeSecond, action: 12, reason: scheduled, isTrading: false, isQuoting: false)
        }
    }

    // MARK: Statistics

    private mutating func addStatistics(
        _ parameters: SessionParameters, _ contract: SyntheticContract, at preOpen: UInt64, settlement: Ticks
    ) {
        let isMicro = contract.multiplier < 50
        func statistic(
            _ second: Double, type: UInt16, price: Int64 = .max, quantity: Int64 = .max, flags: UInt8, reference: UInt64
        ) {
            let time = parameters.instant(second).nanoseconds
            var record = RecordBytes(.statistics, count: 80, contract.instrumentID, eventTime: time)
            record.store(time &+ 90_000, at: 16)
            record.store(reference, at: 24)
            record.store(price, at: 32)
            record.store(quantity, at: 40)
            record.store(UInt32(entries.count + 1), at: 48)
            record.store(Int32(14_000), at: 52)
            record.store(type, at: 56)
            record.store(UInt16(0), at: 58)
            record.store(UInt8(1), at: 60)
            record.store(flags, at: 61)
            add(.statistics, time &+ 90_000, record.bytes)
        }
        let previous = parameters.previousTradeDate.nanoseconds
        let before = DayShape.openSecond - 890
        // The previous day: final settlement, cleared volume, open interest. Round numbers, not measured.
        statistic(
            before, type: 3, price: parameters.openingPrice.count * 250_000_000, flags: 0b11, reference: previous)
        statistic(before, type: 6, quantity: isMicro ? 1_100_000 : 1_300_000, flags: 0x80, reference: previous)
        statistic(before, type: 9, quantity: isMicro ? 170_000 : 2_050_000, flags: 0x80, reference: previous)
        let today = parameters.instant(0).nanoseconds / 86_400_000_000_000 * 86_400_000_000_000
        if parameters.window.end >= 58_500 {
            // The preliminary settlement of the day comes a quarter of an hour after 16:00.
            statistic(58_500, type: 3, price: settlement.count * 250_000_000, flags: 0b10, reference: today)
        }
    }

    // MARK: Definitions

    private static func definition(
        _ parameters: SessionParameters, _ contract: SyntheticContract, at preOpen: UInt64
    ) -> [UInt8] {
        var record = RecordBytes(.instrumentDefinition, count: 520, contract.instrumentID, eventTime: preOpen - 1_000_000)
        let reference = parameters.openingPrice.count * 250_000_000
        // 7 % of the reference, on the grid: the exchange's limits outside regular hours.
        let limit = parameters.openingPrice.count * 7 / 100 * 250_000_000
        let prices: [(Int, Int64)] = [
            (24, 250_000_000), (32, 10_000_000), (56, reference + limit), (64, reference - limit), (72, 6_000_000_000),
            (80, contract.multiplier * 1_000_000_000), (88, contract.multiplier * 2_500_000), (96, .max), (104, .max),
            (120, .max), (128, .max),
        ]
        record.store(preOpen, at: 16)
        record.store(contract.expiration.nanoseconds, at: 40)
        record.store(contract.activation.nanoseconds, at: 48)
        for (offset, value) in prices { record.store(value, at: offset) }
        record.store(UInt64(contract.instrumentID.raw), at: 112)
        let words: [(Int, Int32)] = [
            (136, 270_351), (148, 10), (152, 64), (156, 3_000), (172, 1), (176, .max), (180, .max), (184, .max),
        ]
        for (offset, value) in words { record.store(value, at: offset) }
        record.store(Int16(310), at: 212)
        record.store(contract.maturityYear, at: 214)
        record.store(UInt16.max, at: 216)
        record.store(UInt16(0), at: 218)
        let texts: [(Int, String)] = [
            (224, "USD"), (238, contract.symbol), (309, contract.root), (330, "XCME"), (335, contract.root),
            (346, "FFIXSX"), (353, "FUT"), (360, "IPNT"), (487, "F"), (488, "F"), (493, "A"), (497, "N"), (501, " "),
            (502, "N"),
        ]
        for (offset, text) in texts { record.store(text, at: offset) }
        let bytes: [(Int, UInt8)] = [
            (489, .max), (490, .max), (491, .max), (492, 5), (494, contract.maturityMonth), (495, .max), (496, .max),
            (498, 127), (499, 127), (500, .max),
        ]
        for (offset, value) in bytes { record.store(value, at: offset) }
        return record.bytes
    }
}

private func yesNo(_ value: Bool) -> UInt8 { value ? UInt8(ascii: "Y") : UInt8(ascii: "N") }

/// A record under construction, of DBN version 3: zeros but for what is stored. Offsets are those of the specification.
private struct RecordBytes {
    private(set) var bytes: [UInt8]

    init(_ type: RecordType, count: Int, _ instrument: InstrumentID, eventTime: UInt64) {
        bytes = [UInt8](repeating: 0, count: count)
        store(UInt8(count / 4), at: 0)
        store(type.rawValue, at: 1)
        // GLBX.MDP3.GLBX
        store(UInt16(1), at: 2)
        store(instrument.raw, at: 4)
        store(eventTime, at: 8)
    }

    mutating func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self) }
    }

    mutating func store(_ text: String, at offset: Int) {
        for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
    }
}
