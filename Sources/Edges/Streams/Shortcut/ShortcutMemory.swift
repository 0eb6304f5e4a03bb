import Platform
import Synchronization

/// The memory of the shortcuts of several channels, and of the doorbells by which their receivers are woken. Zero is
/// its beginning, so whichever process comes first makes it.
public struct ShortcutMemory: Sendable {
    private let file: SharedMemoryFile
    private let bellCount: Int
    private let channelCount: Int
    private static let bellByteCount = 128

    /// - Throws: what the system says, or that the file is another version's.
    public init(path: String, bells: Int, channels: Int) throws(SharedMemoryError) {
        bellCount = bells
        channelCount = channels
        file = try .share(
            path: path, byteCount: bells * Self.bellByteCount + channels * ChannelShortcut.byteCount)
    }

    public func bell(_ index: Int) -> Doorbell {
        precondition(index >= 0 && index < bellCount, "there is a bell of that number")
        let word = (base + index * Self.bellByteCount).assumingMemoryBound(to: Atomic<UInt32>.self)
        return Doorbell(word, owner: file)
    }

    public func channel(_ index: Int) -> ChannelShortcut {
        precondition(index >= 0 && index < channelCount, "there is a channel of that number")
        return ChannelShortcut(
            base + bellCount * Self.bellByteCount + index * ChannelShortcut.byteCount, owner: file)
    }

    private var base: UnsafeMutableRawPointer {
        guard let base = file.bytes.baseAddress else { preconditionFailure("mapped memory has an address") }
        return base
    }
}

/// A shortcut as its sender has it.
public struct ShortcutEntry: Sendable {
    let channel: ChannelShortcut
    private let bell: Doorbell

    public init(_ channel: ChannelShortcut, _ bell: Doorbell) {
        self.channel = channel
        self.bell = bell
    }

    /// Wakes the receiver.
    func call() { bell.ring() }
}
