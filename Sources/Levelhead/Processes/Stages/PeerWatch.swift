import Determinism
import Orders

/// Whether the gateway at the other end of a channel is heard, as the stage was told it: an input, journaled.
struct PeerWatch {
    let channel: StageChannel
    private(set) var isSilent = false

    init(_ channel: StageChannel) { self.channel = channel }

    /// Learns from what the stage is told, again after a restart.
    mutating func observe(_ command: OperatorCommand) {
        switch command.request {
        case .peerSilent: isSilent = true
        case .peerHeard: isSilent = false
        default: break
        }
    }

    /// What the stage has to be told, if something changed.
    ///
    /// - Parameter isHeard: nil while the other end has not been heard since this process began.
    func news(_ isHeard: Bool?) -> OperatorCommand? {
        guard let isHeard, isHeard == isSilent else { return nil }
        return OperatorCommand(isHeard ? .peerHeard : .peerSilent, sender: ShortText("heartbeat"))
    }

    mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) { try archive.field(&isSilent) }
}
