import Logging

/// swift-log's way to a `LogWriter`. A value, as that library asks: changing one logger changes no other.
public struct JSONLogHandler: LogHandler {
    private let writer: LogWriter
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    public init(writer: LogWriter, logLevel: Logger.Level = .info) {
        self.writer = writer
        self.logLevel = logLevel
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var merged = metadata
        merged.merge(metadataProvider?.get() ?? [:]) { $1 }
        merged.merge(event.metadata ?? [:]) { $1 }
        writer.add(LogLine(level: event.level, message: "\(event.message)", metadata: merged))
    }
}
