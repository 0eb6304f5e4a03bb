import Foundation
import Storage
import TestSupport
import Testing

@Suite struct OrderEpochTests {
    private let scratch: Scratch
    private let state: String

    init() throws {
        scratch = try Scratch()
        state = scratch.path
    }

    private func write(_ text: String) throws { try scratch.write(text, "order-epoch") }

    @Test func `every start has an epoch of its own`() throws {
        #expect(try OrderEpoch.current(stateDirectory: state) == nil)
        for expected in 1...5 as ClosedRange<UInt16> {
            #expect(try OrderEpoch.raise(stateDirectory: state) == expected)
            #expect(try OrderEpoch.current(stateDirectory: state) == expected)
        }
    }

    @Test(arguments: ["", "0\n", "7", "-1\n", "x\n", "53248\n", "7\n8\n"])
    func `what is no epoch is an error that names the file, and stays`(text: String) throws {
        try write(text)
        let error = OrderEpochError.damaged(path: "\(state)/order-epoch", text: text)
        #expect(throws: error) { try OrderEpoch.raise(stateDirectory: state) }
        #expect(try String(contentsOfFile: "\(state)/order-epoch", encoding: .utf8) == text)
    }

    @Test func `the last epoch is the last`() throws {
        try write("\(OrderEpoch.most)\n")
        #expect(throws: OrderEpochError.usedUp(path: "\(state)/order-epoch")) {
            try OrderEpoch.raise(stateDirectory: state)
        }
    }
}
