/// When a feature is not defined: the texts that rows share.
enum FeatureReason {
    static let never = "never"
    static let inactive = "the level is inactive"
    static let noLevelMid = "the level is inactive, or there is no mid for a second"
    static let noLevelBook = "the level is inactive, or the book is bad, crossed or closed"
    static let hidden = "not every price summed is among the ten levels, or the book is bad, crossed or closed"
    static let noMid = "there was no valid mid for a second"
    static let noBook = "the book is bad, crossed, closed or one-sided"
    static let fewLevels = "the book is invalid, or a side has fewer levels"
    static let noValue = "the book had no value since 18:00"
    static let noTrade = "nothing has traded"
    static let noSigned = "nothing has traded with a known aggressor"
    static let fewMids = "more than a tenth of the window's mids are missing, or nothing moved"
    static let noMove = "price has not moved"
    static let noHistory = "fewer than five sessions of history"
    static let regularSessions = "regular session"
    static let outside = "outside regular hours"
    static let noPrior = "the trade date before had no regular session on the tapes"
    static let noRegular = "the trade date has no regular session"
    static let noOptions = "the tapes hold no options"
    static let noChain = "no option of the chain has a usable quote and open interest"
    /// Of what expires in less than 300 s nothing is in the chain.
    static let noChainToday =
        "no option that expires today has a usable quote and open interest, or they expire within 300 s (after 15:55)"
    static let noQuote = "no option of the chain has a usable quote"
    static let noInterest = "no open interest is known"
    static let noVolatility = "no expiry at the horizon has usable quotes around the money"
}
