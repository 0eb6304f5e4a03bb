import Orders

extension PaperVenue {
    /// Takes what a second client of the venue asks for beside commands.
    public mutating func apply(_ command: OperatorCommand) {}
}
