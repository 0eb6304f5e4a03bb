// swift-tools-version: 6.2
import PackageDescription

// The core never allocates, locks or calls through an existential on the per-record path. SwiftPM's default
// cross-module optimisation does not inline un-annotated generic code, so core targets ask for the full form.
let core: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // A section for each function: the linker leaves out those that nothing calls, and the others lie closer together.
    .unsafeFlags(["-cross-module-optimization", "-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

// Everything else keeps SwiftPM's release flags.
let edge: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module of the core: values in, values out; no input or output, no clock, no Foundation.
func coreTarget(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Core/\(name)", swiftSettings: core)
}

/// A module that touches the world: files, shared memory, compression, cryptography, storage.
func edgeTarget(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Edges/\(name)", swiftSettings: edge)
}

/// A C library of the system: a module map and a header, no logic.
func systemLibrary(_ name: String, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Shims/\(name)", providers: [.apt([package])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", swiftSettings: edge)
}

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "levelhead",
    products: [
        .executable(name: "levelhead", targets: ["levelhead"]),
        .executable(name: "ring-bench", targets: ["RingBench"]),
        .executable(name: "stream-bench", targets: ["StreamBench"]),
        .executable(name: "order-simulation", targets: ["OrderSimulator"]),
        .executable(name: "fill-bench", targets: ["FillBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // MARK: Shims
        .target(name: "CPlatform", path: "Sources/Shims/CPlatform"),
        .target(name: "CHeapCount", path: "Sources/Shims/CHeapCount"),
        .target(name: "CVectors", path: "Sources/Shims/CVectors"),
        .target(name: "CLanes", dependencies: ["CSleef"], path: "Sources/Shims/CLanes"),
        systemLibrary("CZstd", package: "libzstd-dev"),
        systemLibrary("CLMDB", package: "liblmdb-dev"),
        systemLibrary("COpenSSL", package: "libssl-dev"),
        systemLibrary("CSleef", package: "libsleef-dev"),
        systemLibrary("CZeroMQ", package: "libzmq3-dev"),
        systemLibrary("CNanomsg", package: "libnanomsg-dev"),

        // MARK: Core, in the order data flows
        coreTarget("Units"),
        coreTarget("Determinism", ["CSleef", "CLanes"]),
        coreTarget("MarketCalendar", ["Units"]),
        coreTarget("DBN", ["Units"]),
        coreTarget("Ring", ["Units", "CPlatform"]),
        coreTarget("MarketData", ["Units", "Determinism", "DBN", "MarketCalendar", "CVectors"]),
        coreTarget("Features", ["Units", "Determinism", "DBN", "MarketCalendar", "MarketData", "CVectors"]),
        coreTarget("Orders", ["Units", "Determinism", "MarketCalendar"]),
        coreTarget("Signals", ["Units", "Determinism", "Features", "Orders"]),
        coreTarget("Accounts", ["Units", "Determinism", "MarketCalendar", "Orders"]),
        coreTarget("Risk", ["Units", "Determinism", "MarketCalendar", "Orders", "Accounts"]),
        coreTarget("PaperVenue", ["Units", "Determinism", "MarketCalendar", "DBN", "MarketData", "Orders"]),
        coreTarget("Execution", ["Units", "Determinism", "Orders", "Risk"]),
        coreTarget("Synthesis", ["Units", "Determinism", "MarketCalendar", "DBN"]),

        // MARK: Pipeline: the folds of the core, linked into one
        .target(
            name: "Pipeline",
            dependencies: [
                "Units", "Determinism", "MarketCalendar", "DBN", "MarketData", "Features", "Orders", "Signals",
                "Accounts", "Risk", "Execution", "PaperVenue",
            ],
            path: "Sources/Pipeline", swiftSettings: core),

        // MARK: Research: what looks ahead; nothing that runs live may depend on it
        .target(name: "Labels", dependencies: ["Features"], path: "Sources/Research/Labels", swiftSettings: edge),

        // MARK: Edges
        edgeTarget("Platform", ["Units", "CPlatform"]),
        edgeTarget("Compression", ["Platform", "CZstd"]),
        edgeTarget("Security", ["COpenSSL"]),
        edgeTarget("Storage", ["Units", "Platform", "Security", "CLMDB", "CPlatform"]),
        edgeTarget("Tape", ["Units", "MarketCalendar", "DBN", "MarketData", "Platform", "Compression", "CVectors"]),
        edgeTarget("Network", ["Units", "Platform"]),
        edgeTarget(
            "LiveGateway",
            ["Units", "MarketCalendar", "DBN", "Platform", "Compression", "Security", "Tape", "Network"]),
        edgeTarget(
            "LiveFeed",
            ["Units", "Determinism", "MarketCalendar", "DBN", "Platform", "Compression", "Security", "Network"]),
        edgeTarget("ZeroMQ", ["Units", "Platform", "CZeroMQ"]),
        edgeTarget(
            "Streams",
            [
                "Units", "Determinism", "Features", "Orders", "Signals", "Risk", "Platform", "Storage", "ZeroMQ",
                "CVectors",
            ]),
        edgeTarget("Nanomsg", ["Units", "Platform", "CNanomsg"]),
        edgeTarget("Control", ["Units", "Orders", "Platform", "Security", "Nanomsg", "CPlatform"]),
        edgeTarget(
            "Dashboard",
            [
                "Units", "MarketCalendar", "Features", "Orders", "Platform", "Network", "ZeroMQ", "Streams", "Control",
            ]),
        edgeTarget(
            "Observability",
            [
                "Units", "Orders", "Platform", "Network", "Control", .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
        edgeTarget(
            "Configuration", ["Units", "MarketCalendar", "Platform", .product(name: "TOMLKit", package: "TOMLKit")]),

        // MARK: Program
        .executableTarget(
            name: "levelhead",
            dependencies: [
                "Units", "Determinism", "MarketCalendar", "DBN", "Ring", "MarketData", "Features", "Orders", "Signals",
                "Accounts", "Risk", "Execution", "PaperVenue", "Synthesis", "Pipeline", "Platform", "Compression",
                "Security", "Storage", "Tape", "LiveGateway", "LiveFeed", "Configuration", "Labels", "ZeroMQ", "Streams", "Nanomsg",
                "Control", "Observability", "Dashboard", "CPlatform", "CVectors", argumentParser,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Sources/Levelhead", swiftSettings: edge),

        // MARK: Benchmarks, each beside a rival
        .target(name: "CRingRival", path: "Sources/Bench/CRingRival"),
        .executableTarget(
            name: "RingBench",
            dependencies: [
                "Units", "Determinism", "Ring", "Platform", "CPlatform", "CRingRival", argumentParser,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Sources/Bench/RingBench", swiftSettings: edge),

        // A process with nothing but a control socket and metrics: tests and checks command, stop, kill and flood it.
        .executableTarget(
            name: "ControlProbe",
            dependencies: ["Units", "Orders", "Platform", "Control", "Observability", argumentParser],
            path: "Sources/Bench/ControlProbe", swiftSettings: edge),
        .executableTarget(
            name: "StreamBench",
            dependencies: [
                "Units", "Platform", "CPlatform", "ZeroMQ", "CZeroMQ", "Streams", argumentParser,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Sources/Bench/StreamBench", swiftSettings: edge),

        // MARK: Simulation: the order path in one thread, in a world that one seed decides
        .target(
            name: "OrderSimulation",
            dependencies: [
                "Units", "Determinism", "MarketCalendar", "DBN", "Features", "Orders", "Signals", "Risk", "Execution",
                "PaperVenue", "Pipeline", "Configuration", "Accounts",
            ],
            path: "Sources/Bench/OrderSimulation", swiftSettings: edge),
        .executableTarget(
            name: "OrderSimulator", dependencies: ["OrderSimulation", argumentParser],
            path: "Sources/Bench/OrderSimulator", swiftSettings: edge),
        // What the paper venue makes of hypothetical orders on a recorded tape: one side of scripts/fill-realism.
        .executableTarget(
            name: "FillBench",
            dependencies: ["Units", "DBN", "Orders", "PaperVenue", "Platform", "Tape", argumentParser],
            path: "Sources/Bench/FillBench", swiftSettings: edge),

        // MARK: Tests, by module or by a group of them
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: edge),
        .target(
            name: "FeatureProperties", dependencies: ["Features"], path: "Tests/FeatureProperties",
            swiftSettings: edge),
        tests("UnitsTests", ["Units", "Determinism"]),
        tests("DeterminismTests", ["Determinism", "CLanes"]),
        tests("MarketCalendarTests", ["MarketCalendar", "Units", "Determinism"]),
        tests("DBNTests", ["DBN", "Units", "Determinism"]),
        tests("RingTests", ["Ring", "Platform", "Determinism", "Units", "CHeapCount"]),
        tests("MarketDataTests", ["MarketData", "DBN", "Units", "MarketCalendar", "Determinism"]),
        tests(
            "FeaturesTests",
            [
                "Features", "FeatureProperties", "MarketData", "DBN", "Units", "MarketCalendar", "Determinism",
                "CHeapCount",
            ]),
        tests(
            "TradingTests",
            [
                "Orders", "Signals", "Accounts", "Risk", "Execution", "PaperVenue", "Features", "MarketData", "DBN",
                "Units", "MarketCalendar", "Determinism", "CHeapCount",
            ]),
        tests("SynthesisTests", ["Synthesis", "DBN", "Units", "MarketCalendar", "Determinism", "CHeapCount"]),
        tests(
            "EdgesTests",
            [
                "Platform", "Compression", "Security", "Storage", "Tape", "Network", "Configuration", "DBN", "Units",
                "MarketCalendar", "Determinism", "CHeapCount", "CLMDB",
            ]),
        tests(
            "ControlTests",
            [
                "Control", "ControlProbe", "Observability", "Nanomsg", "Network", "Orders", "Platform", "Security",
                "Units", "Determinism", "CHeapCount", .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "LiveFeedTests",
            [
                "LiveFeed", "Configuration", "MarketCalendar", "Network", "Tape", "Compression", "DBN", "Platform",
                "Determinism", "Units", "CHeapCount",
            ]),
        tests(
            "LiveGatewayTests",
            ["LiveGateway", "Tape", "Network", "Security", "Compression", "DBN", "Units"]),
        tests(
            "PipelineTests",
            [
                "Pipeline", "Features", "FeatureProperties", "MarketData", "MarketCalendar", "Determinism", "Orders",
                "Signals", "Accounts", "Risk", "Execution", "PaperVenue", "Tape", "DBN", "Units", "CHeapCount",
            ]),
        .executableTarget(
            name: "StreamDriver",
            dependencies: [
                "Streams", "ZeroMQ", "Features", "Orders", "Determinism", "Platform", "Units", argumentParser,
            ],
            path: "Tests/StreamDriver", swiftSettings: edge),
        tests(
            "StreamsTests",
            [
                "Streams", "ZeroMQ", "Platform", "Storage", "Features", "Orders", "Signals", "Risk", "Determinism",
                "Units", "Dashboard", "Network", "CHeapCount",
            ]),
        tests("OrderSimulationTests", ["OrderSimulation"]),
        tests("LabelsTests", ["Labels", "Features"]),
        tests("RepositoryTests", []),
    ]
)
