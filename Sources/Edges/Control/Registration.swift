import Foundation
import Platform

/// A process that can be commanded: what `STATE_DIR/control/NAME.json` says of it.
public struct Registration: Codable, Equatable, Sendable {
    public var name: String
    public var pid: Int32
    /// Pid with the start time of the process (`SharedMemoryProcess`): a pid is used again, this is not.
    public var identity: UInt64
    /// Of its respondent: `ipc://…`.
    public var endpoint: String
    public var run: String
    /// Wall time of the start.
    public var startedNanoseconds: UInt64

    enum CodingKeys: String, CodingKey {
        case name, pid, identity, endpoint, run
        case startedNanoseconds = "started_ns"
    }

    /// Whether that very process still exists; a stopped one does, a zombie does not.
    public var isAlive: Bool { SharedMemoryProcess.isAlive(identity) }
}

/// Why a process cannot take part in the control of a state directory.
public enum RegistrationError: Error, Equatable, Sendable {
    /// Not 1 to 16 lower-case letters, digits and hyphens.
    case name(String)
    /// The path of a unix socket has at most 107 bytes.
    case pathTooLong(path: String, bytes: Int, limit: Int)
    /// A living process has this name in this state directory.
    case alreadyRunning(name: String, pid: Int32?)
    case path(PrivatePathError)
    case socket(String)
    case system(SystemCallError)
}

extension RegistrationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .name(let name): "\"\(name)\": a process's name has 1 to 16 lower-case letters, digits and hyphens"
        case .pathTooLong(let path, let bytes, let limit):
            "\(path): \(bytes) bytes, expected at most \(limit): choose a shorter --state-dir"
        case .alreadyRunning(let name, let pid): "\(name) runs already, process \(pid.map { "\($0)" } ?? "unknown")"
        case .path(let error): error.description
        case .socket(let text): text
        case .system(let error): error.description
        }
    }
}

/// The directory that says who can be commanded: `STATE_DIR/control`, mode 0700, with a socket and a file of each
/// process. There is no central process: the command line asks whoever is registered.
public struct ControlDirectory: Sendable {
    /// `sun_path` of Linux has 108 bytes with the closing zero (unix(7)).
    public static let longestSocketPathBytes = 107

    public let path: String

    /// Makes nothing.
    public init(stateDirectory: String) { path = FilePath.join(stateDirectory, "control") }

    /// Makes the directory, and the state directory above it, mode 0700, when missing; checks who may use it.
    public func make() throws(RegistrationError) {
        do throws(PrivatePathError) { try PrivatePath.makeDirectory(path) } catch { throw .path(error) }
    }

    func socketPath(of name: String) throws(RegistrationError) -> String {
        guard (1...ControlMessage.largestSenderBytes).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNamePart)
        else { throw .name(name) }
        let path = FilePath.join(path, "\(name).ipc")
        guard path.utf8.count <= Self.longestSocketPathBytes else {
            throw .pathTooLong(path: path, bytes: path.utf8.count, limit: Self.longestSocketPathBytes)
        }
        return path
    }

    func filePath(of name: String) -> String { FilePath.join(path, "\(name).json") }

    /// Everybody registered, dead or alive, by name. A file that cannot be read is passed over: its writer replaces it
    /// in one step, so it is not one of ours.
    public func registrations() throws(RegistrationError) -> [Registration] {
        if PosixFile.isMissing(path) { return [] }
        do throws(PrivatePathError) { try PrivatePath.checkDirectory(path) } catch { throw .path(error) }
        let names: [String]
        do throws(SystemCallError) { names = try Directory.names(in: path) } catch { throw .system(error) }
        return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.compactMap { registration(file: $0) }
    }

    public func registration(of name: String) -> Registration? { registration(file: "\(name).json") }

    private func registration(file: String) -> Registration? {
        guard let bytes = try? PosixFile.contents(of: FilePath.join(path, file)) else { return nil }
        guard let found = Payload.decode(Registration.self, from: bytes), "\(found.name).json" == file else {
            return nil
        }
        return found
    }

    /// On a full disk into the file of the predecessor, which has its place: who died there can come back.
    func write(_ registration: Registration) throws(RegistrationError) {
        let path = filePath(of: registration.name)
        let bytes = Payload.encode(registration) + [0x0A]
        do throws(SystemCallError) {
            do throws(SystemCallError) {
                try PosixFile.replace(path, with: bytes)
            } catch where error.code == ENOSPC && PosixFile.exists(path) {
                let file = try PosixFile(path, .update)
                try file.write(bytes, at: 0)
                try file.truncate(to: bytes.count)
            }
        } catch { throw .system(error) }
    }

    /// Takes a registration away if it is still the one given.
    func remove(_ registration: Registration) {
        guard self.registration(of: registration.name)?.identity == registration.identity else { return }
        unlink(filePath(of: registration.name))
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}
