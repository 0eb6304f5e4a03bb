import CZeroMQ

/// Room for one part of a message that was received. Used again for the next: the bytes of the one before are then
/// gone.
public struct ZeroMQMessage: ~Copyable {
    // The library's message may not move once it is initialised.
    let pointer: UnsafeMutablePointer<zmq_msg_t>

    public init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: zmq_msg_t())
        zmq_msg_init(pointer)
    }

    deinit {
        zmq_msg_close(pointer)
        pointer.deallocate()
    }

    /// What was received: valid until the next receive into this message.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
    }

    /// Another part of the same message follows.
    public var hasMore: Bool { zmq_msg_more(pointer) != 0 }
}
