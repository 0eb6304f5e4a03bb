@testable import Control
import Determinism
import Foundation
import Security
import Testing
import Units

@Suite struct ControlMessageTests {
    private static func message(payload: [UInt8] = Array("{}".utf8)) -> ControlMessage {
        ControlMessage(
            kind: .command, verb: .pause, id: CommandID(high: 1, low: 2), nonce: CommandID(high: 3, low: 4),
            time: Timestamp(nanoseconds: 0x0102_0304_0506_0708), sender: "levelhead", run: "run-1", payload: payload)
    }

    private static func decode(_ bytes: [UInt8], _ key: SecretKey) -> Result<ControlMessage, ControlRefusal> {
        bytes.withUnsafeBytes { raw in Result { () throws(ControlRefusal) in try .decode(raw, key: key) } }
    }

    private static func refusal(_ bytes: [UInt8], _ key: SecretKey) -> ControlRefusal? {
        if case .failure(let refusal) = decode(bytes, key) { return refusal }
        return nil
    }

    /// `bytes` with a change, under a code that is right again.
    private static func signedAgain(_ bytes: [UInt8], _ key: SecretKey, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var changed = Array(bytes.dropLast(32))
        change(&changed)
        let code = changed.withUnsafeBytes { key.code(of: $0) }
        code.withBytes { changed += $0 }
        return changed
    }

    @Test func `the bytes are those of the documentation`() throws {
        let key = try TestKey.make()
        let bytes = Self.message().encoded(key: key)
        #expect(bytes.count == 136 + 2 + 32)
        #expect(Array(bytes[..<8]) == Array("LHCM".utf8) + [1, 1, 2, 0])
        #expect(Array(bytes[8..<16]) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[32..<40]) == [4, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[40..<48]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(Array(bytes[48..<64]) == Array("levelhead".utf8) + [UInt8](repeating: 0, count: 7))
        #expect(Array(bytes[132..<138]) == [2, 0, 0, 0] + Array("{}".utf8))
        // By Python's hmac over the same bytes, key 00 01 … 1f.
        let code = "b72541a7551a751adc71167bb2ddfb10462fbab2c3b02127947c496ff7c67b36"
        #expect(SHA256Digest(bytes: bytes[138...].withUnsafeBytes { $0 }).hexadecimal == code)
    }

    @Test func `what is encoded is decoded, of every kind and verb`() throws {
        let key = try TestKey.make()
        for verb in ControlVerb.allCases {
            for outcome in ControlOutcome.allCases {
                var answer = Self.message(payload: Array(#"{"message":"é"}"#.utf8))
                answer.kind = .answer
                answer.verb = verb
                answer.outcome = outcome
                answer.number = 7
                #expect(try Self.decode(answer.encoded(key: key), key).get() == answer)
            }
        }
        let largest = Self.message(payload: [UInt8](repeating: 0x20, count: ControlMessage.largestPayloadBytes))
        #expect(largest.encoded(key: key).count == 65_536)
        #expect(try Self.decode(largest.encoded(key: key), key).get() == largest)
    }

    @Test func `any bit that is altered is refused`() throws {
        let key = try TestKey.make()
        let bytes = Self.message().encoded(key: key)
        for bit in 0..<8 * bytes.count {
            var altered = bytes
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.refusal(altered, key) != nil, "bit \(bit)")
        }
    }

    @Test func `any length that is wrong is refused by its name`() throws {
        let key = try TestKey.make()
        let bytes = Self.message().encoded(key: key)
        for count in 0..<bytes.count { #expect(Self.refusal(Array(bytes[..<count]), key) == .truncated, "\(count)") }
        #expect(Self.refusal(bytes + [0], key) == .trailingBytes)
        #expect(Self.refusal([UInt8](repeating: 1, count: 65_537), key) == .tooLong)
        #expect(Self.refusal(Array("GET /metrics".utf8), key) == .notAMessage)
        for length in [3, 0x7FFF_FFFF, UInt32.max] as [UInt32] {
            var huge = bytes
            withUnsafeBytes(of: length.littleEndian) { huge.replaceSubrange(132..<136, with: $0) }
            #expect(Self.refusal(huge, key) == .truncated)
        }
    }

    @Test func `another key is refused`() throws {
        let bytes = Self.message().encoded(key: try TestKey.make())
        #expect(Self.refusal(bytes, try TestKey.make(first: 1)) == .wrongCode)
    }

    @Test func `what a holder of the key gets wrong is refused by its name`() throws {
        let key = try TestKey.make()
        let bytes = Self.message().encoded(key: key)
        func refusal(_ change: (inout [UInt8]) -> Void) -> ControlRefusal? {
            Self.refusal(Self.signedAgain(bytes, key, change), key)
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0[4] = 2 } == .version)
        #expect(refusal { $0[5] = 3 } == .malformed, "kind")
        #expect(refusal { $0[6] = 0 } == .malformed, "verb")
        #expect(refusal { $0[7] = 1 } == .malformed, "a command with an outcome")
        #expect(refusal { $0[5] = 2 } == .malformed, "an answer without one")
        #expect(refusal { $0[63] = 65 } == .malformed, "text after its end")
        #expect(refusal { $0[48] = 0xFF } == .malformed, "not UTF-8")
        #expect(refusal { $0[48] = 0x1B } == .malformed, "a control character")
        #expect(refusal { for index in 48..<64 { $0[index] = 0 } } == .malformed, "no sender")
    }

    /// Random bytes, random bytes with a right beginning, and messages with random damage: refused, each by one reason.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `twenty thousand bad messages are refused`(seed: UInt64) throws {
        let key = try TestKey.make()
        let good = Self.message(payload: Array(#"{"reason":"a reason of some length"}"#.utf8)).encoded(key: key)
        var generator = SeededGenerator(seed: seed)
        var reasons: [ControlRefusal: Int] = [:]
        for index in 0..<20_000 {
            var bytes = good
            switch index % 4 {
            case 0:
                let count = Int.random(in: 0...400, using: &generator)
                bytes = (0..<count).map { _ in .random(in: 0...255, using: &generator) }
            case 1:
                let count = Int.random(in: 0...400, using: &generator)
                bytes = Array("LHCM".utf8) + (0..<count).map { _ in .random(in: 0...255, using: &generator) }
            case 2:
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            default:
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] ^= .random(in: 1...255, using: &generator)
            }
            let refusal = try #require(Self.refusal(bytes, key), "seed \(seed), message \(index)")
            reasons[refusal, default: 0] += 1
        }
        #expect(Set(reasons.keys).isSuperset(of: [.truncated, .notAMessage, .wrongCode]), "seed \(seed): \(reasons)")
        // What somebody without the key can be told apart by, and no more.
        let isWithoutKey = Set(reasons.keys).isSubset(
            of: [.tooLong, .truncated, .trailingBytes, .notAMessage, .wrongCode])
        #expect(isWithoutKey, "seed \(seed): \(reasons)")
    }

    @Test func `a command id is told as its bytes on the wire`() {
        #expect(CommandID(high: 1, low: 0xFF00).hexadecimal == "010000000000000000ff000000000000")
    }
}
