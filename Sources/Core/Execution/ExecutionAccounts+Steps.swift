import Orders
import Units

/// One numbering for the gateways of two accounts.
struct GatewayNumbers: BitwiseCopyable {
    var identities: ClientOrderIDSequence
    var updateCount, fillCount, queryCount, lastApproval: UInt64
}

extension ExecutionGateway {
    var numbers: GatewayNumbers {
        get {
            GatewayNumbers(
                identities: identities, updateCount: updateCount, fillCount: fillCount, queryCount: queryCount,
                lastApproval: lastApproval)
        }
        set {
            identities = newValue.identities
            updateCount = newValue.updateCount
            fillCount = newValue.fillCount
            queryCount = newValue.queryCount
            lastApproval = newValue.lastApproval
        }
    }

    /// Changes the gateway, which goes on with the other's numbers and hands its outputs to it.
    fileprivate mutating func change(
        goingOnFrom other: inout ExecutionGateway, _ body: (inout ExecutionGateway) -> Void
    ) {
        numbers = other.numbers
        body(&self)
        other.numbers = numbers
        other.fills.append(fills)
        other.updates.append(updates)
        other.notices.append(notices)
        other.commands.append(commands)
        fills.removeAll()
        updates.removeAll()
        notices.removeAll()
        commands.removeAll()
    }

    /// The other account is being flattened, so this one is too, under the same name.
    mutating func join(_ other: FlattenProgress, _ clock: TradingClock) {
        if isFlattening { return }
        flatten(other.reason, isOurs: true, clock)
        flattening.waitsForOpen = other.waitsForOpen
        flattening.certificate.command = other.certificate.command
        flattening.certificate.sender = other.certificate.sender
        flattening.certificate.reason = other.certificate.reason
        proceed(clock)
    }

    /// Something was heard since this account was proven flat, and before the other was: it is read again.
    mutating func proveAgain(_ clock: TradingClock) {
        isFlattening = true
        brackets.removeAll()
        for i in live.indices { cancel(i, clock) }
        read = VenueRead()
        flattening.cleanReads = 0
        readFrom = clock.message
        proceed(clock)
    }
}

extension ExecutionAccounts {
    mutating func step(both clock: TradingClock, _ body: (inout ExecutionGateway) -> Void) {
        let told = first.notices.count
        body(&first)
        change(.second, body)
        unite(from: told, clock)
    }

    mutating func step(_ account: VenueAccount, _ clock: TradingClock, _ body: (inout ExecutionGateway) -> Void) {
        let told = first.notices.count
        change(account, body)
        unite(from: told, clock)
    }

    /// Changes one gateway. The second one goes on with the first's numbers, and its outputs join the first's.
    private mutating func change(_ account: VenueAccount, _ body: (inout ExecutionGateway) -> Void) {
        if account == .first { return body(&first) }
        second?.change(goingOnFrom: &first, body)
    }

    /// What one account begins the other does too, and what both have done is told once.
    private mutating func unite(from told: Int, _ clock: TradingClock) {
        guard first.notices.count > told || awaitsProof else { return }
        if news(.flattening, from: told) { joinFlatten(clock) }
        mergeFlattening(from: told)
        if takeAway(.reconciled, from: told), !isReconciling {
            let open = first.openQuantity + (second?.openQuantity ?? .zero)
            first.notify(
                ExecutionNotice(
                    kind: .reconciled, reason: .reconciliation, time: clock.event, expected: open, found: open))
        }
        if takeAway(.flat, from: told) { awaitsProof = true }
        if awaitsProof { prove(clock) }
    }

    private mutating func joinFlatten(_ clock: TradingClock) {
        guard let other = second else { return }
        if first.isFlattening, !other.isFlattening {
            let flattening = first.flattening
            change(.second) { $0.join(flattening, clock) }
        } else if other.isFlattening, !first.isFlattening {
            first.join(other.flattening, clock)
        }
    }

    /// Two flattens that begin at once are one.
    private mutating func mergeFlattening(from told: Int) {
        var hasOne = false
        var index = told
        while index < first.notices.count {
            if first.notices[index].kind == .flattening, hasOne {
                first.notices.remove(at: index)
            } else {
                hasOne = hasOne || first.notices[index].kind == .flattening
                index += 1
            }
        }
    }

    private func news(_ kind: ExecutionNotice.Kind, from told: Int) -> Bool {
        for index in told..<first.notices.count where first.notices[index].kind == kind { return true }
        return false
    }

    private mutating func takeAway(_ kind: ExecutionNotice.Kind, from told: Int) -> Bool {
        var isFound = false
        var index = told
        while index < first.notices.count {
            if first.notices[index].kind == kind {
                first.notices.remove(at: index)
                isFound = true
            } else {
                index += 1
            }
        }
        return isFound
    }

    // MARK: The proof

    /// Both are flat when both are proven, and nothing has been heard of either since.
    private mutating func prove(_ clock: TradingClock) {
        guard !isFlattening, let other = second else { return }
        if first.flattening.isProven, other.flattening.isProven {
            awaitsProof = false
            let certificate = first.flattening.certificate.joined(with: other.flattening.certificate)
            first.notify(
                ExecutionNotice(
                    kind: .flat, reason: first.flattening.reason, time: clock.event,
                    rounds: first.flattening.rounds + other.flattening.rounds,
                    found: first.openQuantity + other.openQuantity, certificate: certificate))
            return
        }
        if !first.flattening.isProven { first.proveAgain(clock) }
        if !other.flattening.isProven { change(.second) { $0.proveAgain(clock) } }
    }
}

extension FlattenCertificate {
    /// Of two accounts together: times are those of the account that was last, the start that of the first.
    func joined(with other: FlattenCertificate) -> FlattenCertificate {
        var both = command == 0 && other.command != 0 ? other : self
        both.epoch = max(epoch, other.epoch)
        both.start = min(start, other.start)
        both.startMessage = min(startMessage, other.startMessage)
        both.firstProof = max(firstProof, other.firstProof)
        both.secondProof = max(secondProof, other.secondProof)
        both.proven = max(proven, other.proven)
        both.fills = fills + other.fills
        both.contracts = contracts + other.contracts
        both.slippage = slippage + other.slippage
        return both
    }
}
