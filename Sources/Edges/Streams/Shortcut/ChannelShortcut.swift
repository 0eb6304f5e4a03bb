import Synchronization

/// A second way of a channel's messages: memory that both ends share, where a message is seen as soon as it is written,
/// without a thread of the library on the way. The channel's socket remains: it carries what found no room here or was
/// not taken in time, and all that the two ends say to each other besides. A message that comes both ways is taken
/// once.
///
///     0    acknowledged u64   the receiver has journaled every message before this one
///     128  slots              the message of sequence n lies in slot n modulo `slotCount`:
///                             n + 1 u64 (0: being written) | length u64 | frame
///
/// A slot is written again only when the message in it has been acknowledged, so a living receiver never finds one half
/// written. What a killed sender was writing when its successor writes it again fails its checksum, and comes by the
/// socket.
public struct ChannelShortcut: @unchecked Sendable {
    // SAFETY of @unchecked: one sender, one receiver; they meet in atomic words, and every frame has a checksum.
    private let base: UnsafeMutableRawPointer
    private let owner: AnyObject

    /// Messages that it holds before they are acknowledged.
    static let slotCount: UInt64 = 16
    /// Bytes of the longest frame.
    static let frameByteCountMax = ChannelFrame.headerByteCount + ChannelLimits().messageByteCountMax
    private static let slotsOffset = 128
    private static let slotHeaderByteCount = 16
    private static let slotByteCount = (slotHeaderByteCount + frameByteCountMax + 127) & ~127
    static let byteCount = slotsOffset + Int(slotCount) * slotByteCount

    /// - Parameter base: `byteCount` bytes, zero at first, kept by `owner`.
    init(_ base: UnsafeMutableRawPointer, owner: AnyObject) {
        self.base = base
        self.owner = owner
    }

    /// The first message that the receiver has not journaled, as far as it has said so here.
    var acknowledged: UInt64 { word(base).pointee.load(ordering: .acquiring) }

    func acknowledge(before sequence: UInt64) { word(base).pointee.store(sequence, ordering: .releasing) }

    /// Takes away what another life of the sender left, of this run or of one that had the same directory: a number
    /// that it said is acknowledged, or a message that it put here, must not be taken for this life's.
    func clear() {
        acknowledge(before: 0)
        for sequence in 0..<Self.slotCount { word(slot(sequence)).pointee.store(0, ordering: .sequentiallyConsistent) }
    }

    /// - Precondition: the message `slotCount` before it has been acknowledged.
    func put(_ sequence: UInt64, _ frame: UnsafeRawBufferPointer) {
        guard fill(sequence, frame) else { return }
        word(slot(sequence)).pointee.store(sequence &+ 1, ordering: .sequentiallyConsistent)
    }

    /// Writes a frame where the message of that sequence will be; nobody sees it.
    ///
    /// - Precondition: the message `slotCount` before it has been acknowledged.
    func rehearse(_ sequence: UInt64, _ frame: UnsafeRawBufferPointer) { _ = fill(sequence, frame) }

    private func fill(_ sequence: UInt64, _ frame: UnsafeRawBufferPointer) -> Bool {
        guard frame.count <= Self.frameByteCountMax, let source = frame.baseAddress else { return false }
        let slot = slot(sequence)
        word(slot).pointee.store(0, ordering: .relaxed)
        atomicMemoryFence(ordering: .releasing)
        slot.storeBytes(of: UInt64(frame.count), toByteOffset: 8, as: UInt64.self)
        (slot + Self.slotHeaderByteCount).copyMemory(from: source, byteCount: frame.count)
        return true
    }

    /// The frame of a message, copied into `buffer`; nil when it is not there. Whether it is whole, its checksum says.
    func take(_ sequence: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer? {
        let slot = slot(sequence)
        guard word(slot).pointee.load(ordering: .acquiring) == sequence &+ 1 else { return nil }
        let count = slot.load(fromByteOffset: 8, as: UInt64.self)
        guard count <= UInt64(min(Self.frameByteCountMax, buffer.count)) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: slot + Self.slotHeaderByteCount, count: Int(count))
        buffer.copyMemory(from: bytes)
        return UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)])
    }

    /// What lies where the message of that sequence would be, for tests.
    func unseen(_ sequence: UInt64, byteCount: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: slot(sequence) + Self.slotHeaderByteCount, count: byteCount)
    }

    private func slot(_ sequence: UInt64) -> UnsafeMutableRawPointer {
        base + Self.slotsOffset + Int(sequence % Self.slotCount) * Self.slotByteCount
    }

    private func word(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        place.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}
