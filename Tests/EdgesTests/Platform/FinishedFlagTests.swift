import Platform
import Testing
import Units

@Suite struct FinishedFlagTests {
    @Test func `a wait ends with the flag, or with its time`() throws {
        let flag = FinishedFlag()
        #expect(!flag.isSet && !flag.wait(atMost: .zero) && !flag.wait(atMost: .milliseconds(2)))
        let thread = try JoinableThread { flag.set() }
        #expect(flag.wait(atMost: .seconds(60)))
        thread.join()
        #expect(flag.isSet && flag.wait(atMost: .zero))
    }
}
