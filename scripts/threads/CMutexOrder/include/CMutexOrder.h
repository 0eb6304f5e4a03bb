// Empty: the target is linked for the one function that it puts before the standard library's.
