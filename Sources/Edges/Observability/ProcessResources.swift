import Glibc
import Platform

/// What the system says of this process.
public struct ProcessResources: Equatable, Sendable {
    public var processorSeconds: Double
    public var residentBytes: Int

    public init(processorSeconds: Double, residentBytes: Int) {
        self.processorSeconds = processorSeconds
        self.residentBytes = residentBytes
    }

    /// Now. Zero for what cannot be read.
    public static func current() -> ProcessResources {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        // The second number of statm is the resident set in pages (proc(5)).
        let fields = (try? PosixFile.contents(of: "/proc/self/statm"))?.split(separator: UInt8(ascii: " ")) ?? []
        let pages = fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) ?? 0 : 0
        return ProcessResources(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            residentBytes: pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
