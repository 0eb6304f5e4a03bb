import ArgumentParser
import Configuration
import Control
import Glibc
import Observability
import Platform
import Storage
import Streams
import ZeroMQ

/// What would keep a process of a run from starting, however often it is tried: known before any of them is.
enum StartConditions {
    /// - Throws: a socket below the state directory whose path is too long, or a stream that may not leave this machine
    ///   as it is configured.
    static func check(stateDirectory: String, _ configuration: ResolvedConfiguration) throws {
        for path in socketPaths(stateDirectory) { try ZeroMQEndpoint.ipc(path: path).check(isProtected: false) }
        guard let outside = try outside(configuration.streams) else { return }
        for endpoint in [outside.feed, outside.snapshots] {
            do throws(ZeroMQError) {
                try endpoint.check(isProtected: outside.security != .none)
            } catch {
                throw StreamsNotAllowed(reason: error)
            }
        }
    }

    /// Where the engine publishes for other machines; nil for nowhere.
    static func outside(_ settings: StreamSettings) throws -> OutsideEndpoints? {
        guard let (address, port) = settings.tcp else { return nil }
        let key = try settings.curveSecretFile.map(StreamKeyFile.read)
        return OutsideEndpoints(
            address: address, port: port, security: key.map { .server(secretKey: $0) } ?? .none)
    }

    /// Every socket that a process binds below the state directory, the longest paths first.
    static func socketPaths(_ stateDirectory: String) -> [String] {
        let streams = StreamProcess.allCases.flatMap { [$0.rawValue, "\($0.rawValue)-snapshot"] }
        let lockstep = ProcessRole.readers.flatMap { [LockstepWord.channel(to: $0), LockstepWord.channel(from: $0)] }
        let sockets = (streams + StageChannel.all.map(\.name) + lockstep).map { "\(stateDirectory)/sockets/\($0).ipc" }
        let control = ProcessRole.allCases.map { "\(stateDirectory)/control/\($0.rawValue).ipc" }
        let venue = "\(VenueDoor.directory(stateDirectory))/control/\(ProcessRole.paper.rawValue).ipc"
        return (sockets + control + [venue]).sorted { $0.utf8.count > $1.utf8.count }
    }

    /// Whether a process that ended with this error would end with it again.
    static func isLasting(_ error: any Error) -> Bool {
        switch error {
        case ZeroMQError.pathTooLong, ZeroMQError.unprotected, ZeroMQError.malformed, ZeroMQError.malformedKey,
            RegistrationError.pathTooLong, RegistrationError.name:
            true
        case PrivatePathError.system(let failure): failure.code == ELOOP
        case is PrivatePathError: true
        case is StreamKeyError, is ConfigurationError, is NamedFileChanged: true
        default: false
        }
    }
}

struct StreamsNotAllowed: Error, CustomStringConvertible {
    let reason: ZeroMQError
    var description: String { "streams.tcp: \(reason): set streams.curve_secret_file (levelhead stream-keys)" }
}

/// As `reportingErrors`, for a process of a run: an error that would come again has a status of its own, so that nobody
/// starts the process again.
func reportingToSupervisor(_ body: () throws -> Void) throws {
    defer { RunLog.end() }
    try reportingErrors {
        do {
            try body()
        } catch is RunOver {
            // It was to end, and has nothing to tell.
        } catch where StartConditions.isLasting(error) {
            Terminal.writeError("levelhead: \(error)")
            throw ExitCode(Supervisor.badInput)
        }
    }
}
