import Foundation
import Platform
import TestSupport
import Testing
import Units
import ZeroMQ

extension Scratch {
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
