/// The families that a chain's options belong to, as a gateway names them for its definitions: `ES.OPT`, `E2B.OPT`.
public enum OptionFamilies {
    /// Options on a root's futures (FEATURES A.13): of ES the quarterly ones, the ends of months, and those that expire
    /// on a Friday (EW1 to EW4) or another weekday (E1A, the first Monday, to E5E, the fifth Friday) of a month.
    public static func parents(futuresRoot root: String) -> [String] {
        guard root == "ES" else { return ["\(root).OPT"] }
        let weeks = (1...5).flatMap { week in "ABCDE".map { "E\(week)\($0)" } }
        return (["ES", "EW"] + (1...4).map { "EW\($0)" } + weeks).map { "\($0).OPT" }
    }

    /// Options on an index.
    public static func parents(indexRoot root: String) -> [String] { ["\(root).OPT"] }
}
