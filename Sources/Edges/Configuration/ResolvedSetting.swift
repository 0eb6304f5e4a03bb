/// A key with the value that holds and where it came from.
public struct ResolvedSetting: Sendable {
    public let declaration: SettingDeclaration
    public let value: SettingValue
    public let origin: SettingOrigin

    public var key: String { declaration.key }
}
