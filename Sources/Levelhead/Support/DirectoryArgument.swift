import ArgumentParser

/// A directory named on the command line. An empty one is refused: it is what a script's unset variable leaves, and the
/// default that would stand for it may be another account's.
func directoryArgument(_ text: String) throws -> String {
    guard !text.isEmpty else { throw ValidationError("expected a directory, found nothing") }
    return text
}
