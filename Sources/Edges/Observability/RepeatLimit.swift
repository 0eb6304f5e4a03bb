import Units

/// Lets a message through a few times a second, and counts what it holds back.
struct RepeatLimit {
    /// Lines of one message in one second.
    static let mostPerSecond = 5
    /// Messages that are told apart; when there are more, all begin anew.
    private static let mostMessages = 1_024

    private struct Window {
        var start: Nanoseconds
        var shown: Int
        var heldBack: Int
    }

    private var windows: [String: Window] = [:]

    /// Nil when the message is held back; else how many like it were before this one.
    mutating func admit(_ message: String, now: Nanoseconds) -> Int? {
        guard var window = windows[message] else {
            if windows.count >= Self.mostMessages { windows.removeAll(keepingCapacity: true) }
            windows[message] = Window(start: now, shown: 1, heldBack: 0)
            return 0
        }
        defer { windows[message] = window }
        if now - window.start >= .seconds(1) {
            let heldBack = window.heldBack
            window = Window(start: now, shown: 1, heldBack: 0)
            return heldBack
        }
        guard window.shown < Self.mostPerSecond else {
            window.heldBack += 1
            return nil
        }
        window.shown += 1
        return 0
    }
}
