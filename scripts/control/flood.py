"""Sends random bad control messages to a running ControlProbe over its real socket: every one must be refused and counted,
none may be answered or do anything, and the process must answer its key's holder as before.

usage: flood.py --probe PROGRAM --scratch DIRECTORY [--messages N] [--seed N]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys

import survey

OUTCOME_DONE = 2
BATCH = 200


def bad(generator, good):
    """One bad message, and nothing that a holder of the key could have sent."""
    kind = generator.randrange(6)
    if kind == 0:
        return generator.randbytes(generator.randrange(600))
    if kind == 1:
        return b"LHCM" + generator.randbytes(generator.randrange(600))
    if kind == 2:
        return good[: generator.randrange(len(good))]
    if kind == 3:
        place = generator.randrange(len(good))
        return good[:place] + bytes([good[place] ^ generator.randrange(1, 256)]) + good[place + 1 :]
    if kind == 4:
        return good + generator.randbytes(generator.randrange(1, 50))
    return survey.encode(generator.randbytes(32), generator.randrange(256), generator.randbytes(20))


def status(path, key):
    asker = survey.Surveyor(path)
    outcome, verb, _, _, sender, payload = asker.ask(key, survey.STATUS)
    asker.close()
    assert (outcome, verb, sender) == (OUTCOME_DONE, survey.STATUS, b"risk"), (outcome, verb, sender)
    return json.loads(payload)


def flood(path, key, count, seed):
    generator = random.Random(seed)
    connection = survey.Surveyor(path)
    sent = 0
    while sent < count:
        batch = min(BATCH, count - sent)
        good = survey.encode(key, survey.PAUSE, b'{"reason":"must not be done"}')
        frames = b"".join(connection.frame(bad(generator, good)) for _ in range(batch))
        # A right question at the end of each batch: its answer is the only one, and says that the batch was read.
        nonce = os.urandom(16)
        frames += connection.frame(survey.encode(key, survey.STATUS, nonce=nonce))
        connection.send(frames)
        number, message = connection.receive()
        assert number == connection.number, f"seed {seed}: a bad message was answered"
        assert survey.decode(key, message)[3] == nonce, f"seed {seed}: an answer to something else"
        sent += batch
    connection.close()


def oversized(path, key):
    """Over 64 KiB is counted; over a MiB costs the connection."""
    connection = survey.Surveyor(path)
    connection.send(connection.frame(b"LHCM" + bytes(70_000)))
    assert connection.ask(key, survey.STATUS)[0] == OUTCOME_DONE
    try:
        connection.send(connection.frame(bytes(3 << 20)))
        connection.receive()
        raise AssertionError("three MiB were answered")
    except OSError:
        pass
    connection.close()


def replayed(path, key):
    """The very same bytes again are refused; another time is, too; the same id under a new nonce is not done again."""
    connection = survey.Surveyor(path)
    command = os.urandom(16)
    first = connection.ask(key, survey.PAUSE, b'{"reason":"once"}', id=command)
    assert first[0] == OUTCOME_DONE, first
    again = connection.ask(key, survey.PAUSE, b'{"reason":"once"}', id=command)
    assert (again[0], again[5]) == (first[0], first[5]), (first, again)
    message = survey.encode(key, survey.RESUME, b"{}", id=os.urandom(16), when=1)
    connection.send(connection.frame(message))
    assert json.loads(survey.decode(key, connection.receive()[1])[5]) == {"message": "wrong_time"}
    nonce = os.urandom(16)
    connection.ask(key, survey.STATUS, nonce=nonce)
    answer = connection.ask(key, survey.STATUS, nonce=nonce)
    assert json.loads(answer[5]) == {"message": "replayed"}, answer
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probe", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    state = os.path.join(options.scratch, "state")
    process = subprocess.Popen(
        [options.probe, "--state-dir", state, "--name", "risk", "--position", "MESH4=2"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().startswith("ready "), "the probe did not start"
        with open(os.path.join(state, "keys", "control.key"), "rb") as file:
            key = file.read()
        path = os.path.join(state, "control", "risk.ipc")
        flood(path, key, options.messages, options.seed)
        refused = status(path, key)["refused"]
        assert sum(refused.values()) == options.messages, (options.seed, refused)
        oversized(path, key)
        replayed(path, key)
        after = status(path, key)
        assert after["refused"]["too_long"] == refused.get("too_long", 0) + 1, after["refused"]
        assert after["account"]["position"] == {"MESH4": 2}
        process.send_signal(signal.SIGTERM)
        lines = process.stdout.read().splitlines()
        assert [line.split()[0::2] for line in lines] == [["pause", "once"]], lines
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
    print(f"{options.messages} bad messages (seed {options.seed}): {json.dumps(refused, sort_keys=True)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
