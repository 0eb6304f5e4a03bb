/// Where a value comes from. Later cases win.
public enum SettingOrigin: Equatable, Sendable {
    case standard
    case file(path: String, line: Int?)
    case environment(variable: String)
    /// The flag as the user wrote it: "--set" or one of a verb's own.
    case commandLine(flag: String)
}

extension SettingOrigin {
    /// The place in the order of precedence; the highest wins.
    var precedence: Int {
        switch self {
        case .standard: 0
        case .file: 1
        case .environment: 2
        case .commandLine: 3
        }
    }
}

extension SettingOrigin: CustomStringConvertible {
    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .environment(let variable): "environment \(variable)"
        case .commandLine(let flag): "command line \(flag)"
        }
    }
}
