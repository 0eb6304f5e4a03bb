import Network
import Platform
import Units

/// What the dashboard answers: a page, its parts, and what it shows. Nothing of a request reaches anybody else.
struct DashboardSite: Sendable {
    let board: SnapshotBoard
    let port: UInt16

    /// What the page may load and connect to: itself. A page of others may not frame it or read it.
    private static let headers: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]

    /// A stream that has nothing to say says so, and finds out that nobody listens.
    private static let patience = Nanoseconds.seconds(5)

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        guard request.method == "GET" || request.method == "HEAD" else {
            var refusal = HTTPResponse(.methodNotAllowed, "only GET and HEAD\n")
            refusal.headers = [("Allow", "GET, HEAD")] + Self.headers
            return .whole(refusal)
        }
        guard isForUs(request) else {
            return .whole(with("this is 127.0.0.1:\(port), localhost:\(port) or [::1]:\(port)\n", .forbidden))
        }
        switch request.path {
        case "/": return .whole(with(DashboardPage.markup, type: "text/html; charset=utf-8"))
        case "/page.css": return .whole(with(DashboardPage.style, type: "text/css; charset=utf-8"))
        case "/page.js": return .whole(with(DashboardPage.script, type: "text/javascript; charset=utf-8"))
        case "/icon.svg": return .whole(with(DashboardPage.icon, type: "image/svg+xml"))
        case "/state", "/events":
            guard isOfThisPage(request) else { return .whole(with("for this page alone\n", .forbidden)) }
            return request.path == "/state" ? .whole(state) : events
        default: return .whole(with("not here\n", .notFound))
        }
    }

    /// Another site's name that leads to this machine is not ours: its pages are read by their own scripts.
    private func isForUs(_ request: HTTPRequest) -> Bool {
        guard let host = request.header("host")?.lowercased() else { return false }
        let names = ["127.0.0.1", "localhost", "[::1]"]
        return names.contains { host == "\($0):\(port)" || port == 80 && host == $0 }
    }

    /// What a browser says of who asks; other programs say nothing.
    private func isOfThisPage(_ request: HTTPRequest) -> Bool {
        guard request.headers.contains(where: { $0.name == "sec-fetch-site" }) else { return true }
        return ["same-origin", "none"].contains(request.header("sec-fetch-site"))
    }

    private func with(
        _ text: String, _ status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> HTTPResponse {
        var response = HTTPResponse(status, text, type: type)
        response.headers = Self.headers
        return response
    }

    /// All parts of the newest snapshot in one object.
    private var state: HTTPResponse {
        guard let snapshot = board.newest else { return with("nothing is known yet\n", .unavailable) }
        var body = Array("{".utf8)
        for (index, part) in snapshot.parts.enumerated() {
            body += Array("\(index == 0 ? "" : ",\n")\"\(part.name)\": ".utf8) + part.json
        }
        body += Array("}\n".utf8)
        return HTTPResponse(.ok, body: body, type: "application/json", headers: Self.headers)
    }

    /// Server-sent events: of each snapshot the parts that this client does not have. A client that reads slowly gets
    /// fewer of them, each as new as it can be.
    private var events: HTTPAnswer {
        let begin = HTTPResponse(
            .ok, body: Array("retry: 1000\n\n".utf8), type: "text/event-stream", headers: Self.headers)
        return .stream(begin) { [board] stream throws(SystemCallError) in
            var number: UInt64 = 0
            var sent: [String: UInt64] = [:]
            while !board.isEnded {
                guard let snapshot = board.next(after: number, timeout: Self.patience) else {
                    try stream.write(Array(":\n\n".utf8))
                    continue
                }
                number = snapshot.number
                var text: [UInt8] = []
                for part in snapshot.parts where sent[part.name] != part.version {
                    sent[part.name] = part.version
                    text += Array("event: \(part.name)\ndata: ".utf8) + part.json + Array("\n\n".utf8)
                }
                try stream.write(text)
            }
        }
    }
}
