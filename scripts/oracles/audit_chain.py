#!/usr/bin/env python3
"""Recomputes the hash chain of audit logs with Python's own SHA-256 and JSON.

    audit_chain.py FILE...

For each file one line: lines, final hash. Exit status 1 at the first line that is not a JSON object, does not end in its
hash, or has another hash than its text gives.
"""

import hashlib
import json
import sys


def check(path):
    previous = "0" * 64
    count = 0
    with open(path, "rb") as log:
        for count, line in enumerate(log, 1):
            if not line.endswith(b"\n"):
                raise ValueError(f"{path}: line {count}: no line feed")
            text = line[:-1]
            claimed = json.loads(text)["hash"]
            suffix = b',"hash":"' + claimed.encode() + b'"}'
            if not text.endswith(suffix):
                raise ValueError(f"{path}: line {count}: does not end in its hash")
            body = text[: -len(suffix)] + b"}"
            json.loads(body)
            computed = hashlib.sha256(previous.encode() + body).hexdigest()
            if computed != claimed:
                raise ValueError(f"{path}: line {count}: hash {claimed}, computed {computed}")
            previous = computed
    return count, previous


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        for path in sys.argv[1:]:
            count, final = check(path)
            print(f"{path}: {count} lines, {final}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"FAILED {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
