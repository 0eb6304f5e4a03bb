/// What must hold in every run, after every step. The names are stable.
public enum Invariant: String, CaseIterable, Sendable {
    /// A position is the sum of the fills that made it, at either gateway.
    case positionIsSumOfFills = "position_is_sum_of_fills"
    /// The execution gateway's position is the venue's as far as it has been told.
    case positionFollowsVenue = "position_follows_venue"
    /// The account's position is the sum of its books, at either gateway.
    case booksSumToPosition = "books_sum_to_position"
    /// Of two accounts the first is never short and the second never long.
    case accountsKeepTheirSides = "accounts_keep_their_sides"
    /// No opening order reaches the venue without an approval of exactly that order.
    case approvedOnly = "approved_only"
    /// No order reaches the venue twice.
    case sentOnce = "sent_once"
    /// No opening order leaves under another epoch than it was approved under, or while locked.
    case epochInForce = "epoch_in_force"
    /// No opening order leaves when its approval has expired.
    case approvalInForce = "approval_in_force"
    /// What the execution gateway issues by itself cannot enlarge or reverse the position.
    case selfIssuedShrinks = "self_issued_shrinks"
    /// LOCKED ends by an operator's arm alone.
    case lockedUntilArmed = "locked_until_armed"
    /// Every open contract has a stop sent or resting, or a flatten is in progress.
    case positionHasStop = "position_has_stop"
    /// Order quantity, worst position and open orders stay within their limits.
    case limitsHold = "limits_hold"
    /// When all has settled, no order that could open rests under an account that may open nothing.
    case restsOnlyWhileItMayOpen = "rests_only_while_it_may_open"
    /// Orders of a pair fill on one side alone, and together no more than the largest that was approved of them.
    case pairsShare = "pairs_share"
    /// Fees and profits add up to the cent, and to less.
    case moneyAddsUp = "money_adds_up"
    /// An order is not called ended while the venue has it, and does not fill afterwards.
    case unknownIsNotUnfilled = "unknown_is_not_unfilled"
    /// A journal that is folded again gives the same outputs, bit for bit.
    case refoldEqual = "refold_equal"
    /// When the gateway says that it is flat, the venue has no order and no position.
    case flatIsTrue = "flat_is_true"
    /// With the network healed and every process alive, everything settles, and all agree.
    case settles = "settles"
    /// A flatten then ends in flat within its bound.
    case flattens = "flattens"
    /// No process ends by itself but for want of disk.
    case processesLive = "processes_live"
}

/// The first invariant that did not hold in a run.
public struct Violation: Sendable, CustomStringConvertible {
    public let invariant: Invariant
    public let detail: String
    public let step: Int
    public let seed: UInt64

    public var description: String { "seed \(seed), step \(step): \(invariant.rawValue): \(detail)" }
}
