import Determinism

extension StateArchive {
    /// An enum by its raw value. A load of a value that is no case fails.
    public mutating func code<T: RawRepresentable>(_ value: inout T) throws(Failure) where T.RawValue: BitwiseCopyable {
        var raw = value.rawValue
        try field(&raw)
        guard let known = T(rawValue: raw) else { throw .mismatch(offset: bytes.count, expected: "\(T.self)") }
        value = known
    }

    /// A count that must lie in 0…limit.
    public mutating func bounded(_ count: inout Int, atMost limit: Int) throws(Failure) {
        try field(&count)
        guard count >= 0, count <= limit else { throw .mismatch(offset: bytes.count, expected: "0...\(limit)") }
    }
}
