// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport", "CHeapCount", "CMutexOrder"], swiftSettings: settings)
}
let core: [Target.Dependency] = ["Units", "Determinism", "MarketCalendar", "Orders"]

let package = Package(
    name: "threads",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .target(name: "CMutexOrder"), module("TestSupport"),
        .target(name: "CPlatform"), .target(name: "CHeapCount"), .target(name: "CVectors"),
        .systemLibrary(name: "CZstd"), .systemLibrary(name: "CLMDB"), .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CSleef"),
        .systemLibrary(name: "CZeroMQ"), .systemLibrary(name: "CNanomsg"),
        .target(name: "CLanes", dependencies: ["CSleef"]),
        module("Units"), module("Determinism", ["CSleef", "CLanes"]), module("MarketCalendar", ["Units"]),
        module("DBN", ["Units"]), module("Ring", ["Units", "CPlatform"]), module("Features"),
        module("Orders", ["Units", "Determinism", "MarketCalendar"]),
        module("Signals", core + ["Features"]), module("Accounts", core), module("Risk", core + ["Accounts"]),
        module("Platform", ["Units", "CPlatform"]), module("Compression", ["Platform", "CZstd"]),
        module("Security", ["COpenSSL"]), module("Storage", ["Units", "Platform", "Security", "CLMDB", "CPlatform"]),
        module("Network", ["Units", "Platform"]),
        module(
            "LiveFeed",
            ["Units", "Determinism", "MarketCalendar", "DBN", "Platform", "Compression", "Security", "Network"]),
        module("ZeroMQ", ["Units", "Platform", "CZeroMQ"]),
        module("Streams", core + ["Features", "Signals", "Risk", "Platform", "Storage", "ZeroMQ", "CVectors"]),
        module("Nanomsg", ["Units", "Platform", "CNanomsg"]),
        module("Control", ["Units", "Orders", "Platform", "Security", "Nanomsg", "CPlatform"]),
        module(
            "Observability",
            [
                "Units", "Orders", "Platform", "Network", "Control", .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
        .executableTarget(
            name: "ControlProbe",
            dependencies: [
                "CMutexOrder", "Units", "Orders", "Platform", "Control", "Observability",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),
        tests("RingTests", ["Ring", "Platform", "Determinism", "Units"]),
        tests("StreamsTests", core + ["Streams", "ZeroMQ", "Platform", "Storage", "Features", "Signals", "Risk"]),
        tests(
            "ControlTests",
            core + [
                "Control", "ControlProbe", "Observability", "Nanomsg", "Network", "Platform", "Security",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests("StorageTests", ["Storage", "Security", "Platform", "Network", "Units", "CLMDB"]),
        tests(
            "LiveFeedTests",
            ["LiveFeed", "Network", "Compression", "DBN", "MarketCalendar", "Platform", "Determinism", "Units"]),
    ])
