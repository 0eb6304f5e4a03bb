import Platform
import Storage

/// The process that holds a state directory in which no process is registered, for people.
enum DeskHolder {
    /// Such as "; process 811 is there and waits: is levelhead ingest running?"; empty when nobody holds it.
    static func text(of stateDirectory: String) -> String {
        guard let pid = DirectoryLock.holder(of: stateDirectory) else { return "" }
        if isSupervisor(pid) {
            return "; levelhead up is there, process \(pid), without processes: it begins, ends, or restarts none"
        }
        // Those of a run register when there is a ring.
        return "; process \(pid) is there and waits: is levelhead ingest running?"
    }

    /// proc_pid_cmdline(5): arguments that end with a zero each.
    private static func isSupervisor(_ pid: Int) -> Bool {
        guard let line = try? PosixFile.contents(of: "/proc/\(pid)/cmdline") else { return false }
        let words = line.split(separator: 0, omittingEmptySubsequences: false)
        return words.count > 1 && words[1].elementsEqual("up".utf8)
    }
}
