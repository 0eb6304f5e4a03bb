/// What is asked of the processes of the run once a second.
public struct DashboardStatus: Sendable {
    /// What `levelhead status --json` prints; nil where it could not be asked.
    public let report: String?
    /// Who locked trading and why, JSON; nil when nobody has.
    public let lock: String?
    /// Why there is no report.
    public let failure: String?

    public init(report: String?, lock: String? = nil, failure: String? = nil) {
        self.report = report
        self.lock = lock
        self.failure = failure
    }
}
