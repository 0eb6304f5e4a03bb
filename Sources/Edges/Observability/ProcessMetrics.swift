import Control
import Orders

/// A process's status as Prometheus reads it. Times in seconds, as its conventions ask for.
public enum ProcessMetrics {
    /// - Parameter resources: what the system says of the process; nil leaves those families out.
    public static func text(_ status: ProcessStatus, resources: ProcessResources? = nil) -> String {
        var text = MetricsText()
        addProcess(status, to: &text)
        addInput(status, to: &text)
        addLatencies(status, to: &text)
        addInstruments(status, to: &text)
        if let account = status.account { addAccount(account, to: &text) }
        if let resources { addResources(resources, status, to: &text) }
        return text.text
    }

    private static func addProcess(_ status: ProcessStatus, to text: inout MetricsText) {
        text.family("levelhead_process_info", .gauge, "Which process this is; always 1.") {
            $0.add(1, ["process": status.name, "run": status.run])
        }
        text.family("levelhead_process_state", .gauge, "1 for the state that the process is in, 0 for the others.") {
            for state in ProcessState.allCases { $0.add(state.name == status.state ? 1 : 0, ["state": state.name]) }
        }
        text.family("levelhead_control_refused_total", .counter, "Control messages that were not taken.") {
            for reason in ControlRefusal.allCases {
                $0.add(status.refused[reason.rawValue] ?? 0, ["reason": reason.rawValue])
            }
        }
        text.family("levelhead_warming_inputs", .gauge, "Contracts whose book is of a feed that is behind.") {
            $0.add(status.warming.count)
        }
        text.family("levelhead_missing_inputs", .gauge, "What the process needs and does not have: disk space.") {
            $0.add(status.missing.count)
        }
    }

    private static func addInput(_ status: ProcessStatus, to text: inout MetricsText) {
        text.family("levelhead_sequence", .gauge, "Last ring sequence number that is done.") { $0.add(status.sequence) }
        text.family("levelhead_lag_seconds", .gauge, "How far behind the newest known input the process is.") {
            $0.add(Double(status.lagNanoseconds) / 1e9)
        }
        text.family("levelhead_records_total", .counter, "Inputs done since start.") { $0.add(status.records) }
        text.family("levelhead_gaps_total", .counter, "Holes that a live feed has told.") { $0.add(status.gaps) }
        text.family("levelhead_records_lost_total", .counter, "Records that the ring had lost and the tape gave.") {
            $0.add(status.recordsLost)
        }
        text.family("levelhead_feed_state", .gauge, "1 for where a live feed stands.") {
            if let feed = status.feed { $0.add(1, ["state": feed]) }
        }
        if let feed = status.optionsFeed {
            text.family("levelhead_options_feed_state", .gauge, "1 for where the options' own live feed stands.") {
                $0.add(1, ["state": feed])
            }
        }
        text.family("levelhead_outputs_total", .counter, "Signals, verdicts, orders or fills made.") {
            $0.add(status.produced)
        }
        text.family("levelhead_outputs_dropped_total", .counter, "Answers of the paper venue that found no room.") {
            $0.add(status.dropped)
        }
    }

    private static func addLatencies(_ status: ProcessStatus, to text: inout MetricsText) {
        let name = "levelhead_stage_latency_seconds"
        text.family(name, .summary, "How long a stage takes; quantiles since start, by an HDR histogram.") { samples in
            for latency in status.latencies {
                let quantiles = [("0.5", latency.p50), ("0.9", latency.p90), ("0.99", latency.p99),
                    ("0.999", latency.p999), ("1", latency.max)]
                for case (let quantile, let value?) in quantiles {
                    samples.add(Double(value) / 1e9, ["stage": latency.stage, "quantile": quantile])
                }
                samples.add(Double(latency.sumNanoseconds) / 1e9, ["stage": latency.stage], suffix: "_sum")
                samples.add("\(latency.count)", ["stage": latency.stage], suffix: "_count")
            }
        }
        text.family("levelhead_stage_backwards_total", .counter, "Spans whose second clock was before the first.") {
            for latency in status.latencies { $0.add(latency.backwards, ["stage": latency.stage]) }
        }
    }

    private static func addInstruments(_ status: ProcessStatus, to text: inout MetricsText) {
        text.family("levelhead_instrument_quality", .gauge, "1 for what is wrong with an instrument's data, else 0.") {
            for instrument in status.instruments {
                for reason in DataQuality.allNames {
                    let isWrong = instrument.quality.contains(reason)
                    $0.add(isWrong ? 1 : 0, ["symbol": instrument.symbol, "reason": reason])
                }
            }
        }
    }

    private static func addAccount(_ account: ProcessStatus.Account, to text: inout MetricsText) {
        text.family("levelhead_position_contracts", .gauge, "Contracts held, below zero when sold; flat is absent.") {
            for symbol in account.position.keys.sorted() {
                $0.add(account.position[symbol] ?? 0, ["symbol": symbol])
            }
        }
        text.family("levelhead_day_pnl_dollars", .gauge, "Profit and loss of the trade date, marked.") {
            $0.add(account.dayProfit)
        }
        text.family("levelhead_drawdown_dollars", .gauge, "Below the high of the limit that least is left of.") {
            $0.add(account.drawdown)
        }
        text.family("levelhead_working_orders", .gauge, "Orders that can still fill.") { $0.add(account.workingOrders) }
        text.family("levelhead_trading_state", .gauge, "1 for the trading state in force, 0 for the others.") {
            for state in TradingState.allCases {
                $0.add(state.name == account.tradingState ? 1 : 0, ["state": state.name])
            }
        }
    }

    private static func addResources(
        _ resources: ProcessResources, _ status: ProcessStatus, to text: inout MetricsText
    ) {
        text.family("process_cpu_seconds_total", .counter, "Processor time of the process, user and system.") {
            $0.add(resources.processorSeconds)
        }
        text.family("process_resident_memory_bytes", .gauge, "Memory of the process that is in use.") {
            $0.add(resources.residentBytes)
        }
        text.family("process_start_time_seconds", .gauge, "When the process started, since 1970.") {
            $0.add(Double(status.startedNanoseconds) / 1e9)
        }
    }
}
