import CPlatform
import Synchronization

/// Where threads run.
public enum Cores {
    /// Highest number that a core may have.
    private static let numberMax = 1_023

    /// The cores that the calling thread may run on.
    public static var usable: [Int] { (0...numberMax).filter { lh_may_use_core(Int32($0)) != 0 } }

    /// Keeps the calling thread, and those that it will start, off a core.
    ///
    /// - Throws: `EINVAL` when no other core is left.
    public static func keepOff(_ core: Int) throws(SystemCallError) {
        try check(lh_keep_off_core(Int32(core)), core)
    }

    /// Keeps the calling thread on one core.
    ///
    /// - Throws: `EINVAL` when the process may not use it.
    public static func keepOn(_ core: Int) throws(SystemCallError) {
        try check(lh_pin_to_core(Int32(core)), core)
    }

    private static func check(_ code: Int32, _ core: Int) throws(SystemCallError) {
        guard code == 0 else { throw SystemCallError(call: "pthread_setaffinity_np", path: "core \(core)", code: code) }
    }
}

/// Keeps cores from going to sleep while it lives: on each a thread turns that gives way at once to whoever wants to
/// run.
///
/// A core that sleeps has to be woken before the thread that a message is for can run. On virtual machines that takes
/// tens of microseconds each time, which is most of what a message takes that comes after a pause. It costs the cores'
/// whole time, and power.
public final class AwakeCores: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let count = Atomic<Int>(0)

    /// - Throws: the system has no more threads.
    public init(_ cores: [Int] = Cores.usable) throws(SystemCallError) {
        for core in cores {
            try JoinableThread { [self] in
                guard lh_give_way() == 0, lh_pin_to_core(Int32(core)) == 0 else { return }
                count.add(1, ordering: .relaxed)
                while !isOver.load(ordering: .relaxed) { lh_cpu_relax() }
                count.subtract(1, ordering: .relaxed)
            }.detach()
        }
    }

    /// Cores that are being kept awake.
    public var awakeCount: Int { count.load(ordering: .relaxed) }

    /// Ends the threads, soon.
    public func end() { isOver.store(true, ordering: .relaxed) }
}
