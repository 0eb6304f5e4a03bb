import Synchronization

/// A bounded queue from one thread to one other, without a lock: looking into an empty one costs an atomic load.
///
/// `push` belongs to one thread at a time, `pop` to another. Neither ever waits.
public final class BoundedMailbox<Element: Sendable>: @unchecked Sendable {
    // SAFETY of @unchecked: a slot is written by the pusher before `tail` is stored with release order, and read by the
    // popper after `tail` was loaded with acquire order; `head` gives it back in the same way.
    @usableFromInline let slots: UnsafeMutablePointer<Element?>
    @usableFromInline let capacity: Int
    @usableFromInline let head = Atomic<Int>(0)
    @usableFromInline let tail = Atomic<Int>(0)

    /// - Parameter capacity: elements that fit; more are refused.
    public init(capacity: Int) {
        precondition(capacity > 0, "a mailbox holds at least one element")
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: nil, count: capacity)
    }

    deinit {
        slots.deinitialize(count: capacity)
        slots.deallocate()
    }

    /// False when it is full; the element is not taken then.
    @inlinable public func push(_ element: Element) -> Bool {
        let tail = tail.load(ordering: .relaxed)
        guard tail - head.load(ordering: .acquiring) < capacity else { return false }
        slots[tail % capacity] = element
        self.tail.store(tail + 1, ordering: .releasing)
        return true
    }

    /// The oldest element, or nil at once.
    @inlinable public func pop() -> Element? {
        let head = head.load(ordering: .relaxed)
        guard tail.load(ordering: .acquiring) != head else { return nil }
        let element = slots[head % capacity].take()
        self.head.store(head + 1, ordering: .releasing)
        return element
    }
}
