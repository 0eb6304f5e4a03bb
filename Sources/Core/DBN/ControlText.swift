/// Version 1 of DBN has no codes in its system and error messages. These are the texts from which Databento's own
/// decoder tells the code when it upgrades them; any other text gets the code "unset".
enum ControlText {
    static let unset: UInt8 = 0xFF

    static func systemCode(_ text: UnsafeRawBufferPointer) -> UInt8 {
        if text.elementsEqual("Heartbeat".utf8) { return SystemCode.heartbeat.rawValue }
        if begins(text, "Subscription request "), ends(text, " succeeded") {
            return SystemCode.subscriptionAcknowledged.rawValue
        }
        if begins(text, "Warning: slow reading") { return SystemCode.slowReaderWarning.rawValue }
        if begins(text, "Finished "), ends(text, " replay") { return SystemCode.replayCompleted.rawValue }
        if begins(text, "End of interval for ") { return SystemCode.endOfInterval.rawValue }
        return unset
    }

    static func errorCode(_ text: UnsafeRawBufferPointer) -> UInt8 {
        if text.elementsEqual("User or API key deactivated".utf8) { return ErrorCode.keyDeactivated.rawValue }
        if text.elementsEqual("User has reached their open connection limit".utf8) {
            return ErrorCode.connectionLimitExceeded.rawValue
        }
        if begins(text, "Failed to resolve symbol") { return ErrorCode.symbolResolutionFailed.rawValue }
        if text.elementsEqual("Internal error".utf8) { return ErrorCode.internalError.rawValue }
        if begins(text, "Slow client detected for ") { return ErrorCode.skippedRecordsAfterSlowReading.rawValue }
        return unset
    }

    private static func begins(_ text: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { text.starts(with: $0) }
    }

    private static func ends(_ text: UnsafeRawBufferPointer, _ suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { text.count >= $0.count && text.suffix($0.count).elementsEqual($0) }
    }
}
