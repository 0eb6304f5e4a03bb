import Orders

extension DataQuality {
    private static var named: [(DataQuality, String)] {
        [
            (.gap, "gap"), (.stale, "stale"), (.replayed, "replayed"), (.crossed, "crossed"),
            (.oneSided, "one_sided"), (.badBook, "bad_book"), (.halted, "halted"), (.closed, "closed"),
            (.warming, "warming"), (.noBook, "no_book"), (.noHistory, "no_history"),
        ]
    }

    /// What is wrong, in the order of the bits; empty when nothing is.
    public var names: [String] { Self.named.filter { contains($0.0) }.map(\.1) }

    /// Every name there is, in the order of the bits.
    public static var allNames: [String] { named.map(\.1) }
}
