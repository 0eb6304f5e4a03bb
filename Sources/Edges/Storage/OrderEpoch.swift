import Platform

/// The epoch that the identities of a live run's orders are of. It is raised, on the disk, before every start: whatever
/// a journal or a snapshot has lost, no identity is given out twice in one state directory.
public enum OrderEpoch {
    /// Those above are of orders that go past the gateways.
    public static let most: UInt16 = 0xCFFF

    static func path(_ stateDirectory: String) -> String { "\(stateDirectory)/order-epoch" }

    /// The last one that was given; nil before the first.
    public static func current(stateDirectory: String) throws -> UInt16? {
        let path = path(stateDirectory)
        if PosixFile.isMissing(path) { return nil }
        let text = String(decoding: try PosixFile.contents(of: path), as: UTF8.self)
        guard text.hasSuffix("\n"), let epoch = UInt16(text.dropLast()), epoch > 0, epoch <= most else {
            throw OrderEpochError.damaged(path: path, text: text)
        }
        return epoch
    }

    /// The next one, which is on the disk when this returns. The caller holds the state directory's lock.
    @discardableResult public static func raise(stateDirectory: String) throws -> UInt16 {
        let last = try current(stateDirectory: stateDirectory) ?? 0
        guard last < most else { throw OrderEpochError.usedUp(path: path(stateDirectory)) }
        try PosixFile.replace(path(stateDirectory), with: Array("\(last + 1)\n".utf8))
        return last + 1
    }
}

public enum OrderEpochError: Error, Equatable, CustomStringConvertible {
    case damaged(path: String, text: String)
    case usedUp(path: String)

    public var description: String {
        switch self {
        case .damaged(let path, let text):
            "\(path): \"\(text.prefix(20))\", expected a number from 1 to \(OrderEpoch.most) and the end of the line"
        case .usedUp(let path): "\(path): \(OrderEpoch.most) live runs have been started; begin a new state directory"
        }
    }
}
