import Units

extension DBNMetadata {
    /// Reads whole metadata, from `DBN` to the end that its length states.
    /// - Throws: what does not hold together, with offsets from the beginning.
    init(decoding bytes: UnsafeRawBufferPointer) throws(DBNError) {
        var reader = MetadataReader(bytes: bytes)
        version = bytes[3]
        let isFirst = version == 1
        let stypes = isFirst ? 58 : 50
        dataset = try reader.text(at: 8, byteCount: Self.datasetByteCount)
        let schema = reader.load(24, as: UInt16.self)
        self.schema = schema == .max ? nil : Schema(rawValue: schema)
        start = Timestamp(nanoseconds: reader.load(26, as: UInt64.self))
        let end = Timestamp(nanoseconds: reader.load(34, as: UInt64.self))
        self.end = end.isDefined ? end : nil
        let limit = reader.load(42, as: UInt64.self)
        self.limit = limit == 0 ? nil : limit
        stypeIn = Self.symbolType(bytes[stypes])
        stypeOut = Self.symbolType(bytes[stypes + 1])
        hasSendTime = bytes[stypes + 2] != 0
        reader.symbolByteCount = isFirst ? Self.symbolByteCountV1 : Int(reader.load(53, as: UInt16.self))
        // With no room for a character a few bytes could claim billions of symbols.
        guard reader.symbolByteCount >= 2 else { throw .symbolLength(reader.symbolByteCount) }
        let definition = Int(reader.load(108, as: UInt32.self))
        guard definition == 0 else { throw .schemaDefinition(byteCount: definition) }
        reader.position = Self.variablePartOffset
        symbols = try reader.symbols()
        partial = try reader.symbols()
        notFound = try reader.symbols()
        mappings = try reader.mappings()
    }

    private static func symbolType(_ byte: UInt8) -> SymbolType? {
        byte == SymbolType.noneRawValue ? nil : SymbolType(rawValue: byte)
    }
}

/// Walks the variable part. Every count is checked against the bytes left before anything is allocated for it.
private struct MetadataReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    var symbolByteCount = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func load<T: BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
        bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    func text(at offset: Int, byteCount: Int) throws(DBNError) -> String {
        let field = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + byteCount])
        guard let text = String(validating: field.prefix { $0 != 0 }, as: UTF8.self) else {
            throw .invalidText(offset: offset)
        }
        return text
    }

    /// The number of entries of at least `entryByteCount` bytes that follow.
    mutating func count(entryByteCount: Int) throws(DBNError) -> Int {
        let offset = position
        guard bytes.count - position >= 4 else {
            throw .metadataList(offset: offset, count: 0, remaining: bytes.count - position)
        }
        let count = Int(load(position, as: UInt32.self))
        position += 4
        let remaining = bytes.count - position
        guard count <= remaining / entryByteCount else {
            throw .metadataList(offset: offset, count: count, remaining: remaining)
        }
        return count
    }

    mutating func symbol() throws(DBNError) -> String {
        let text = try text(at: position, byteCount: symbolByteCount)
        position += symbolByteCount
        return text
    }

    mutating func symbols() throws(DBNError) -> [String] {
        let count = try count(entryByteCount: symbolByteCount)
        var symbols: [String] = []
        symbols.reserveCapacity(count)
        for _ in 0..<count { symbols.append(try symbol()) }
        return symbols
    }

    mutating func mappings() throws(DBNError) -> [SymbolMapping] {
        let count = try count(entryByteCount: symbolByteCount + 4)
        var mappings: [SymbolMapping] = []
        mappings.reserveCapacity(count)
        for _ in 0..<count {
            guard bytes.count - position >= symbolByteCount else {
                throw .metadataList(offset: position, count: 1, remaining: bytes.count - position)
            }
            let rawSymbol = try symbol()
            mappings.append(SymbolMapping(rawSymbol: rawSymbol, intervals: try intervals()))
        }
        return mappings
    }

    private mutating func intervals() throws(DBNError) -> [MappingInterval] {
        let count = try count(entryByteCount: symbolByteCount + 8)
        var intervals: [MappingInterval] = []
        intervals.reserveCapacity(count)
        for _ in 0..<count {
            let startDate = load(position, as: UInt32.self)
            let endDate = load(position + 4, as: UInt32.self)
            position += 8
            intervals.append(MappingInterval(startDate: startDate, endDate: endDate, symbol: try symbol()))
        }
        return intervals
    }
}
