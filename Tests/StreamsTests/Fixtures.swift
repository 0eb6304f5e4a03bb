import Foundation
import Platform
import Testing
import Units
import ZeroMQ

/// A new directory with a short path, for sockets; removed with it.
final class SocketDirectory {
    let path: String

    init() throws {
        let name = String(UInt32.random(in: 0 ... .max), radix: 36)
        path = FileManager.default.temporaryDirectory.appendingPathComponent("lh-\(name)").path
        isOwner = true
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    private let isOwner: Bool

    /// The same directory for another thread, removed by the first.
    init(sharing path: String) throws {
        self.path = path
        isOwner = false
    }

    deinit { if isOwner { try? FileManager.default.removeItem(atPath: path) } }

    func endpoint(_ name: String) -> ZeroMQEndpoint { .ipc(path: "\(path)/\(name).ipc") }
}

/// Repeats `body` until it is true, with pauses, for at most two minutes: what another thread does takes its time.
func eventually(_ what: String, _ body: () throws -> Bool) throws {
    let end = MonotonicClock.now() + .seconds(120)
    while try !body() {
        try #require(MonotonicClock.now() < end, "in two minutes: \(what)")
        usleep(500)
    }
}

var now: Nanoseconds { MonotonicClock.now() }
