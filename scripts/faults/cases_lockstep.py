"""`up --lockstep`: the processes in logical time give a replay's results, all of them."""

import json
import shutil

import bench
import records
import wire
from bench import PLACE, Skip, case, expect, levelhead, same, short_day
from runs import Up, replay_once

# What a replay and a run in logical time have in common. Times and places are their own.
RESULTS = ("records", "event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256", "orders",
           "order_sha256", "fills", "position", "net_pnl_usd", "trading_state", "ignored_trades", "skipped_records")


def in_logical_time(tape, config, look=None, fills=2):
    with Up("--tape", tape, "--lockstep", "--speed", "max", config=config) as up:
        result = up.wait()
        replayed = json.loads(levelhead("replay", "--json", "--tape", tape, "--config", config, "--run-dir",
                                        f"{up.run}-replay").stdout)
        for key in RESULTS:
            same(result[key], replayed[key], key)
        expect(replayed["fills"] >= fills, f"a day with fills: {replayed['fills']}")
        for run in (up.run, f"{up.run}-replay"):
            verified = json.loads(levelhead("verify", run, "--json").stdout)
            same(verified["differences"], 0, f"verify {run}")
        same(journal(up.run), journal(f"{up.run}-replay"), "the journals of both")
        if look:
            look([json.loads(line) for line in open(f"{up.run}-replay/audit.jsonl")])
    return f"{result['orders']} orders, {result['fills']} fills, {result['order_sha256'][:8]}"


def journal(run):
    return open(f"{run}/journal/trading.journal", "rb").read()


@case()
def lockstep_day(source):
    return in_logical_time(short_day(), bench.DAY_CONFIG)


@case()
def lockstep_takes_no_commands(source):
    """Nobody acts in logical time from outside: each verb says so, and the run goes on to its replay's results."""
    with Up("--tape", short_day(), "--lockstep", "--speed", "200x") as up:
        up.reach(500)
        for verb in (("pause", "--reason", "test"), ("order", "buy", "1", "--stop-ticks", "20")):
            done = levelhead(*verb, "--state-dir", up.state, status=1)
            expect("a run in logical time takes no commands" in done.stderr, f"{verb[0]}: {done.stdout} {done.stderr}")
        result = up.wait()
        same(result["order_sha256"], replay_once(short_day())["order_sha256"], "the orders of a replay")


@case()
def lockstep_programme(source):
    """The programme's day ends while nothing is held: time alone changes the state, also before the first signal."""
    def look(lines):
        ends = [line for line in lines if line.get("reason") == "flat_by" and line.get("to") == "REDUCING"]
        same(len(ends), 1, "the end of the programme's day in the audit log")
    config = bench.PLACE / "programme.toml"
    config.write_text(bench.DAY_CONFIG.read_text() + '[programme]\nbalance_usd = "50000.00"\nflat_by = "09:45"\n')
    behind = bench.tape("behind", "--seed", "1", "--rate", "0.02", "--from", "15:00", "--to", "15:05", "--no-options")
    in_logical_time(behind, config, look, fills=0)
    return in_logical_time(short_day(), config, look)


@case()
def lockstep_two_accounts(source):
    config = bench.PLACE / "two-accounts.toml"
    config.write_text(bench.DAY_CONFIG.read_text() + '[books]\nrouting = "two_accounts"\n')
    return in_logical_time(short_day(), config)


