import Determinism

/// A value that can live in fixed storage: it has a value for the slots not in use, and can be saved.
public protocol BoundedElement: BitwiseCopyable, Sendable, PersistentState {
    /// Fills slots that hold nothing. Never read.
    static var blank: Self { get }
}

/// A list of at most `capacity` elements, in the order of arrival. Its memory is taken at the start and never grows;
/// appending past the capacity is a bug and stops the process. Serves as table of live things and as output buffer of a
/// fold: read it in place and empty it. (A copy that is kept while the original changes costs an allocation.)
///
/// Not an `InlineArray`: reading one element of a large one that is stored in a struct copies all of it first
/// (measured: 6 µs a group in the paper venue with two orders, against 0.2 with this).
@frozen public struct BoundedList<let capacity: Int, Element: BoundedElement>: Sendable {
    @usableFromInline var storage: [Element]
    public private(set) var count: Int

    public init() {
        storage = Array(repeating: Element.blank, count: capacity)
        count = 0
    }

    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var isFull: Bool { count == capacity }
    @inlinable public var indices: Range<Int> { 0..<count }

    @inlinable public subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "inside the list")
            return storage[index]
        }
        set {
            precondition(index >= 0 && index < count, "inside the list")
            storage[index] = newValue
        }
    }

    public mutating func append(_ element: Element) {
        precondition(count < capacity, "TradingLimits: a list of \(capacity) \(Element.self) is full")
        storage[count] = element
        count += 1
    }

    public mutating func append(_ others: borrowing Self) {
        for index in others.indices { append(others[index]) }
    }

    /// Takes one element out and closes the gap; the others keep their order. O(n).
    public mutating func remove(at index: Int) {
        precondition(index >= 0 && index < count, "inside the list")
        for i in index..<(count - 1) { storage[i] = storage[i + 1] }
        count -= 1
    }

    @inlinable public mutating func removeAll() {
        if count > 0 { empty() }
    }

    @usableFromInline mutating func empty() { count = 0 }
}

extension BoundedList: PersistentState {
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.bounded(&count, atMost: capacity)
        for i in 0..<count { try storage[i].persist(&archive) }
    }
}

/// First in, first out, at most `capacity` elements, in memory taken at the start. Pushing past the capacity is a bug
/// and stops the process.
@frozen public struct BoundedQueue<let capacity: Int, Element: BoundedElement>: Sendable {
    @usableFromInline var storage: [Element]
    @usableFromInline var head: Int
    public private(set) var count: Int

    /// Elements that it can hold.
    @inlinable public static var room: Int { capacity }

    public init() {
        storage = Array(repeating: Element.blank, count: capacity)
        head = 0
        count = 0
    }

    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var first: Element? { count == 0 ? nil : storage[head] }

    public mutating func push(_ element: Element) {
        precondition(count < capacity, "TradingLimits: a queue of \(capacity) \(Element.self) is full")
        storage[(head + count) % capacity] = element
        count += 1
    }

    public mutating func pop() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head]
        head = (head + 1) % capacity
        count -= 1
        return element
    }
}

extension BoundedQueue: PersistentState {
    /// Saved from the oldest element on, so that equal queues have equal bytes wherever their head lies.
    public mutating func persist(_ archive: inout StateArchive) throws(StateArchive.Failure) {
        try archive.bounded(&count, atMost: capacity)
        if archive.isLoading { head = 0 }
        for i in 0..<count { try storage[(head + i) % capacity].persist(&archive) }
    }
}

