import DBN
import MarketCalendar
import Platform
import Synthesis

/// Writes a synthetic session to one file a stream.
enum SynthWriter {
    struct Written {
        let path: String
        var records: Int
    }

    /// Fast rather than small: a day of synthetic records is soon made again.
    private static let compressionLevel: Int32 = 1

    /// Generates the session and writes it; the files appear together at the end.
    static func write(_ session: SynthSession, to directory: String) throws -> [Written] {
        try Directory.make(directory)
        try refuseStale(session, in: directory)
        var files: [CompressedFile?] = .init(repeating: nil, count: SyntheticStream.allCases.count)
        var written: [Written?] = .init(repeating: nil, count: files.count)
        for (stream, name) in session.fileNames {
            let path = FilePath.join(directory, name)
            let file = try CompressedFile(path: path, level: compressionLevel)
            var head: [UInt8] = []
            try session.metadata(of: stream).encode(into: &head)
            head.withUnsafeBytes { file.append($0) }
            files[stream.rawValue] = file
            written[stream.rawValue] = Written(path: path, records: 0)
        }
        let counts = try generate(session, into: files)
        // What does not fit shows before the first has its name.
        for file in files { try file?.finish() }
        for file in files { try file?.commit() }
        for index in counts.indices { written[index]?.records = counts[index] }
        return written.compactMap { $0 }
    }

    /// A file of this date that this session would not replace would be read as a part of it.
    private static func refuseStale(_ session: SynthSession, in directory: String) throws {
        let own = Set(session.fileNames.map(\.name))
        let prefix = "synthetic-\(session.tradeDate.yyyymmdd)."
        for name in try Directory.names(in: directory) where name.hasPrefix(prefix) && !own.contains(name) {
            throw SynthFailure.staleFile(FilePath.join(directory, name))
        }
    }

    /// Records by stream.
    private static func generate(_ session: SynthSession, into files: [CompressedFile?]) throws -> [Int] {
        var counts = [Int](repeating: 0, count: files.count)
        let window = session.parameters.window
        var progress = ProgressBar("synth")
        var generator = try SessionGenerator(session.parameters)
        let record = UnsafeMutableRawPointer.allocate(byteCount: SessionGenerator.recordByteCountMax, alignment: 8)
        defer { record.deallocate() }
        var total = 0
        while let (stream, byteCount) = generator.next(into: record) {
            files[stream.rawValue]?.append(UnsafeRawBufferPointer(start: record, count: byteCount))
            counts[stream.rawValue] += 1
            total += 1
            if total & 0xffff == 0 {
                let done = Int(generator.position - window.start)
                progress.update(done: done, of: Int(window.end - window.start), items: total)
            }
        }
        return counts
    }
}