def over_the_roll():
    """The end of the last session of MESH6, halted from 16:54 on, and the beginning of MESM6's first, in which MESH6 trades
    again two minutes later and 50 points below."""
    day = PLACE / "over-the-roll"
    common = ("--rate", "0.02", "--no-options", "--out")
    levelhead("synth", "--date", "2026-03-13", "--seed", 1, "--from", "16:30", "--to", "17:00", "--halt", "16:54-17:00",
              *common, day)
    for seed, place in ((9, day), (10, PLACE / "old-contract")):
        levelhead("synth", "--date", "2026-03-16", "--seed", seed, "--from", "18:00", "--to", "18:10", *common, place)
    for name in ("ESM6.mbp-10", "MESM6.mbp-10", "status"):
        file = day / f"old.{name}.dbn"
        levelhead("convert", PLACE / "old-contract" / f"synthetic-20260316.{name}.dbn.zst", file)
        data = bytearray(file.read_bytes().replace(b"ESM6", b"ESH6").replace(b"202606", b"202603"))
        place = records.metadata_length(data)
        while place < len(data):
            end = place + 4 * data[place]
            data[place:end] = of_the_old_contract(data[place:end])
            place = end
        file.write_bytes(data)
    shutil.rmtree(PLACE / "old-contract")
    return day


def of_the_old_contract(record):
    def shift(place, by):
        number = int.from_bytes(record[place : place + 8], "little")
        if number != 2**63 - 1:
            record[place : place + 8] = (number + by).to_bytes(8, "little")
    instrument = int.from_bytes(record[4:8], "little") - 3
    record[4:8] = instrument.to_bytes(4, "little")
    if wire.rtype(record) == wire.MBP10:
        for place in (16, *(48 + 32 * level + 8 * side for level in range(10) for side in (0, 1))):
            shift(place, -50 * 10**9)
    else:
        for place in (8, 16):
            shift(place, 120 * 10**9)
    return record


ROLL_CONFIG = """[sessions]
premarket_start = "16:31"
premarket_end = "16:35"
opening_range_start = "16:35"
opening_range_minutes = 2
[bars]
sma_length = 3
[policy]
entry_start = "16:37"
entry_end = "16:59"
flat_by = "16:59:59"
stop_ticks = 4000
target_ticks = 4000
time_stop_seconds = 86400
signal_threshold = 0.05
minimum_weight = 0.0
hold_seconds = 0.0
[risk]
daily_loss_usd = "100000.00"
trailing_drawdown_usd = "100000.00"
no_mark_reduce_seconds = 600
no_mark_flatten_seconds = 600
"""


@case()
def lockstep_roll(source):
    """What a halt keeps from being closed before the roll is closed at its own contract's prices; then the next is traded."""
    config = PLACE / "roll.toml"
    config.write_text(ROLL_CONFIG)
    return in_logical_time(over_the_roll(), config, closed_at_its_own_prices)


def closed_at_its_own_prices(lines):
    found = [(line["to"], line["reason"]) for line in lines if line["event"] == "trading_state"]
    same(found, [("FLATTENING", "contract_rolls"), ("LOCKED", "flat"), ("ACTIVE", "contract_rolls")], "states")
    fills = [line for line in lines if line["event"] == "fill"]
    sessions = [line for line in lines if line["event"] == "session"]
    expect(fills[-1]["time"] > sessions[-1]["time"] + 119 * 10**9, f"closed when its market traded: {fills[-1]}")
    # The next contract stands within some points of Friday's close, this one 50 below.
    expect(float(fills[0]["price"]) - float(fills[-1]["price"]) > 25, f"at its own prices: {fills}")


@case()
def lockstep_real_tape(source):
    tape = bench.DATA / "es/ESH4_20231225.mbp-10.derived.dbn.zst"
    if not tape.exists():
        raise Skip(f"{tape} is not there")
    return in_logical_time(tape, bench.ROOT / "configs/esh4-evening.toml")


@case()
def lockstep_loses_a_process(source):
    """Nobody goes on alone: the run ends with an error that names who died."""
    with Up("--tape", short_day(), "--lockstep", "--speed", "60x") as up:
        up.reach(1000)
        victim = source.choice(("engine", "risk", "execution", "paper"))
        up.kill(victim)
        same(up.process.wait(30), 1, "exit status")
        expect(victim in up.log.read_text(), f"{victim} is named: {up.log.read_text()[-300:]}")
    return victim
