import Determinism
import Units

/// Every bound of the trading folds, in one place. Storage has these sizes from start to finish; running
/// into one of them is a bug of ours (risk refuses orders long before) and stops the process with the limit's name.
public enum TradingLimits {
    /// Levels on one side of a book.
    public static let bookLevels = 10
    /// Largest position that a configuration may allow, contracts. Each contract may have been filled alone and then
    /// has a bracket of its own.
    public static let positionContracts: Int64 = 64
    /// Opening orders that may be live at once.
    public static let openingOrders = 32
    /// Orders that close a part of a position, at a person's or a strategy's word, that may be live at once.
    public static let reducingOrders = 32

    /// Live orders beyond which nothing more is rested where books net.
    public static let restingOrders = 192

    /// Live orders of one account: three to a bracket (stop, target, close), and those that open or
    /// reduce.
    public typealias LiveOrders<Element: BoundedElement> = BoundedList<256, Element>
    /// Brackets: one to a fill of an opening order.
    public typealias Brackets<Element: BoundedElement> = BoundedList<64, Element>
    /// Orders that ended last, for what may still come of them.
    public typealias EndedOrders<Element: BoundedElement> = BoundedList<64, Element>
    /// Commands on their way to the venue.
    public typealias CommandsInFlight<Element: BoundedElement> = BoundedQueue<512, Element>
    /// Venue events on their way back: every fill, and the answers to a few questions about every live order.
    public typealias EventsInFlight<Element: BoundedElement> = BoundedQueue<4096, Element>
    /// What one step of a fold may put out: at most a command and an update for every live order.
    public typealias Outputs<Element: BoundedElement> = BoundedList<512, Element>
    /// What the slow folds may put out in one step: signals, intents, verdicts, state changes, notices.
    public typealias FewOutputs<Element: BoundedElement> = BoundedList<32, Element>

    /// Checks that the limits agree; every process runs it first.
    public static func verify() {
        precondition(Brackets<VenueCommand>.capacity >= Int(positionContracts), "one bracket to a contract at most")
        precondition(
            LiveOrders<VenueCommand>.capacity
                >= 3 * Brackets<VenueCommand>.capacity + openingOrders + reducingOrders,
            "every bracket whole and every other order live")
        precondition(
            Outputs<VenueCommand>.capacity >= 2 * LiveOrders<VenueCommand>.capacity,
            "a flatten cancels every live order and reports every one")
        precondition(CommandsInFlight<VenueCommand>.capacity >= 2 * LiveOrders<VenueCommand>.capacity)
        precondition(EventsInFlight<VenueCommand>.capacity >= 4 * LiveOrders<VenueCommand>.capacity)
    }
}
