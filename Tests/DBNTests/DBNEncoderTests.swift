import DBN
import Determinism
import Testing
import Units

@Suite struct DBNEncoderTests {
    /// Decodes a fragment, upgraded, and gives its only record.
    private func upgraded(_ bytes: [UInt8], from version: UInt8) throws -> [UInt8] {
        let stream = DecodedStream(bytes, with: DBNDecoder(fragmentVersion: version))
        #expect(stream.error == nil)
        return try #require(stream.records.first)
    }

    private func encoded(_ bytes: [UInt8], from inputVersion: UInt8 = 3, to version: UInt8) throws -> [UInt8] {
        var output: [UInt8] = []
        try withRecord(bytes) { try DBNEncoder(version: version, inputVersion: inputVersion).encode($0, into: &output) }
        return output
    }

    @Test(arguments: RecordType.known)
    func `a record of the same version passes byte for byte, whatever its bytes`(type: RecordType) throws {
        var generator = SeededGenerator(seed: 9)
        for version in UInt8(1)...3 {
            let bytes = RecordBytes.random(type, version: version, extraWords: 3, &generator)
            #expect(try encoded(bytes, from: version, to: version) == bytes)
        }
    }

    @Test(arguments: RecordType.known, [UInt8(1), 2])
    func `what was upgraded goes down again to a record with the same fields`(type: RecordType, version: UInt8) throws {
        for seed in UInt64(0)..<20 {
            var generator = SeededGenerator(seed: seed)
            let old = RecordBytes.random(type, version: version, &generator)
            let new = try upgraded(old, from: version)
            let again: [UInt8]
            do {
                again = try encoded(new, to: version)
            } catch let error as DBNError {
                // A text that fills its field to the last byte has no room for the final NUL.
                guard case .notRepresentable(let field, _, _) = error else { throw error }
                let isText = DBNRecordLayout.of(type)?.field(field)?.kind == .text
                #expect(isText, "seed \(seed): \(error)")
                continue
            }
            let lost: Set = [
                "trading_reference_price", "trading_reference_date", "md_security_trading_status", "settl_price_type",
            ]
            try withRecord(old) { old in
                try withRecord(again) { again in
                    let before = try #require(RecordFields(old, version: version))
                    let after = try #require(RecordFields(again, version: version))
                    let differences = Set(after.differences(from: before)).subtracting(lost)
                    #expect(differences.isEmpty, "\(type.name) seed \(seed)")
                }
            }
        }
    }

    @Test func `an undefined quantity stays undefined and one too large is refused`() throws {
        var record = StatisticsRecord(header: Self.header, receiveTime: .undefined, type: .openInterest)
        for (quantity, old) in [
            (Int64.max, Int32.max), (5, 5), (-5, -5), (Int64(Int32.min), .min), (Int64(Int32.max) - 1, .max - 1),
        ] {
            record.quantity = quantity
            let bytes = written { record.write(to: $0) }
            let down = try encoded(bytes, to: 2)
            #expect(down.count == 64)
            withRecord(down) { #expect($0.load(40, as: Int32.self) == old) }
            #expect(try upgraded(down, from: 2) == bytes)
        }
        for quantity in [Int64(Int32.max), Int64(Int32.max) + 1, Int64(Int32.min) - 1, .min] {
            record.quantity = quantity
            let bytes = written { record.write(to: $0) }
            for version in UInt8(1)...2 {
                #expect(throws: DBNError.notRepresentable(field: "quantity", rtype: 0x18, version: version)) {
                    try encoded(bytes, to: version)
                }
            }
        }
    }

