import Control
import Foundation
import Platform
import Security
import Synchronization
import TestSupport
import Testing

@Suite struct KeyStoreTests {
    @Test func `a key is made once, of private mode, and read again`() throws {
        let state = try Scratch()
        let store = try KeyStore(stateDirectory: state.path)
        let message = Array("message".utf8)
        let first = message.withUnsafeBytes { bytes in try? store.key(.control).code(of: bytes) }
        let second = message.withUnsafeBytes { bytes in
            try? KeyStore(stateDirectory: state.path).key(.control).code(of: bytes)
        }
        #expect(first != nil && first == second)
        #expect(try state.mode("keys") == 0o700)
        #expect(try state.mode("keys/control.key") == 0o600)
        #expect(try Data(contentsOf: URL(fileURLWithPath: state.file("keys/control.key"))).count == 32)
    }

    @Test func `the keys differ`() throws {
        let state = try Scratch()
        let store = try KeyStore(stateDirectory: state.path)
        _ = try (store.key(.control), store.key(.approval))
        let bytes = try ["control", "approval"].map {
            try Data(contentsOf: URL(fileURLWithPath: state.file("keys/\($0).key")))
        }
        #expect(bytes[0] != bytes[1])
        #expect(Set(bytes[0]).count > 8, "32 random bytes have at most eight values once in 10^25 times")
    }

    @Test func `of many that start at once one makes the key and all have it`() throws {
        let state = try Scratch()
        let codes = Mutex<[SHA256Digest]>([])
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            guard let key = try? state.key() else { return }
            let code = Array("x".utf8).withUnsafeBytes { key.code(of: $0) }
            codes.withLock { $0.append(code) }
        }
        let found = codes.withLock { $0 }
        #expect(found.count == 16)
        #expect(Set(found).count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.file("keys")) == ["control.key"])
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o610])
    func `a key that others may use is refused`(mode: Int) throws {
        let state = try Scratch()
        _ = try state.key()
        try state.setMode(mode, of: "keys/control.key")
        let error = #expect(throws: PrivatePathError.self) { try state.key() }
        #expect("\(try #require(error))".contains("0\(String(mode, radix: 8)), expected 0600: chmod 0600"))
    }

    @Test func `a key in a directory that others may use is refused`() throws {
        let state = try Scratch()
        _ = try state.key()
        try state.setMode(0o755, of: "keys")
        let error = #expect(throws: PrivatePathError.self) { try state.key() }
        #expect("\(try #require(error))".contains("keys: mode 0755, expected 0700"))
    }

    @Test func `a key of another size, a link and a directory are refused`() throws {
        let state = try Scratch()
        let store = try KeyStore(stateDirectory: state.path)
        let path = store.path(of: .control)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        try state.setMode(0o600, of: "keys/control.key")
        #expect(throws: PrivatePathError.size(path: path, found: 3, expected: 32)) { try store.key(.control) }
        try FileManager.default.removeItem(atPath: path)
        _ = try store.key(.approval)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: store.path(of: .approval))
        #expect(throws: PrivatePathError.self) { try store.key(.control) }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: PrivatePathError.self) { try store.key(.control) }
    }

    @Test func `a key has no text`() throws {
        let key = try TestKey.make(first: 200)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])", "\(Optional(key) as Any)"] {
            #expect(!text.contains("200") && !text.contains("c8"), "\(text)")
        }
    }
}
