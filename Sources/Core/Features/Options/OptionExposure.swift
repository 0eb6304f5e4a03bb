/// What is open and traded at one strike, over all expirations (FEATURES C.7).
public struct OptionStrike: BitwiseCopyable, Sendable {
    /// In 1e-9 points.
    public let strike: Int64
    public let points: Double
    /// Contracts in the chain at the last refresh. A strike without any has nothing else either.
    public var members = 0
    /// Contracts open, as known now.
    public var callInterest: Int64 = 0
    public var putInterest: Int64 = 0
    /// Σ OI·Γ at the last refresh.
    public var callGamma = 0.0
    public var putGamma = 0.0
    /// Calls minus puts, USD per 1 %, at the last refresh.
    public var gammaExposure = 0.0
    /// Contracts since 18:00 and Σ D·size of them, as of the last refresh.
    public var volume: Int64 = 0
    public var signedVolume: Int64 = 0

    /// Members of each kind whose open interest was known at the last refresh, and how many of these had a volatility.
    public var knownCalls: Int32 = 0
    public var knownPuts: Int32 = 0
    public var exposedCalls: Int32 = 0
    public var exposedPuts: Int32 = 0

    // The strike's part of what `OptionTotals` calls by the same names.
    var valued = 0
    var exposedToday = 0
    var interest: Int64 = 0
    var valuedInterest: Int64 = 0
    var gammaToday = 0.0
    var flowGamma = 0.0
    var vanna = 0.0
    var charm = 0.0

    public init(strike: Int64, points: Double) {
        self.strike = strike
        self.points = points
    }

    /// Adds a contract that is in the chain.
    @inline(__always) mutating func add(_ contract: UnsafePointer<OptionContract>, isToday: Bool) {
        members &+= 1
        volume &+= contract.pointee.volume
        signedVolume &+= contract.pointee.signedVolume
        let open = contract.pointee.interest
        if open >= 0 {
            addInterest(open, isCall: contract.pointee.isCall)
            if contract.pointee.isCall { knownCalls &+= 1 } else { knownPuts &+= 1 }
            interest &+= open
        }
        guard contract.pointee.hasVolatility else { return }
        valued &+= 1
        flowGamma -= Double(contract.pointee.signedVolume) * contract.pointee.gammaExposure
        guard open >= 0 else { return }
        valuedInterest &+= open
        addExposure(contract, isToday: isToday)
    }

    /// Adds contracts open, or takes them away.
    @inline(__always) mutating func addInterest(_ change: Int64, isCall: Bool) {
        if isCall { callInterest &+= change } else { putInterest &+= change }
    }

    @inline(__always) private mutating func addExposure(_ contract: UnsafePointer<OptionContract>, isToday: Bool) {
        let open = Double(contract.pointee.interest)
        let signed = contract.pointee.sign * open
        if contract.pointee.isCall {
            exposedCalls &+= 1
            callGamma += open * contract.pointee.gamma
        } else {
            exposedPuts &+= 1
            putGamma += open * contract.pointee.gamma
        }
        let exposure = signed * contract.pointee.gammaExposure
        gammaExposure += exposure
        vanna += signed * contract.pointee.vannaExposure
        charm += signed * contract.pointee.charmExposure
        guard isToday else { return }
        exposedToday &+= 1
        gammaToday += exposure
    }
}

/// Sums over the chain as of the last refresh. Made anew at every refresh, in the order of strikes: no drift, and no
/// dependence on how the chain came about.
public struct OptionTotals: BitwiseCopyable, Sendable {
    /// Contracts in the chain, and how many of them have a volatility.
    public var members = 0
    public var valued = 0
    /// Of these, how many have known open interest; and how many of those expire in this session.
    public var exposed = 0
    public var exposedToday = 0
    /// Members whose open interest is known, as known now.
    public var known = 0
    /// Contracts open, as known now.
    public var callInterest: Int64 = 0
    public var putInterest: Int64 = 0
    /// As of the refresh.
    public var interest: Int64 = 0
    public var valuedInterest: Int64 = 0
    /// USD per 1 %.
    public var gamma = 0.0
    public var gammaToday = 0.0
    public var flowGamma = 0.0
    /// Σ over strikes of the size of each one's exposure.
    public var absoluteGamma = 0.0
    /// USD per vol point.
    public var vanna = 0.0
    /// USD per day.
    public var charm = 0.0

    public init() {}

    @inline(__always) mutating func add(_ strike: UnsafePointer<OptionStrike>) {
        members &+= strike.pointee.members
        valued &+= strike.pointee.valued
        exposed &+= Int(strike.pointee.exposedCalls &+ strike.pointee.exposedPuts)
        exposedToday &+= strike.pointee.exposedToday
        known &+= Int(strike.pointee.knownCalls &+ strike.pointee.knownPuts)
        callInterest &+= strike.pointee.callInterest
        putInterest &+= strike.pointee.putInterest
        interest &+= strike.pointee.interest
        valuedInterest &+= strike.pointee.valuedInterest
        gamma += strike.pointee.gammaExposure
        gammaToday += strike.pointee.gammaToday
        flowGamma += strike.pointee.flowGamma
        absoluteGamma += abs(strike.pointee.gammaExposure)
        vanna += strike.pointee.vanna
        charm += strike.pointee.charm
    }

    /// Adds contracts open (or takes them away) without a refresh.
    mutating func addInterest(_ change: Int64, isCall: Bool) {
        if isCall { callInterest &+= change } else { putInterest &+= change }
    }
}
