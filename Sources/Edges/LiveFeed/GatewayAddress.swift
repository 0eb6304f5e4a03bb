/// Where a gateway listens.
public struct GatewayAddress: Hashable, Sendable {
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Databento's gateway of a dataset: `GLBX.MDP3` is served by `glbx-mdp3.lsg.databento.com`, port 13000.
    public static func databento(dataset: String) -> GatewayAddress {
        let name = String(dataset.lowercased().map { $0 == "." ? "-" : $0 })
        return GatewayAddress(host: name + ".lsg.databento.com", port: 13_000)
    }

    /// Whether it is on this machine: a gateway that takes any key.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || isLoopbackNumber }

    private var isLoopbackNumber: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension GatewayAddress: CustomStringConvertible {
    public var description: String { "\(host):\(port)" }
}
