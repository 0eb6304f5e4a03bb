"""`up --lockstep`: the processes in logical time give a replay's results, all of them."""

import json

import bench
from bench import Skip, case, expect, levelhead, same, short_day
from runs import Up

# What a replay and a run in logical time have in common. Times and places are their own.
RESULTS = ("records", "event_groups", "feature_rows", "feature_sha256", "signals", "signal_sha256", "orders",
           "order_sha256", "fills", "position", "net_pnl_usd", "trading_state", "ignored_trades", "skipped_records")


def in_logical_time(tape, config):
    with Up("--tape", tape, "--lockstep", "--speed", "max", config=config) as up:
        result = up.wait()
        replayed = json.loads(levelhead("replay", "--json", "--tape", tape, "--config", config, "--run-dir",
                                        f"{up.run}-replay").stdout)
        for key in RESULTS:
            same(result[key], replayed[key], key)
        expect(replayed["fills"] > 1, f"a day with fills: {replayed['fills']}")
        for run in (up.run, f"{up.run}-replay"):
            verified = json.loads(levelhead("verify", run, "--json").stdout)
            same(verified["differences"], 0, f"verify {run}")
        same(journal(up.run), journal(f"{up.run}-replay"), "the journals of both")
    return f"{result['orders']} orders, {result['fills']} fills, {result['order_sha256'][:8]}"


def journal(run):
    return open(f"{run}/journal/trading.journal", "rb").read()


@case()
def lockstep_day(source):
    return in_logical_time(short_day(), bench.DAY_CONFIG)


@case()
def lockstep_two_accounts(source):
    config = bench.PLACE / "two-accounts.toml"
    config.write_text(bench.DAY_CONFIG.read_text() + '[books]\nrouting = "two_accounts"\n')
    return in_logical_time(short_day(), config)


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
