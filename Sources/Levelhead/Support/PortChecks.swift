import Configuration
import Control
@preconcurrency import Glibc
import Platform

/// The TCP ports that a run takes by its configuration: those of the engine's streams, and those of the metrics when
/// `metrics.first_port` says where. Otherwise metrics are served on whichever port is free.
enum PortChecks {
    /// - Parameter stateDirectory: what its own processes hold is as it should be.
    static func all(_ configuration: ResolvedConfiguration, stateDirectory: String?) -> [DoctorCheck] {
        let control = stateDirectory.map { ControlDirectory(stateDirectory: $0) }
        func check(_ key: String, _ address: String, _ port: UInt16, _ role: ProcessRole) -> DoctorCheck {
            let holder = control?.registration(of: role.rawValue)?.pid
            return Self.check(key, address, port, role, pid: holder)
        }
        var checks: [DoctorCheck] = []
        if let (address, port) = configuration.streams.tcp {
            checks += [port, port + 1].map { check("streams.tcp", address, $0, .engine) }
        }
        if let first = configuration.metrics.firstPort {
            let roles = ProcessRole.allCases.sorted { $0.port(from: first) < $1.port(from: first) }
            checks += roles.map { check("metrics.first_port", "127.0.0.1", $0.port(from: first), $0) }
        }
        return checks
    }

    private static func check(
        _ key: String, _ address: String, _ port: UInt16, _ role: ProcessRole, pid: Int32?
    ) -> DoctorCheck {
        let place = "\(address):\(port)"
        func result(_ ok: Bool, _ detail: String, _ remedy: String = "") -> DoctorCheck {
            DoctorCheck(name: key, ok: ok, detail: "\(place): \(detail)", remedy: remedy)
        }
        switch bindError(address, port) {
        case 0: return result(true, "free")
        case EADDRINUSE: break
        case let code:
            return result(false, String(cString: strerror(code)), "set \(key) to what this machine lets you use")
        }
        let holder = PortHolder(of: port)
        if let pid, holder?.pid == pid { return result(true, "held by this desk's \(role.rawValue) (pid \(pid))") }
        return result(
            false, "held by \(holder.map { "\($0.name) (pid \($0.pid))" } ?? "a process that is not seen from here")",
            "end it, or set \(key) so that its ports are free: \(room(of: key))")
    }

    private static func room(of key: String) -> String {
        key == "streams.tcp" ? "it and the next one, which has the snapshots" : "it and the four behind it"
    }

    /// What the system says to a socket that would be bound there; 0 when it may.
    private static func bindError(_ address: String, _ port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // As the streams' library does: connections of an earlier publisher that are not over keep nobody out.
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else { return EADDRNOTAVAIL }
        let bound = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return bound == 0 ? 0 : errno
    }
}

/// The process that listens on a port, as far as `/proc` tells (proc(5)).
private struct PortHolder {
    let pid: Int32
    let name: String

    init?(of port: UInt16) {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { Self.listening(on: port, $0) }
        let links = Set(sockets.map { "socket:[\($0)]" })
        guard !links.isEmpty else { return nil }
        for pid in ((try? Directory.names(in: "/proc")) ?? []).compactMap({ Int32($0) }) {
            let files = (try? Directory.names(in: "/proc/\(pid)/fd")) ?? []
            guard files.contains(where: { Self.target("/proc/\(pid)/fd/\($0)").map(links.contains) ?? false }) else {
                continue
            }
            self.pid = pid
            name = (try? PosixFile.contents(of: "/proc/\(pid)/comm"))
                .map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) } ?? "?"
            return
        }
        return nil
    }

    /// Numbers of the sockets that listen: of a line, fields 1 (address and port), 3 (0A for listening) and 9.
    private static func listening(on port: UInt16, _ table: String) -> [Substring] {
        guard let bytes = try? PosixFile.contents(of: table) else { return [] }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A" else { return nil }
            let found = fields[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
            return found == port ? fields[9] : nil
        }
    }

    private static func target(_ link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink(link, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
