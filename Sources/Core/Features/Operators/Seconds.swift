/// A span of ns in seconds. By way of a signed number: that is one instruction, and no span is longer than 292 years.
@inline(__always) func seconds(_ nanoseconds: UInt64) -> Double { Double(Int64(bitPattern: nanoseconds)) * 1e-9 }
