"""One line for each check of a script, a closing line with the counts, and an exit status."""

import threading


class Report:
    def __init__(self, good="pass"):
        self.good = good
        self.checks = self.failures = 0
        self.lock = threading.Lock()

    def say(self, is_good, name, detail=""):
        with self.lock:
            self.checks += 1
            self.failures += not is_good
            print(f"{self.good if is_good else 'FAIL'}  {name}{': ' if detail != '' else ''}{detail}", flush=True)

    def status(self, least=1):
        """Prints the counts. 0 when nothing failed and there were as many checks as there must be at least."""
        print(f"{self.checks} checks, {self.failures} failed", flush=True)
        if self.checks < least:
            print(f"expected {least} checks at least")
        return int(self.failures > 0 or self.checks < least)
