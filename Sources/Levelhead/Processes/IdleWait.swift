import Configuration
import Platform
import Ring
import Units

/// How a process of a run waits when it has nothing to do (`ring.wait`).
///
/// - spin: it never sleeps, and looks at the ring and its sockets again at once: for a core of its own. A gateway that
///   can have none yields (`SpinningCores`).
/// - yield: for a fifth of a millisecond it gives way and looks again; then it sleeps as with park.
/// - park: it sleeps until there is something.
struct IdleWait {
    /// As long as the next record or message of a burst is likely to be near.
    private static let busyTime = Nanoseconds.microseconds(200)

    /// The shortest time between two rehearsals of a group: when something was done meanwhile, and when nothing was.
    private static let coldTime = Nanoseconds.microseconds(30)
    private static let warmTime = Nanoseconds.microseconds(500)

    private let kind: RingWait
    private var idleSince: Nanoseconds?
    /// Something was done since the last rehearsal.
    private var isCold = true
    private var rehearsedAt = Nanoseconds.zero
    /// The same of the next group.
    private var isGroupCold = true
    private var groupRehearsedAt = Nanoseconds.zero
    private let spin: WaitPolicy
    /// The next group is rehearsed.
    let rehearsesGroups: Bool

    /// - Parameters:
    ///   - hasCore: nobody else computes on the core; else who spins gives way each time.
    ///   - rehearsesGroups: where it spins, it has a core that nobody of the run takes, and time for that.
    init(_ kind: RingWait, hasCore: Bool = false, rehearsesGroups: Bool = false) {
        self.kind = kind
        self.rehearsesGroups = rehearsesGroups && kind == .spin
        spin = hasCore ? .spin : WaitPolicy(spins: 20, then: .yield)
    }

    /// Of the risk gateway, the execution gateway or the paper venue, on a thread that may use so many cores.
    static func ofGateway(_ configuration: ResolvedConfiguration, usable: Int = Cores.usable.count) -> IdleWait {
        let isShort = SpinningCores(configuration, usable: usable) != nil
        return IdleWait(isShort ? .yield : configuration.ring.wait)
    }

    /// Something was done.
    mutating func wasBusy() {
        idleSince = nil
        isCold = true
        isGroupCold = true
    }

    /// A rehearsal takes some microseconds: who has no core for itself spends a hundredth of its time on them at most.
    private var rehearsalInterval: Nanoseconds { kind == .spin ? .microseconds(100) : .milliseconds(1) }

    /// What is rare and urgent should be rehearsed now: once when something else was done, by who does not sleep at
    /// once.
    mutating func isRehearsalDue() -> Bool {
        guard isCold, kind != .park else { return false }
        let now = MonotonicClock.now()
        guard now - rehearsedAt >= rehearsalInterval else { return false }
        rehearsedAt = now
        isCold = false
        return true
    }

    /// The same in the midst of work, for who has a core for itself.
    mutating func isRehearsalDueAtWork() -> Bool {
        guard kind == .spin else { return false }
        isCold = true
        return isRehearsalDue()
    }

    /// The next group should be rehearsed now: after something was done, which has taken its place, and again before
    /// caches have lost it.
    mutating func isGroupRehearsalDue() -> Bool {
        let now = MonotonicClock.now()
        guard now - groupRehearsedAt >= (isGroupCold ? Self.coldTime : Self.warmTime) else { return false }
        groupRehearsedAt = now
        isGroupCold = false
        return true
    }

    /// What to do on the ring now; nil when it is time to sleep.
    mutating func policy() -> WaitPolicy? {
        switch kind {
        case .spin: return spin
        case .park: return nil
        case .yield:
            let now = MonotonicClock.now()
            let since = idleSince ?? now
            idleSince = since
            return now - since < Self.busyTime ? .yield : nil
        }
    }
}
