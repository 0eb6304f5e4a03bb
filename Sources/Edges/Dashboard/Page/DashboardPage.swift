/// The page, in the program itself, so that a copy of the binary serves it: a document, a style sheet, a script and an
/// icon.
enum DashboardPage {
    static let markup = pageMarkup
    static let style = pageStyle
    static let script = [scriptFormat, scriptState, scriptTables, scriptChart, scriptStream].joined(separator: "\n")

    static let icon = #"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3"
        fill="#14202b"/><path d="M2 5h12M2 11h12" stroke="#d9a441" stroke-width="1"/><path d="M2 9l3-3 3 5 3-7 3 4"
        fill="none" stroke="#5cb8e4" stroke-width="1.5"/></svg>
        """#
}
