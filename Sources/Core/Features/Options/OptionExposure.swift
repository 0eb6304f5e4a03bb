/// What is open and traded at one strike, over all expirations: published beside the vector (FEATURES C.7).
public struct OptionStrike: BitwiseCopyable, Sendable {
    /// In 1e-9 points.
    public let strike: Int64
    public let points: Double
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

    init(strike: Int64, points: Double) {
        self.strike = strike
        self.points = points
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

    /// Adds a contract that is in the chain to the sums, and to its strike's.
    @inline(__always) mutating func add(
        _ contract: UnsafePointer<OptionContract>, _ strike: inout OptionStrike, isToday: Bool
    ) {
        members &+= 1
        strike.volume &+= contract.pointee.volume
        strike.signedVolume &+= contract.pointee.signedVolume
        let interest = contract.pointee.interest
        if interest >= 0 {
            addInterest(interest, isCall: contract.pointee.isCall, &strike)
            known &+= 1
            self.interest &+= interest
        }
        guard contract.pointee.hasVolatility else { return }
        valued &+= 1
        flowGamma -= Double(contract.pointee.signedVolume) * contract.pointee.gammaExposure
        guard interest >= 0 else { return }
        valuedInterest &+= interest
        addExposure(contract, &strike, isToday: isToday)
    }

    /// Adds contracts open (or takes them away) without a refresh.
    @inline(__always) mutating func addInterest(_ change: Int64, isCall: Bool, _ strike: inout OptionStrike) {
        if isCall {
            callInterest &+= change
            strike.callInterest &+= change
        } else {
            putInterest &+= change
            strike.putInterest &+= change
        }
    }

    @inline(__always) private mutating func addExposure(
        _ contract: UnsafePointer<OptionContract>, _ strike: inout OptionStrike, isToday: Bool
    ) {
        let open = Double(contract.pointee.interest)
        let signed = contract.pointee.sign * open
        exposed &+= 1
        if contract.pointee.isCall {
            strike.callGamma += open * contract.pointee.gamma
        } else {
            strike.putGamma += open * contract.pointee.gamma
        }
        let exposure = signed * contract.pointee.gammaExposure
        strike.gammaExposure += exposure
        vanna += signed * contract.pointee.vannaExposure
        charm += signed * contract.pointee.charmExposure
        guard isToday else { return }
        exposedToday &+= 1
        gammaToday += exposure
    }

    /// Sums the strikes' exposures.
    mutating func close(_ strikes: UnsafeBufferPointer<OptionStrike>) {
        for strike in strikes {
            gamma += strike.gammaExposure
            absoluteGamma += abs(strike.gammaExposure)
        }
    }
}

/// The strike with the most gamma of one kind: what is called a wall.
enum OptionWall {
    /// Points; NaN when there is no gamma. Of equals the one nearest the forward, then the lower.
    static func find(
        _ strikes: UnsafeBufferPointer<OptionStrike>, forward: Double, _ gamma: (OptionStrike) -> Double
    ) -> Double {
        var best = 0.0
        var found = Double.nan
        for strike in strikes {
            let value = gamma(strike)
            guard value > 0 else { continue }
            let isNearer = abs(strike.points - forward) < abs(found - forward)
            if value > best || (value == best && isNearer) {
                best = value
                found = strike.points
            }
        }
        return found
    }
}
