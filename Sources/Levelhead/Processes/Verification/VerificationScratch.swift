import Foundation

/// Where a verification writes what it makes again, to compare it.
enum VerificationScratch {
    /// Of a name that nothing has had: what a killed one left is no run to go on with.
    static func path() -> String {
        FileManager.default.temporaryDirectory.path + "/levelhead-verify-\(UUID().uuidString)"
    }
}
