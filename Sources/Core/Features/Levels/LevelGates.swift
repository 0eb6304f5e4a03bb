import MarketData

/// Tells for all levels at once which of them a group may concern that neither traded nor moved the mid: those near
/// whose prices the book changed, or that came into the ten visible prices or left them.
///
/// What it knows of a level is what that level knew after the last group that it took; the levels in hand are all that
/// must take the next one whatever it is.
struct LevelGates: ~Copyable {
    private typealias Lanes = SIMD8<Int32>

    private struct State: BitwiseCopyable {
        /// The prices within reach of each level, ticks.
        var low = Lanes(repeating: .max)
        var high = Lanes(repeating: .min)
        /// −1 in the lanes of levels below (bids are in the way of price), above, and out of the book's sight.
        var isBelow = Lanes()
        var isAbove = Lanes()
        var isBeyondAsks = Lanes()
        var isBeyondBids = Lanes()
    }

    private let state: UnsafeMutablePointer<State>
    /// A bit for each level that is not known to be out of the book's sight.
    private var inSight: UInt32 = ~0

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit { state.deallocate() }

    /// No level is near what the book shows, and the group changes sizes only.
    @inline(__always) func isOutOfSight(_ change: BookChange) -> Bool {
        inSight & ContractState.allLevels == 0 && !change.bidPricesMoved && !change.askPricesMoved
    }

    /// The levels that a group concerns, a bit each.
    ///
    /// - Parameter touch: the prices between which it may have changed the book.
    func concerned(by touch: BookTouch, _ book: UnsafePointer<Book>) -> UInt32 {
        let (low, high) = (state.pointee.low, state.pointee.high)
        let isBeyondAsks = Self.lanes(low .> Lanes(repeating: book.pointee.visibleAskCeiling))
        let isBeyondBids = Self.lanes(high .< Lanes(repeating: book.pointee.visibleBidFloor))
        let isTouched = touch.reaching(
            low: low, high: high, isBelow: state.pointee.isBelow, isAbove: state.pointee.isAbove)
        let hasMoved = (isBeyondAsks ^ state.pointee.isBeyondAsks) | (isBeyondBids ^ state.pointee.isBeyondBids)
        let concerned = hasMoved | (isTouched & ~(isBeyondAsks | isBeyondBids))
        let bits = concerned & Lanes(1, 2, 4, 8, 16, 0, 0, 0)
        return UInt32(bitPattern: bits.wrappedSum())
    }

    /// −1 where the mask holds.
    @inline(__always)
    private static func lanes(_ mask: SIMDMask<Lanes>) -> Lanes { unsafeBitCast(mask, to: Lanes.self) }

    /// Takes over what a level that took a group knows now.
    mutating func follow(_ index: Int, _ level: UnsafePointer<LevelState>, _ book: UnsafePointer<Book>) {
        let isActive = level.pointee.isActive
        let nearest = level.pointee.price.nearest
        let reach = level.pointee.reach
        let side = level.pointee.test.approachSide
        let (low, high) = isActive ? (nearest &- reach, nearest &+ reach) : (Int32.max, Int32.min)
        let (isBeyondAsks, isBeyondBids) = (low > book.pointee.visibleAskCeiling, high < book.pointee.visibleBidFloor)
        let bit: UInt32 = 1 &<< UInt32(index)
        inSight = isBeyondAsks || isBeyondBids ? inSight & ~bit : inSight | bit
        let lanes = UnsafeMutableRawPointer(state).assumingMemoryBound(to: Int32.self) + index
        let values: (Int32, Int32, Int32, Int32, Int32, Int32) = (
            low, high, side < 0 ? -1 : 0, side > 0 ? -1 : 0, isBeyondAsks ? -1 : 0, isBeyondBids ? -1 : 0
        )
        (lanes[0], lanes[8], lanes[16], lanes[24], lanes[32], lanes[40]) = values
    }
}

extension BookTouch {
    /// −1 in the lanes of levels whose depths may have changed: within reach of the level, and on the side in the way
    /// of price up to the best price as well.
    @inline(__always)
    fileprivate func reaching(
        low: SIMD8<Int32>, high: SIMD8<Int32>, isBelow: SIMD8<Int32>, isAbove: SIMD8<Int32>
    ) -> SIMD8<Int32> {
        func lanes(_ mask: SIMDMask<SIMD8<Int32>>) -> SIMD8<Int32> { unsafeBitCast(mask, to: SIMD8<Int32>.self) }
        let bids =
            lanes(SIMD8(repeating: bidHigh) .>= low) & (isBelow | lanes(SIMD8(repeating: bidLow) .<= high))
        let asks =
            lanes(SIMD8(repeating: askLow) .<= high) & (isAbove | lanes(SIMD8(repeating: askHigh) .>= low))
        return bids | asks
    }
}
