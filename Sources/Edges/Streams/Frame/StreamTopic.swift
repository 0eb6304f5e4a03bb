/// What a stream is called: `features.ES`. Every message of the stream begins with the name, so that ZeroMQ can filter.
public struct StreamTopic: Hashable, Sendable {
    public static let byteCountMax = 31
    /// Bytes the name takes in a frame, padded with zeros.
    public static let fieldByteCount = 32

    public let name: String

    /// Letters, digits, `.`, `_` and `-`, at most 31 of them; nil for anything else.
    public init?(_ name: String) {
        let isAllowed = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !name.isEmpty, name.utf8.count <= Self.byteCountMax, name.utf8.allSatisfy(isAllowed) else { return nil }
        self.name = name
    }

    init(checked name: String) {
        guard let topic = StreamTopic(name) else { preconditionFailure("\(name) is no topic") }
        self = topic
    }

    /// The market's columns of an instrument's root, such as ES.
    public static func features(_ root: String) -> StreamTopic { StreamTopic(checked: "features.\(root)") }
    /// The columns of its five levels.
    public static func levels(_ root: String) -> StreamTopic { StreamTopic(checked: "levels.\(root)") }
    /// The option chain of the root's contracts, by strike.
    public static func strikes(_ root: String) -> StreamTopic { StreamTopic(checked: "strikes.\(root)") }
    public static func signals(_ root: String) -> StreamTopic { StreamTopic(checked: "signals.\(root)") }
    public static func verdicts(_ root: String) -> StreamTopic { StreamTopic(checked: "verdicts.\(root)") }
    public static func orders(_ root: String) -> StreamTopic { StreamTopic(checked: "orders.\(root)") }
    public static func fills(_ root: String) -> StreamTopic { StreamTopic(checked: "fills.\(root)") }
    /// What a process says about itself, as JSON.
    public static func status(_ process: String) -> StreamTopic { StreamTopic(checked: "status.\(process)") }

    /// The name as it stands in a frame.
    var field: [UInt8] { Array(name.utf8) + Array(repeating: 0, count: Self.fieldByteCount - name.utf8.count) }

    init?(field: UnsafeRawBufferPointer) {
        let name = field.prefix { $0 != 0 }
        guard field.count == Self.fieldByteCount, field[name.endIndex...].allSatisfy({ $0 == 0 }) else { return nil }
        self.init(String(decoding: name, as: UTF8.self))
    }
}

extension StreamTopic: CustomStringConvertible {
    public var description: String { name }
}

/// Which topics a subscriber wants: one, `features.ES`, or a whole family, `features`.
public struct TopicFilter: Hashable, Sendable {
    /// As it was written.
    public let text: String

    /// A topic's name, or what stands before one of its dots; "*" for every topic. Nil for what no topic can begin
    /// with.
    public init?(_ text: String) {
        guard text == "*" || StreamTopic(text) != nil else { return nil }
        self.text = text
    }

    public init(_ topic: StreamTopic) { text = topic.name }

    public func matches(_ topic: StreamTopic) -> Bool {
        text == "*" || topic.name == text || topic.name.hasPrefix(text + ".")
    }

    /// ZeroMQ's prefixes for it. A topic of 31 bytes is followed by a zero too.
    var prefixes: [[UInt8]] {
        text == "*" ? [[]] : [Array(text.utf8) + [0], Array(text.utf8) + [UInt8(ascii: ".")]]
    }
}