    @Test func `a definition with legs, a long symbol or a wide id has no place in older versions`() throws {
        var definition = InstrumentDefinitionRecord(
            header: Self.header, receiveTime: .undefined, rawSymbol: String(repeating: "A", count: 21),
            instrumentClass: .future)
        definition.asset = "SIXCHR"
        let plain = try written { try definition.write(to: $0) }
        #expect(try encoded(plain, to: 1).count == 360)
        #expect(try encoded(plain, to: 2).count == 400)
        #expect(try upgraded(encoded(plain, to: 1), from: 1) == plain)
        #expect(try upgraded(encoded(plain, to: 2), from: 2) == plain)

        var legs = plain
        legs[220] = 2
        #expect(throws: DBNError.notRepresentable(field: "leg_count", rtype: 0x13, version: 2)) {
            try encoded(legs, to: 2)
        }
        definition.rawInstrumentID = 1 << 32
        let wide = try written { try definition.write(to: $0) }
        #expect(throws: DBNError.notRepresentable(field: "raw_instrument_id", rtype: 0x13, version: 2)) {
            try encoded(wide, to: 2)
        }
        definition.rawInstrumentID = 0
        definition.rawSymbol += "B"
        let long = try written { try definition.write(to: $0) }
        #expect(try encoded(long, to: 2).count == 400)
        #expect(throws: DBNError.notRepresentable(field: "raw_symbol", rtype: 0x13, version: 1)) {
            try encoded(long, to: 1)
        }
        definition.rawSymbol = "ES"
        definition.asset = "SEVENCH"
        let asset = try written { try definition.write(to: $0) }
        #expect(throws: DBNError.notRepresentable(field: "asset", rtype: 0x13, version: 2)) {
            try encoded(asset, to: 2)
        }
    }

    @Test func `an unknown type passes within its version and is refused between versions`() throws {
        let bytes = RecordBytes.unknown(rtype: 0xEE, words: 5)
        #expect(try encoded(bytes, to: 3) == bytes)
        #expect(throws: DBNError.notRepresentable(field: "rtype", rtype: 0xEE, version: 1)) {
            try encoded(bytes, to: 1)
        }
    }

    @Test func `nothing is appended when a record is refused`() throws {
        var record = StatisticsRecord(header: Self.header, receiveTime: .undefined, type: .openInterest)
        record.quantity = 1 << 40
        let bytes = written { record.write(to: $0) }
        var output: [UInt8] = [7]
        let encoder = DBNEncoder(version: 1)
        withRecord(bytes) { record in
            _ = #expect(throws: DBNError.self) { try encoder.encode(record, into: &output) }
        }
        #expect(output == [7])
    }

    /// Texts of version 1 and the codes that Databento's decoder gives them (databento-dbn 0.70).
    static let systemTexts: [(String, UInt8)] = [
        ("Heartbeat", 0), ("Heartbeat ", 255), ("heartbeat", 255), ("Subscription request 5 for mbo data succeeded", 1),
        ("Subscription request  succeeded", 1), ("Subscription requestX succeeded", 255),
        ("Subscription request 5 for mbo data succeeded!", 255), ("Warning: slow reading", 2),
        ("Warning: slow reading, not keeping pace with cbbo-1s data", 2), ("Warning: slow readin", 255),
        ("Finished ohlcv-1s replay", 3), ("Finished replay", 3), ("Finishedreplay", 255), ("FinishedX replay", 255),
        ("Subscription request 5 for mbo xsucceeded", 255), ("Finished x replay!", 255),
        ("End of interval for bbo-1s", 4), ("End of interval for ", 4), ("End of interval for", 255), ("", 255),
    ]

    @Test(arguments: systemTexts)
    func `a system message of version 1 gets its code from its text`(text: String, code: UInt8) throws {
        let record = try upgraded(Self.message(0x17, text), from: 1)
        withRecord(record) {
            #expect($0.systemMessage.code.rawValue == code)
            #expect($0.systemMessage.message == text)
        }
        #expect(try encoded(record, to: 1) == Self.message(0x17, text))
    }

    static let errorTexts: [(String, UInt8)] = [
        ("User or API key deactivated", 2), ("User or API key deactivated.", 255),
        ("User has reached their open connection limit", 3), ("Failed to resolve symbol", 4),
        ("Failed to resolve symbols: X", 4), ("Failed to resolve", 255), ("Internal error", 6),
        ("Internal error: x", 255), ("Slow client detected for mbo", 7), ("Slow client detected for", 255),
        ("Authentication failed", 255),
    ]

    @Test(arguments: errorTexts)
    func `an error message of version 1 gets its code from its text`(text: String, code: UInt8) throws {
        let record = try upgraded(Self.message(0x15, text), from: 1)
        withRecord(record) {
            #expect($0.errorMessage.code.rawValue == code)
            #expect($0.errorMessage.isLast == 0xFF)
            #expect($0.errorMessage.message == text)
        }
    }

    static let header = RecordHeader(
        publisherID: 1, instrumentID: InstrumentID(42), eventTime: Timestamp(nanoseconds: 99))

    /// A version 1 system or error message.
    static func message(_ rtype: UInt8, _ text: String) -> [UInt8] {
        [20, rtype] + [UInt8](repeating: 0, count: 14) + Array(text.utf8)
            + [UInt8](repeating: 0, count: 64 - text.utf8.count)
    }
}
