import Determinism
import Execution
import Orders
import Risk
import Testing
import Units

/// Two accounts at the venue: long in the first, short in the second, each with its own orders; one flatten for both.
@Suite struct TwoAccountTests {
    private static func own(_ count: UInt64) -> ClientOrderID { AccountsBench.own(count) }

    @Test func `what opens goes by its side, and is protected where it is held`() {
        var bench = AccountsBench()
        #expect(bench.approve(AccountsBench.manual(1), .open, .buy, 2, .level) == ["m1 entry buy 2"])
        bench.say(.accepted, AccountsBench.manual(1), .first) { $0.leaves = Quantity(2) }
        let long = bench.fill(AccountsBench.manual(1), .buy, 2, "5000.25", .first)
        #expect(long == ["x1 protectiveStop sell 2", "x2 target sell 2"])
        #expect(bench.approve(AccountsBench.manual(2), .open, .sell, 3, .account) == ["2 m2 entry sell 3"])
        bench.say(.accepted, AccountsBench.manual(2), .second) { $0.leaves = Quantity(3) }
        let short = bench.fill(AccountsBench.manual(2), .sell, 3, "5000.00", .second)
        #expect(short == ["2 x3 protectiveStop buy 3", "2 x4 target buy 3"])
        #expect(bench.accounts.first.position.quantity == Quantity(2))
        #expect(bench.accounts.second?.position.quantity == Quantity(-3))
        #expect(bench.accounts.quantity == Quantity(-1))
        #expect(bench.fills.map(\.account) == [.first, .second])
    }

    @Test func `one numbering goes through both accounts`() {
        let bench = AccountsBench.opposed()
        #expect(bench.fills.map(\.sequence) == [1, 2])
        #expect(bench.updates.map(\.sequence) == Array(1...UInt64(bench.updates.count)))
        let submitted = bench.commands.filter { $0.kind == .submit }.map(\.order.id)
        #expect(Set(submitted).count == submitted.count)
        for update in bench.updates {
            let opened = update.order.role == .entry ? update.order.side : update.order.side.opposite
            #expect(update.order.account == VenueAccount.holding(opened))
        }
    }

    @Test func `a close is of one book, where that is held`() {
        var bench = AccountsBench.opposed()
        #expect(bench.approve(AccountsBench.manual(3), .close, .buy, 0, .account) == ["2 m3 close buy 3"])
        bench = AccountsBench.opposed()
        #expect(bench.approve(AccountsBench.manual(3), .close, .buy, 0, .level) == ["m3 close sell 2"])
    }

    @Test func `a part of a book is closed in its account, and no other book's there`() {
        var bench = AccountsBench.opposed()
        bench.hold(3, .sell, 2, .level)
        let out = bench.approve(AccountsBench.manual(4), .open, .buy, 1, .account) { $0.isReduceOnly = true }
        #expect(out == ["2 m4 close buy 1"])
        #expect(bench.updates.last?.order.parent == AccountsBench.manual(2))
        let other = bench.approve(AccountsBench.manual(5), .open, .sell, 1, .account) { $0.isReduceOnly = true }
        #expect(other.isEmpty)
        #expect(bench.updates.last?.state == .rejected)
    }

    @Test func `an approval that was taken is good in neither account`() {
        var bench = AccountsBench.opposed()
        #expect(bench.approve(AccountsBench.manual(3), .open, .buy, 1, .level, sequence: 9) == ["m3 entry buy 1"])
        #expect(bench.approve(AccountsBench.manual(4), .open, .sell, 1, .account, sequence: 9).isEmpty)
        #expect(bench.approve(AccountsBench.manual(5), .open, .sell, 1, .account, sequence: 8).isEmpty)
    }

    @Test func `an order is cancelled in the account that has it`() {
        var bench = AccountsBench()
        bench.approve(AccountsBench.manual(1), .open, .sell, 1, .account)
        #expect(bench.approve(AccountsBench.manual(1), .cancel, .sell, 1, .account) == ["2 cancel m1"])
    }

    // MARK: Flatten

