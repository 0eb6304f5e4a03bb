import Control
import Dashboard
import Foundation
import Orders
import Platform

/// Asks the processes of a state directory how they are, for the dashboard: the question of `levelhead status`, and no
/// other.
struct StatusQuestion: Sendable {
    let stateDirectory: String
    /// How long silent processes are waited for.
    static let patience = 0.4

    func ask() -> DashboardStatus {
        do {
            var control = ControlOptions()
            control.stateDir = stateDirectory
            let survey = try control.survey(.status, seconds: Self.patience)
            let epoch = try EpochWord.current(stateDirectory: stateDirectory)
            let report = StatusReport(
                survey, epoch: epoch, isLive: (try? RunSite.current(stateDirectory)?.isLive()) ?? false)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return DashboardStatus(
                report: String(decoding: try encoder.encode(report), as: UTF8.self),
                lock: try epoch.flatMap { try lock($0, encoder) })
        } catch {
            return DashboardStatus(report: nil, failure: "\(error)")
        }
    }

    /// Nil unless the word is locked and somebody said why.
    private func lock(_ epoch: EpochState, _ encoder: JSONEncoder) throws -> String? {
        guard epoch.isLocked, let record = try TradingLock(stateDirectory: stateDirectory).record else { return nil }
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }
}
