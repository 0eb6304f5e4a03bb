import CHeapCount
import Foundation
import Security
import TestSupport
import Testing

@Suite struct SecurityTests {
    /// FIPS 180-4 examples and NIST CAVP SHA256ShortMsg; the last is NIST's million times "a".
    private static let publishedDigests: [(message: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: publishedDigests)
    func `SHA-256 gives the digests that NIST publishes`(message: String, digest: String) {
        #expect(SHA256Digest(of: Array(message.utf8)).hexadecimal == digest)
    }

    /// RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block).
    private static let publishedCodes: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test(arguments: publishedCodes)
    func `HMAC-SHA256 gives the codes of RFC 4231`(key: [UInt8], message: [UInt8], code: String) {
        #expect(MessageAuthentication.code(key: key, message: message).hexadecimal == code)
    }

    @Test func `an authenticator gives the codes that the one-off function gives, message after message`() throws {
        let bytes = [UInt8](repeating: 0x5a, count: SecretKey.byteCount)
        let authenticator = MessageAuthenticator(try #require(SecretKey(bytes: bytes)))
        for count in [300, 0, 1, 64, 0, 131, 300] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let code = message.withUnsafeBytes { authenticator.code(of: $0) }
            #expect(code == MessageAuthentication.code(key: bytes, message: message), "\(count) bytes")
            #expect(message.withUnsafeBytes { authenticator.isValid(code, for: $0) })
            #expect(!(message + [0]).withUnsafeBytes { authenticator.isValid(code, for: $0) })
        }
    }

    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 1_000, 100_000])
    func `digest and code equal those of the openssl command`(count: Int) throws {
        var state = UInt64(count) &* 0x9e37_79b9_7f4a_7c15 | 1
        let message = (0..<count).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        #expect(try openssl(["dgst", "-sha256", "-r"], message) == SHA256Digest(of: message).hexadecimal)
        let code = MessageAuthentication.code(key: Array("levelhead".utf8), message: message).hexadecimal
        #expect(try openssl(["dgst", "-sha256", "-hmac", "levelhead", "-r"], message) == code)
    }

    @Test func `any split of the bytes gives the same digest`() {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let whole = SHA256Digest(of: message)
        var hasher = SHA256Hasher()
        for split in 0...message.count {
            hasher.update(Array(message[..<split]))
            hasher.update(Array(message[split...]))
            #expect(hasher.finish() == whole, "split at \(split)")
        }
    }

    @Test func `a chain step is the digest of the previous digest and the block`() {
        let block = Array("block".utf8)
        let first = SHA256Digest(of: Array("start".utf8))
        var hasher = SHA256Hasher()
        let next = block.withUnsafeBytes { hasher.chain(first, $0) }
        #expect(next == SHA256Digest(of: first.withBytes { Array($0) } + block))
    }

    @Test(.enabled(if: lh_heap_count_enabled() == 1, "a sanitizer counts the heap"))
    func `a thousand chained blocks allocate nothing`() {
        let block = [UInt8](repeating: 7, count: 3_416)
        var hasher = SHA256Hasher()
        let (digest, calls) = block.withUnsafeBytes { block in
            var digest = hasher.chain(SHA256Digest(), block)
            let before = lh_heap_calls()
            for _ in 0..<1_000 { digest = hasher.chain(digest, block) }
            return (digest, lh_heap_calls() - before)
        }
        #expect(calls == 0)
        #expect(digest != SHA256Digest())
    }

    @Test func `hexadecimal digits are read back, and nothing else is`() {
        let digest = SHA256Digest(of: [1, 2, 3])
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal) == digest)
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
        #expect(SHA256Digest(hexadecimal: String(digest.hexadecimal.dropLast())) == nil)
        #expect(SHA256Digest(hexadecimal: digest.hexadecimal.dropLast() + "g") == nil)
        #expect(MemoryLayout<SHA256Digest>.size == 32)
    }

    @Test func `codes are equal only when every byte is`() {
        let code = SHA256Digest(of: [1])
        #expect(MessageAuthentication.isEqual(code, code))
        for index in 0..<32 {
            var bytes = code.withBytes { Array($0) }
            bytes[index] ^= 1
            #expect(!MessageAuthentication.isEqual(code, bytes.withUnsafeBytes { SHA256Digest(bytes: $0) }))
        }
    }

    /// The first word of what the command prints.
    private func openssl(_ arguments: [String], _ message: [UInt8]) throws -> String {
        let directory = try Scratch()
        let file = "\(directory.path)/message"
        try Data(message).write(to: URL(fileURLWithPath: file))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments + [file]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix { $0 != " " })
    }
}