    @Test func `a flatten is proven when each account has been read twice, and told once`() {
        var bench = AccountsBench.opposed()
        let begun = bench.tell(OperatorCommand(.flatten, id: 7, epoch: 2))
        #expect(begun.filter { $0.hasSuffix("flattening") } == ["flattening"])
        #expect(begun.contains("cancel x1") && begun.contains("2 cancel x3"))
        bench.cancelAll(.first)
        #expect(bench.answerRead(.first, 2) == ["x5 close sell 2"])
        bench.fill(Self.own(5), .sell, 2, "5000.00", .first)
        bench.answerRead(.first, 0)
        #expect(bench.answerRead(.first, 0).isEmpty)
        #expect(!bench.accounts.first.isFlattening && bench.accounts.isFlattening)
        bench.cancelAll(.second)
        #expect(bench.answerRead(.second, -3) == ["2 x6 close buy 3"])
        bench.fill(Self.own(6), .buy, 3, "5000.25", .second)
        bench.answerRead(.second, 0)
        #expect(bench.answerRead(.second, 0) == ["flat"])
        let told = bench.notices.filter { $0.kind == .flat }
        #expect(told.count == 1)
        #expect(told.first?.certificate.command == 7 && told.first?.certificate.epoch == 2)
        #expect(told.first?.certificate.contracts == Quantity(5) && told.first?.certificate.fills == 2)
        #expect(told.first?.rounds == 2)
        #expect(bench.accounts.isIdle)
    }

    @Test func `a word about an account that was proven before the other is, has it proven again`() {
        var bench = AccountsBench.opposed()
        bench.tell(OperatorCommand(.flatten, id: 7, epoch: 2))
        bench.cancelAll(.first)
        bench.answerRead(.first, 2)
        bench.fill(Self.own(5), .sell, 2, "5000.00", .first)
        bench.answerRead(.first, 0)
        bench.answerRead(.first, 0)
        bench.say(.cancelled, Self.own(1), .first)
        bench.cancelAll(.second)
        bench.answerRead(.second, -3)
        bench.fill(Self.own(6), .buy, 3, "5000.25", .second)
        bench.answerRead(.second, 0)
        #expect(bench.answerRead(.second, 0) == ["orders?", "position?"])
        #expect(bench.accounts.first.isFlattening)
        bench.answerRead(.first, 0)
        #expect(bench.answerRead(.first, 0) == ["flat"])
    }

    @Test func `what goes wrong in one account flattens both`() {
        var bench = AccountsBench.opposed()
        let out = bench.say(.cancelled, Self.own(3), .second) { $0.reason = .requested }
        #expect(bench.notices.map(\.kind) == [.flattening])
        #expect(bench.notices.last?.reason == .stopLost)
        #expect(out.contains("cancel x1") && out.contains("2 cancel x4"))
        #expect(bench.accounts.first.isFlattening && bench.accounts.second?.isFlattening == true)
    }

    @Test func `nothing opens in an account while the other is closed`() {
        var bench = AccountsBench()
        bench.hold(1, .sell, 1, .account)
        bench.take(
            StateChange(sequence: 1, time: bench.now, from: .active, to: .flattening, reason: .dailyLoss))
        bench.answerRead(.first, 0)
        bench.answerRead(.first, 0)
        #expect(!bench.accounts.first.isFlattening)
        #expect(bench.approve(AccountsBench.manual(2), .open, .buy, 1, .level).isEmpty)
        #expect(bench.updates.last?.state == .rejected && bench.updates.last?.reason == .notSent)
    }

    // MARK: Reconciliation and state

    @Test func `a reconciliation is told when both agree, and a question names its account`() {
        var bench = AccountsBench()
        bench.tell(OperatorCommand(.reconcile))
        #expect(bench.answerRead(.first, 0).isEmpty)
        #expect(bench.answerRead(.second, 0) == ["reconciled"])
        bench.tell(OperatorCommand(.reconcile))
        bench.answerRead(.first, 0)
        bench.answerRead(.second, -1)
        bench.wait(60)
        #expect(bench.answerRead(.second, -1).contains("2 reconciliationQuestion"))
        #expect(bench.notices.last { $0.kind == .reconciliationQuestion }?.account == .second)
    }

    @Test func `both accounts are saved and come back`() throws {
        var bench = AccountsBench.opposed()
        var archive = StateArchive()
        try bench.accounts.persist(&archive)
        var other = AccountsBench()
        var loading = StateArchive(loading: archive.bytes)
        try other.accounts.persist(&loading)
        try loading.checkEnd()
        #expect(other.accounts.second?.position == bench.accounts.second?.position)
        #expect(other.accounts.liveOrders == bench.accounts.liveOrders)
        let flatten = OperatorCommand(.flatten, id: 7, epoch: 2)
        #expect(other.tell(flatten) == bench.tell(flatten))
    }

    @Test func `canonical bytes say which account`() {
        var fill = Fill.blank
        fill.strategy = .level
        let first = fill.canonicalBytes
        fill.account = .second
        #expect(fill.canonicalBytes.last == 0x80 | StrategyID.level.rawValue)
        #expect(fill.canonicalBytes.dropLast() == first.dropLast())
        var order = Order.blank
        order.account = .second
        let update = OrderUpdate(
            sequence: 1, time: .undefined, messageTime: .undefined, order: order, state: .pending, reason: .none,
            leaves: .zero)
        #expect(update.canonicalBytes.last == 0x80)
    }
}
