/// Memory for one converted record, owned by a decoder or encoder.
final class RecordScratch {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: RecordConversion.byteCountMax, alignment: 8)

    deinit { bytes.deallocate() }
}
