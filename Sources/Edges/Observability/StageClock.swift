import Control
import Histogram
import Units

/// From where to where a latency is measured.
public enum Stage: Int, Sendable, CaseIterable {
    /// Exchange's event (`ts_event`) to the exchange's sending (`ts_recv - ts_in_delta`): two clocks of the exchange.
    case eventToSend
    /// Exchange's sending to Databento's receiving (`ts_recv`): two clocks.
    case sendToVendor
    /// Databento's receiving to ours, by our wall clock: two clocks. Live only.
    case vendorToReceive
    /// Our receiving to the record in the ring.
    case receiveToRing
    /// Record in the ring to the record taken from it by this process.
    case ringToTaken
    /// Taken to every feature and signal current.
    case takenToComputed
    /// Record in the ring to signal published.
    case ringToSignal
    /// Signal received to verdict sent.
    case signalToVerdict
    /// Verdict received to order at the venue's socket.
    case verdictToOrder
    /// Record in the ring to the order that it led to at the venue's socket: the whole way through our processes.
    case ringToOrder
    /// Record in the ring to the order that it led to taken by the venue: one hop more.
    case ringToVenue
    /// Order at the venue's socket to the venue's acknowledgement.
    case orderToAcknowledgement

    /// Lower case with underscores, as metrics name it.
    public var name: String {
        switch self {
        case .eventToSend: "event_to_send"
        case .sendToVendor: "send_to_vendor"
        case .vendorToReceive: "vendor_to_receive"
        case .receiveToRing: "receive_to_ring"
        case .ringToTaken: "ring_to_taken"
        case .takenToComputed: "taken_to_computed"
        case .ringToSignal: "ring_to_signal"
        case .signalToVerdict: "signal_to_verdict"
        case .verdictToOrder: "verdict_to_order"
        case .ringToOrder: "ring_to_order"
        case .ringToVenue: "ring_to_venue"
        case .orderToAcknowledgement: "order_to_acknowledgement"
        }
    }
}

/// The latencies of a process: its data thread records, whoever asks gets percentiles.
///
/// The clocks are the caller's: spans of one machine by `MonotonicClock.now`, those that begin at the exchange or at
/// Databento by the wall clock. Nothing here reads a clock.
public final class StageClock: Sendable {
    /// A recorder for every stage, of about 37 KB each.
    private let recorders: [LatencyRecorder]

    public init() { recorders = Stage.allCases.map { _ in LatencyRecorder() } }

    /// Always from the same thread. O(1), allocates nothing, takes no lock.
    public func record(_ stage: Stage, _ span: Nanoseconds) {
        recorders[stage.rawValue].record(nanoseconds: span.count)
    }

    /// The way of a record to this machine: four clocks, three stages. What is undefined is left out.
    /// - Parameters:
    ///   - event: `ts_event`, the exchange's event.
    ///   - sendDelta: `ts_in_delta`, nanoseconds from the exchange's sending to `vendor`; nil if the record has none.
    ///   - vendor: `ts_recv`, Databento's receiving.
    ///   - received: our wall clock at receiving; undefined when the record comes from a file.
    public func recordArrival(event: Timestamp, sendDelta: Int32?, vendor: Timestamp, received: Timestamp) {
        guard vendor.isDefined else { return }
        if let sendDelta {
            let delta = Nanoseconds(Int64(sendDelta))
            if event.isDefined { record(.eventToSend, vendor - delta - event) }
            record(.sendToVendor, delta)
        }
        if received.isDefined { record(.vendorToReceive, received - vendor) }
    }

    /// Percentiles of every stage that has a count, in the order of the stages. From any thread.
    public func latencies() -> [ProcessStatus.Latency] {
        Stage.allCases.compactMap { stage in
            let recorder = recorders[stage.rawValue]
            let histogram = recorder.histogram()
            let totals = recorder.totals
            guard histogram.totalCount > 0 else {
                guard totals.backwards > 0 else { return nil }
                return ProcessStatus.Latency(
                    stage: stage.name, count: 0, sumNanoseconds: 0, backwards: totals.backwards)
            }
            return ProcessStatus.Latency(
                stage: stage.name, count: histogram.totalCount, sumNanoseconds: totals.sum,
                backwards: totals.backwards, p50: histogram.valueAtPercentile(50),
                p90: histogram.valueAtPercentile(90), p99: histogram.valueAtPercentile(99),
                p999: histogram.valueAtPercentile(99.9), max: histogram.max)
        }
    }
}
