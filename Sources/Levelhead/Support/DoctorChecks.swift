import Compression
@preconcurrency import Glibc
import Nanomsg
import Platform
import Security
import Storage
import ZeroMQ

/// Processor, memory, clock, zone data and keys.
enum MachineChecks {
    static func all() -> [DoctorCheck] {
        [processors(), memory(), clockSource(), zone("America/New_York"), zone("America/Chicago")]
    }

    private static func processors() -> DoctorCheck {
        let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        // The processes of one desk spin while they wait; with fewer cores they must yield or park.
        let advice = count < 4 ? "fewer cores than processes: keep the waiting policy at yield or park" : ""
        return DoctorCheck(name: "processors", ok: count > 0, detail: "\(count) online", remedy: advice)
    }

    private static func memory() -> DoctorCheck {
        let total = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return DoctorCheck(
            name: "memory", ok: total >= 1 << 30, detail: mebibytes(total),
            remedy: total >= 1 << 30 ? "" : "give the machine at least 1 GiB")
    }

    /// Clock sources other than these are system calls: tens of times the 20 ns that a stamp should cost.
    private static func clockSource() -> DoctorCheck {
        let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
        let found = text(of: path)
        let fast = ["tsc", "kvm-clock", "arch_sys_counter"].contains(found ?? "")
        return DoctorCheck(
            name: "clock source", ok: true, detail: found ?? "unknown: \(path) cannot be read",
            remedy: fast ? "" : "boot with clocksource=tsc where the machine allows it: stamps are slow otherwise")
    }

    private static func zone(_ name: String) -> DoctorCheck {
        let path = "/usr/share/zoneinfo/\(name)"
        let bytes = try? PosixFile.contents(of: path)
        let ok = bytes?.starts(with: Array("TZif".utf8)) ?? false
        return DoctorCheck(
            name: "zone \(name)", ok: ok,
            detail: ok ? "\(bytes?.count ?? 0) bytes" : "\(path): missing or not zone data",
            remedy: ok ? "" : "apt-get install tzdata")
    }

    /// Says whether a key is set. Its text goes nowhere.
    static func key(_ name: String, environment: (String) -> String?) -> DoctorCheck {
        let isSet = !(environment(name) ?? "").isEmpty
        return DoctorCheck(
            name: "key \(name)", ok: true, detail: isSet ? "present" : "absent",
            remedy: isSet ? "" : "export \(name) before a live session; replay needs none")
    }
}

/// The libraries in use, by what they say themselves.
enum LibraryChecks {
    static func all() -> [DoctorCheck] {
        [
            library("zstd", CompressionLibrary.version), library("lmdb", LMDBEnvironment.libraryVersion),
            library("openssl", CryptographyLibrary.version), library("zeromq", ZeroMQLibrary.version),
            DoctorCheck(
                name: "nanomsg", ok: NanomsgLibrary.canSurvey(),
                detail: "interface \(NanomsgLibrary.interfaceVersion), survey sockets",
                remedy: NanomsgLibrary.canSurvey() ? "" : "apt-get install --reinstall libnanomsg5"),
        ]
    }

    private static func library(_ name: String, _ version: String) -> DoctorCheck {
        DoctorCheck(name: name, ok: true, detail: version, remedy: "")
    }
}

/// Shared memory and the state directory.
enum StateChecks {
    private static let sharedMemory = "/dev/shm"
    /// The ring as it is without a setting (`ring.bytes`), and what stands beside it.
    private static let sharedMemoryByteCountMin = (64 << 20) + RunSite.sharedMemoryBesideTheRing
    /// Below it nothing that is worth a run has room.
    private static let diskByteCountMin = 1 << 30
    /// A busy day's tape with its journals: what a run writes is not compressed.
    private static let diskByteCountOfDay = 8 << 30
    /// `sun_path` of a Unix socket without its closing zero.
    private static let socketPathByteCountMax = 107
    /// The longest name that a process binds below the state directory.
    private static let longestSocketName = "/sockets/execution-snapshot.ipc"

    static func all(_ stateDirectory: String?) -> [DoctorCheck] {
        let shared = space(
            "shared memory", sharedMemory, atLeast: sharedMemoryByteCountMin, NoSharedMemory.remedy)
        guard let stateDirectory else {
            let detail = "neither --state-dir, LEVELHEAD_STATE_DIR nor HOME is set"
            return [
                shared,
                DoctorCheck(name: "state directory", ok: false, detail: detail, remedy: "set LEVELHEAD_STATE_DIR"),
            ]
        }
        return [shared, state(stateDirectory), sockets(stateDirectory)]
    }

    private static func sockets(_ path: String) -> DoctorCheck {
        let count = (path + longestSocketName).utf8.count
        let ok = count <= socketPathByteCountMax
        return DoctorCheck(
            name: "socket paths", ok: ok, detail: "\(count) bytes of \(socketPathByteCountMax)",
            remedy: ok ? "" : "choose a shorter LEVELHEAD_STATE_DIR")
    }

    /// The directory, or the nearest one above it that exists: nothing is made.
    private static func state(_ path: String) -> DoctorCheck {
        var existing = path
        while !PosixFile.exists(existing), existing != FilePath.parent(of: existing) {
            existing = FilePath.parent(of: existing)
        }
        let note = existing == path ? "" : " (made at first use)"
        let check = space(
            "state directory", existing, atLeast: diskByteCountMin, usual: diskByteCountOfDay,
            "free some space, or set LEVELHEAD_STATE_DIR elsewhere")
        if existing == path, let mode = StateDirectory.wideMode(path) {
            return DoctorCheck(
                name: check.name, ok: false, detail: "\(path): mode 0\(String(mode, radix: 8)), expected 0700",
                remedy: StateDirectory.modeRemedy(path))
        }
        return DoctorCheck(
            name: check.name, ok: check.ok, detail: "\(path)\(note): \(check.detail)", remedy: check.remedy)
    }

    /// - Parameter usual: with less it is ok, and advised against.
    private static func space(
        _ name: String, _ path: String, atLeast minimum: Int, usual: Int = 0, _ remedy: String
    ) -> DoctorCheck {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            return DoctorCheck(name: name, ok: false, detail: "\(path): \(reason)", remedy: remedy)
        }
        let (free, total) = (Int(status.f_bavail * status.f_frsize), Int(status.f_blocks * status.f_frsize))
        let isWritable = access(path, W_OK) == 0
        let ok = isWritable && free >= minimum
        let detail = "\(mebibytes(free)) free of \(mebibytes(total))" + (isWritable ? "" : ", not writable")
        let wanted = max(minimum, usual)
        let advice = free < wanted ? "\(remedy): \(mebibytes(wanted)) are needed" : ""
        return DoctorCheck(name: name, ok: ok, detail: detail, remedy: isWritable ? advice : "make \(path) writable")
    }
}

private func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }

/// The first line of a small file.
private func text(of path: String) -> String? {
    guard let bytes = try? PosixFile.contents(of: path) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
