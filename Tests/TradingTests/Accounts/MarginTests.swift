import Accounts
import Orders
import Testing
import Units

@Suite struct MarginTests {
    private let table = MarginTable(rows: [
        MarginRow(contract: .mes, initial: .usd("2200"), maintenance: .usd("2000"), intraday: .usd("50")),
        MarginRow(contract: .es, initial: .usd("22000"), maintenance: .usd("20000"), intraday: .usd("500")),
    ])

    private func exposures(_ list: ContractExposure...) -> AccountLimits.Exposures {
        var exposures = AccountLimits.Exposures()
        for exposure in list { exposures.append(exposure) }
        return exposures
    }

    @Test func `the worse of all buys and all sells counts`() {
        let exposure = ContractExposure(
            contract: .mes, position: Quantity(2), workingBuys: Quantity(3), workingSells: Quantity(8))
        #expect(exposure.highest == Quantity(5) && exposure.lowest == Quantity(-6))
        #expect(exposure.worst == Quantity(6))
        #expect(table.requirement(exposure, opens: true, isIntraday: false) == .usd("13200"))
        #expect(table.requirement(exposure, opens: false, isIntraday: false) == .usd("12000"))
        #expect(table.requirement(exposure, opens: true, isIntraday: true) == .usd("300"))
        #expect(table.requirement(exposure, opens: false, isIntraday: true) == .usd("300"))
    }

    @Test func `what is opened asks initial margin, what is held beside it maintenance`() {
        let held = exposures(
            ContractExposure(contract: .mes, position: Quantity(-3)),
            ContractExposure(contract: .es, position: Quantity(1), workingBuys: Quantity(1)))
        #expect(table.requirement(held, opening: nil, isIntraday: false) == .usd("46000"))
        #expect(table.requirement(held, opening: .es, isIntraday: false) == .usd("50000"))
        #expect(table.requirement(held, opening: .es, isIntraday: true) == .usd("1150"))
    }

    @Test func `a contract without a row has no answer`() {
        let unknown = exposures(ContractExposure(contract: ContractRoot("MNQ") ?? .none, position: Quantity(1)))
        #expect(table.requirement(unknown, opening: nil, isIntraday: false) == nil)
        let flat = exposures(ContractExposure(contract: ContractRoot("MNQ") ?? .none, position: .zero))
        #expect(table.requirement(flat, opening: nil, isIntraday: false) == .zero)
    }

    @Test func `the intraday window is half-open`() {
        let window = MarginWindow(from: BookScript.time(10), until: BookScript.time(20))
        let inside = [9, 10, 19, 20].map { window.contains(BookScript.time($0)) }
        #expect(inside == [false, true, true, false])
        #expect(!MarginWindow.never.contains(BookScript.time(10)))
    }

    @Test func `rows that make no sense are named`() {
        #expect(MarginRow.mes.problem == nil)
        var row = MarginRow.mes
        row.intraday = row.initial + Money(nanos: 1)
        #expect(row.problem == "intraday")
        row = .mes
        row.initial = row.maintenance - Money(nanos: 1)
        #expect(row.problem == "initial")
        row.maintenance = .zero
        #expect(row.problem == "maintenance")
        row.contract = .none
        #expect(row.problem == "contract")
    }

    @Test func `roots are their letters`() {
        #expect(ContractRoot("MES") == .mes && ContractRoot("ES") == .es)
        #expect(ContractRoot("MES")?.description == "MES" && ContractRoot("6E")?.description == "6E")
        for text in ["", "mes", "ABCDE", "E S"] { #expect(ContractRoot(text) == nil) }
    }
}

@Suite struct CorrelatedExposureTests {
    private let mnq = ContractRoot("MNQ") ?? .none

    private func range(_ weight: String, _ list: ContractExposure...) -> ExposureRange? {
        var exposures = AccountLimits.Exposures()
        for exposure in list { exposures.append(exposure) }
        let weights =
            CorrelatedExposure.sp500 + [
                ExposureWeight(contract: mnq, weight: ExactRatio(weight) ?? .zero)
            ]
        return CorrelatedExposure(weights: weights).range(exposures)
    }

    @Test func `contracts add up by their weights`() {
        let found = range(
            "1.25", ContractExposure(contract: .mes, position: Quantity(-3), workingSells: Quantity(2)),
            ContractExposure(contract: .es, position: Quantity(1), workingBuys: Quantity(1)),
            ContractExposure(contract: mnq, position: Quantity(2), workingSells: Quantity(4)))
        #expect(found == ExposureRange(present: 9_500_000_000, lowest: 2_500_000_000, highest: 19_500_000_000))
    }

    @Test func `a negative weight turns the sides round`() {
        let found = range(
            "-0.5",
            ContractExposure(
                contract: mnq, position: Quantity(2), workingBuys: Quantity(4), workingSells: Quantity(6)))
        #expect(found == ExposureRange(present: -1_000_000_000, lowest: -3_000_000_000, highest: 2_000_000_000))
    }

    @Test func `at the limit it is within, one beyond it is not`() throws {
        let limit = try #require(ExactRatio("10"))
        let tenLong = ContractExposure(contract: .mes, position: Quantity(4), workingBuys: Quantity(6))
        let tenShort = ContractExposure(contract: .mes, position: Quantity(-4), workingSells: Quantity(6))
        for (ten, side) in [(tenLong, 1), (tenShort, -1)] as [(ContractExposure, Int64)] {
            #expect(range("1", ten)?.isWithin(limit) == true)
            var eleven = ten
            eleven.position += Quantity(side)
            #expect(range("1", eleven)?.isWithin(limit) == false)
        }
        #expect(
            range("0.000000001", tenLong, ContractExposure(contract: mnq, position: Quantity(1)))?
                .isWithin(limit) == false)
    }

    @Test func `a contract without a weight has no answer`() {
        var exposures = AccountLimits.Exposures()
        exposures.append(ContractExposure(contract: mnq, position: Quantity(1)))
        #expect(CorrelatedExposure().range(exposures) == nil)
    }
}
