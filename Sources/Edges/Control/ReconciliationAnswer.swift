/// What the venue says, what the execution gateway had when it was asked, and where they differ.
public struct ReconciliationAnswer: Codable, Equatable, Sendable {
    /// One of the two sides.
    public struct Side: Codable, Equatable, Sendable {
        /// Signed contracts.
        public var position: Int64
        public var orders: [Order]

        public init(position: Int64, orders: [Order]) {
            self.position = position
            self.orders = orders
        }
    }

    /// A live order.
    public struct Order: Codable, Equatable, Sendable {
        public var order: String
        public var side: String
        /// Contracts that may still fill.
        public var leaves: Int64

        public init(order: String, side: String, leaves: Int64) {
            self.order = order
            self.side = side
            self.leaves = leaves
        }
    }

    /// Something that the two sides do not agree on.
    public struct Difference: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable {
            /// The venue holds other contracts than the fills come to, and nothing explains it.
            case position
            /// The venue has an order that nobody here knows; it is being cancelled.
            case strayOrder = "stray_order"
            /// An order that was live here had ended there.
            case missingOrder = "missing_order"
            /// More or less of an order has filled than was told.
            case fills
            /// An order may fill more or less there than is known here.
            case leaves
            /// An order stands at another price there.
            case price
        }

        public var kind: Kind
        /// The order, as printed; nil for the position.
        public var order: String?
        /// Signed contracts, of a price ticks: what was had here, and what the venue says.
        public var expected, found: Int64

        public init(kind: Kind, order: String? = nil, expected: Int64 = 0, found: Int64 = 0) {
            self.kind = kind
            self.order = order
            self.expected = expected
            self.found = found
        }
    }

    public var venue: Side
    public var held: Side
    public var differences: [Difference]

    public init(venue: Side, held: Side, differences: [Difference]) {
        self.venue = venue
        self.held = held
        self.differences = differences
    }
}
