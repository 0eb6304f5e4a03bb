/// Everything a configuration is resolved from. Precedence: command line, environment, file, default.
public struct ConfigurationSources: Sendable {
    /// One value given by a flag: `--set bars.sma_length=50`, or a verb's own flag that stands for a key.
    public struct Override: Equatable, Sendable {
        public let key: String
        public let value: String
        public let flag: String

        public init(key: String, value: String, flag: String) {
            self.key = key
            self.value = value
            self.flag = flag
        }

        /// Reads the argument of `--set`.
        public init(assignment: String) throws(ConfigurationError) {
            guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
                throw .notAnAssignment(assignment)
            }
            let key = String(assignment[..<equals])
            self.init(key: key, value: String(assignment[assignment.index(after: equals)...]), flag: "--set")
        }
    }

    /// Nil for the defaults alone.
    public var file: String?
    public var environment: [String: String]
    /// In the order given; the last of a key wins.
    public var overrides: [Override]

    public init(file: String? = nil, environment: [String: String] = [:], overrides: [Override] = []) {
        self.file = file
        self.environment = environment
        self.overrides = overrides
    }

    /// - Throws: the first thing that is wrong, files before environment before command line.
    public func resolve() throws(ConfigurationError) -> ResolvedConfiguration {
        var settings = SettingTable.all.map {
            ResolvedSetting(declaration: $0, value: $0.standard, origin: .standard)
        }
        if let file {
            let contents = try ConfigurationFile(path: file)
            for entry in contents.entries {
                if entry.value == ConfigurationFile.emptyTable, SettingTable.hasSection(entry.key) { continue }
                try set(&settings, entry.key, entry.value, .file(path: file, line: entry.line))
            }
        }
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard let key = try ConfigurationSources.key(variable) else { continue }
            try set(&settings, key, .untyped(value), .environment(variable: variable))
        }
        for override in overrides {
            try set(&settings, override.key, .untyped(override.value), .commandLine(flag: override.flag))
        }
        return try ResolvedConfiguration(settings: settings)
    }

    private func set(
        _ settings: inout [ResolvedSetting], _ key: String, _ raw: RawValue, _ origin: SettingOrigin
    ) throws(ConfigurationError) {
        guard let index = settings.firstIndex(where: { $0.declaration.key == key }) else {
            throw .unknownKey(key, origin: origin, nearest: SettingTable.nearest(to: key))
        }
        let declaration = settings[index].declaration
        guard let value = declaration.kind.read(raw) else {
            throw .badValue(key: key, origin: origin, expected: declaration.kind.expectation, found: raw.found)
        }
        settings[index] = ResolvedSetting(declaration: declaration, value: value, origin: origin)
    }

    /// The key that a variable sets. Nil for variables that are no configuration.
    private static func key(_ variable: String) throws(ConfigurationError) -> String? {
        guard variable.hasPrefix(SettingTable.environmentPrefix), variable != SettingTable.stateDirectoryVariable else {
            return nil
        }
        if let known = SettingTable.all.first(where: { $0.environmentName == variable }) { return known.key }
        let name = variable.dropFirst(SettingTable.environmentPrefix.count).lowercased()
        let section = SettingTable.all.lazy.compactMap(\.section).first { name.hasPrefix($0 + "_") }
        let key = section.map { "\($0).\(name.dropFirst($0.count + 1))" } ?? name
        let nearest = section.map { _ in SettingTable.nearest(to: key) } ?? SettingTable.nearest(toVariable: variable)
        throw .unknownKey(key, origin: .environment(variable: variable), nearest: nearest)
    }
}
