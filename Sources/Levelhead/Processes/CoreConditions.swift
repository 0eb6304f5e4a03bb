import Configuration
import Platform

/// The core that the engine is to have for itself is not one of this process's, or the only one.
struct NoCoreToSpare: Error, CustomStringConvertible {
    let core: Int
    let usable: [Int]

    static func check(_ core: Int) throws {
        let usable = Cores.usable
        guard usable.contains(core), usable.count > 1 else { throw NoCoreToSpare(core: core, usable: usable) }
    }

    var description: String {
        "cores.engine: expected a core of this process that leaves it another (it may run on "
            + "\(usable.map(String.init).joined(separator: ", "))), found \(core)"
    }
}

/// More processes of a run are to spin than there are cores for.
///
/// Who spins on a core that others need too has to give way without end, and several of them keep each other, and
/// everybody else there, waiting for seconds (seen on Linux 6.18). So the gateways wait as with "yield" then.
struct SpinningCores: CustomStringConvertible {
    private static let gatewayCount = 3

    /// Cores that the gateways, an engine without a core of its own, and together the rest of the run need.
    let expected: Int
    /// Those that they may use.
    let usable: Int

    /// Nil when there are enough, or the gateways are not to spin.
    ///
    /// - Parameter usable: cores of a thread that keeps off the engine's own.
    init?(_ configuration: ResolvedConfiguration, usable: Int) {
        guard configuration.ring.wait == .spin else { return nil }
        let engine = configuration.ring.engineWait == .spin && configuration.cores.engine == nil ? 1 : 0
        expected = Self.gatewayCount + engine + 1
        self.usable = usable
        guard usable < expected else { return nil }
    }

    var description: String {
        "ring.wait: risk, execution and paper wait as with \"yield\": expected \(expected) cores to spin on "
            + "(beside cores.engine, where that is set), found \(usable)"
    }
}
