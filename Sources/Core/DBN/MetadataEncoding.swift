import Units

extension DBNMetadata {
    /// Appends the metadata in its own `version`, byte for byte as Databento's encoder writes it.
    /// - Throws: `textNotEncodable`; then nothing was appended.
    /// - Precondition: `version` is 1, 2 or 3.
    public func encode(into output: inout [UInt8]) throws(DBNError) {
        precondition((1...3).contains(version), "DBN has the versions 1, 2 and 3")
        let start = output.count
        do {
            var writer = MetadataWriter(
                output: output, symbolByteCount: version == 1 ? Self.symbolByteCountV1 : Self.symbolByteCount)
            output = []
            defer { output = writer.output }
            try write(to: &writer, from: start)
        } catch {
            output.removeSubrange(start...)
            throw error
        }
    }

    private func write(to writer: inout MetadataWriter, from start: Int) throws(DBNError) {
        writer.output += Self.magic
        writer.append(version)
        writer.append(UInt32(0))
        try writer.text(dataset, byteCount: Self.datasetByteCount)
        writer.append(schema?.rawValue ?? .max)
        writer.append(self.start.nanoseconds)
        writer.append(end?.nanoseconds ?? .max)
        writer.append(limit ?? 0)
        // The record count of version 1, which nobody knows before the end.
        if version == 1 { writer.append(UInt64.max) }
        writer.append(stypeIn?.rawValue ?? SymbolType.noneRawValue)
        writer.append(stypeOut?.rawValue ?? SymbolType.noneRawValue)
        writer.append(UInt8(hasSendTime ? 1 : 0))
        if version > 1 { writer.append(UInt16(Self.symbolByteCount)) }
        // The reserved bytes and the length of the schema definition.
        writer.zeros(Self.variablePartOffset - (writer.output.count - start))
        try writer.symbols(symbols)
        try writer.symbols(partial)
        try writer.symbols(notFound)
        writer.append(UInt32(mappings.count))
        for mapping in mappings { try writer.mapping(mapping) }
        if version == 3 { writer.zeros(-(writer.output.count - start) & 7) }
        let length = UInt32(writer.output.count - start - Self.prefixByteCount)
        for byte in 0..<4 { writer.output[start + 4 + byte] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(byte))) }
    }
}

private struct MetadataWriter {
    var output: [UInt8]
    let symbolByteCount: Int

    mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    mutating func zeros(_ count: Int) { output.append(contentsOf: repeatElement(0, count: count)) }

    mutating func text(_ text: String, byteCount: Int) throws(DBNError) {
        let bytes = text.utf8
        // A NUL inside would end the text there for every reader.
        guard bytes.count < byteCount, bytes.allSatisfy({ $0 != 0 && $0 < 0x80 }) else {
            throw .textNotEncodable(text, byteCountMax: byteCount - 1)
        }
        output.append(contentsOf: bytes)
        zeros(byteCount - bytes.count)
    }

    mutating func symbols(_ symbols: [String]) throws(DBNError) {
        append(UInt32(symbols.count))
        for symbol in symbols { try text(symbol, byteCount: symbolByteCount) }
    }

    mutating func mapping(_ mapping: SymbolMapping) throws(DBNError) {
        try text(mapping.rawSymbol, byteCount: symbolByteCount)
        append(UInt32(mapping.intervals.count))
        for interval in mapping.intervals {
            append(interval.startDate)
            append(interval.endDate)
            try text(interval.symbol, byteCount: symbolByteCount)
        }
    }
}
