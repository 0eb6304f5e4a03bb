"""The fold over a tape's whole seconds and option trades, and the values at the rows of an export."""

import bisect
import math
from dataclasses import dataclass

import numpy

from ..sessions import SECOND, nanos_of
from . import columns, contracts, exposure
from .chain import Chain
from .flows import LevelFlows, MarketFlows

NAN = math.nan
MINUTE = 60 * SECOND
QUIET = 130
NEAR_BODIES = (
    "open_interest_near_level_share", "put_call_open_interest_near_level_log_ratio",
    "gamma_exposure_near_level_usd_per_1pct", "gamma_exposure_near_level_share", "risk_neutral_touch_probability",
)
INTEREST_RATIO = "put_call_open_interest_ratio"
REALIZED = "yang_zhang_volatility_20d_annualized_percent"
PREMIUM = "implied_minus_realized_volatility_vol_points"


@dataclass
class Trade:
    """A trade of a contract of the chain. `sign` +1 call, -1 put; `delta`, `vega` of the last refresh, NaN without
    volatility; their slack is what the rounding of the price leaves open."""

    position: int
    event: int
    direction: int
    size: int
    price: float
    sign: int
    strike: float
    multiplier: float
    expiration: int
    delta: float
    vega: float
    delta_slack: float
    vega_slack: float


def whole_seconds(clock):
    """Whole seconds that a later record makes visible. Of a long silence only its beginning, in which everything goes
    stale, and its end."""
    first, last = -(-int(clock[0]) // SECOND), (int(clock[-1]) - 1) // SECOND
    present = numpy.unique(clock // SECOND)
    result = []
    for second, following in zip(present.tolist(), [*present[1:].tolist(), last + 1]):
        stop = max(following, second)
        result += range(second + 1, min(second + QUIET, stop) + 1)
        if stop > second + QUIET:
            result += [stop - 1, stop]
    chosen = sorted({second for second in [first, *result] if first <= second <= last})
    return numpy.array(chosen, numpy.int64) * SECOND


class Replay:
    def __init__(self, settings, tape, underlyings, lead, sessions, rows, moments, levels):
        """`rows`: ring positions of the rows, `moments` their group times, `levels` as levels.prices gives them."""
        self.settings, self.tape, self.underlyings, self.lead = settings, tape, underlyings, lead
        self.sessions, self.rows, self.moments, self.levels = sessions, rows, moments, levels
        self.definitions = contracts.definitions(tape)
        instruments = {instrument for _, instrument, _ in self.definitions}
        self.chain = Chain(settings, instruments)
        self.ticks, self.ignored = contracts.ticks(tape, instruments)
        self.directions = contracts.aggressor_signs(self.ticks)
        self.slots = numpy.array([self.chain.slots[name] for name in self.ticks.instrument.tolist()], numpy.int64)
        self.interest = contracts.open_interest(tape)
        self.values = {name: numpy.full(len(rows), NAN) for name in (*columns.HELD_COLUMNS, INTEREST_RATIO)}
        for level in levels:
            self.values |= {f"{level}_{body}": numpy.full(len(rows), NAN) for body in NEAR_BODIES}
        self.scales = {}
        self.zero_gamma = NAN
        self.signed_flow = numpy.zeros(len(self.chain.slots))
        self.trades = []
        self._follow_sessions()

    def _follow_sessions(self):
        """Session number in force from each ring position on: the largest of group and option trade times so far."""
        lead = self.underlyings[self.lead]
        traded = self.ticks.trades
        positions = numpy.concatenate([lead.closed_at, self.ticks.position[traded]]).astype(numpy.int64)
        times = numpy.concatenate([lead.moments, self.ticks.event[traded]]).astype(numpy.int64)
        order = numpy.argsort(positions, kind="stable")
        self._session_positions = positions[order]
        opens = numpy.array(self.sessions.opens, numpy.int64)
        numbers = numpy.searchsorted(opens, numpy.maximum.accumulate(times[order]), side="right") - 1
        self._session_numbers = numbers

    def session_at(self, position, inclusive=True):
        """Number of the session in force after the record at `position` (before it if not inclusive)."""
        find = bisect.bisect_right if inclusive else bisect.bisect_left
        index = find(self._session_positions, position) - 1
        return int(self._session_numbers[index]) if index >= 0 else -1

    def _session_of(self, times):
        return numpy.searchsorted(numpy.array(self.sessions.opens, numpy.int64), times, side="right") - 1

    def run(self):
        """Fills `values` and `scales`, per column an array over the rows."""
        moments = whole_seconds(self.tape.clock)
        cuts = numpy.searchsorted(self.tape.clock, moments, side="right")
        ends = numpy.append(cuts[1:], len(self.tape))
        row_cuts = numpy.searchsorted(self.rows, cuts)
        row_ends = numpy.append(row_cuts[1:], len(self.rows))
        tick_cuts = numpy.searchsorted(self.ticks.position, cuts)
        tick_ends = numpy.append(tick_cuts[1:], len(self.ticks.position))
        taken = defined = informed = 0
        flow_session = None
        for index, moment in enumerate(moments.tolist()):
            cut = int(cuts[index])
            while defined < len(self.definitions) and self.definitions[defined][0] < cut:
                self.chain.define(*self.definitions[defined][1:])
                defined += 1
            while informed < len(self.interest) and self.interest[informed][0] < cut:
                self.chain.learn_interest(*self.interest[informed][1:])
                informed += 1
            self.chain.quotes(self.ticks, self.slots, slice(taken, int(tick_cuts[index])))
            taken = int(tick_cuts[index])
            session = self.session_at(cut, inclusive=False)
            if session != flow_session:
                self.signed_flow[:], flow_session = 0.0, session
            rows = slice(int(row_cuts[index]), int(row_ends[index]))
            smile = self._refresh(moment, cut, rows)
            flow_session = self._trades(slice(taken, int(tick_ends[index])), flow_session)
            informed = self._rows(rows, smile, informed, int(ends[index]))
        self._flow_columns()

    def _refresh(self, moment, cut, rows):
        def forward_of(instrument):
            if instrument not in self.underlyings:
                return NAN
            future = self.underlyings[instrument]
            return future.mid_ticks(future.state_before(cut), moment) * columns.TICK_POINTS

        chain = self.chain
        chain.refresh(moment, forward_of)
        lead_mid = forward_of(self.lead)
        if moment % MINUTE == 0:
            self.zero_gamma = columns.zero_gamma(chain, lead_mid, self.settings.risk_free_rate)
        session = self.sessions.at(moment)
        expiration = nanos_of(session.trade_date, "13:00" if session.early_close else "16:00")
        if rows.start == rows.stop:
            return None
        today = self._session_of(chain.expiration) == self._session_of(moment)
        row, smile = columns.volatility_rows(chain, columns.smiles(chain, self.lead), expiration, self.lead)
        exposures, scales = columns.exposure_rows(chain, lead_mid, today, self.signed_flow)
        row |= exposures
        row["zero_gamma_distance_ticks"] = (lead_mid - self.zero_gamma) / columns.TICK_POINTS
        for name, value in row.items():
            self.values[name][rows] = value
        self._keep_scales(scales, rows)
        for name in ("zero_gamma_distance_ticks", "call_wall_distance_ticks", "put_wall_distance_ticks"):
            self._keep_scales({name: lead_mid / columns.TICK_POINTS}, rows)
        return smile

    def _keep_scales(self, scales, rows):
        for name, scale in scales.items():
            self.scales.setdefault(name, numpy.full(len(self.rows), 0.0))[rows] = 0.0 if math.isnan(scale) else scale

    # Trades

    def _trades(self, part, flow_session):
        """Trades after this refresh and before the next."""
        chain, data = self.chain, self.ticks
        for index in (numpy.flatnonzero(data.trades[part]) + part.start).tolist():
            if data.price[index] == contracts.UNDEFINED:
                continue
            session = self.session_at(int(data.position[index]))
            if session != flow_session:
                self.signed_flow[:], flow_session = 0.0, session
            slot, direction, size = int(self.slots[index]), int(self.directions[index]), int(data.size[index])
            self.signed_flow[slot] += direction * size
            if chain.member[slot]:
                self.trades.append(Trade(
                    int(data.position[index]), int(data.event[index]), direction, size, int(data.price[index]) / 1e9,
                    int(chain.sign[slot]), float(chain.strike[slot]), float(chain.multiplier[slot]),
                    int(chain.expiration[slot]), float(chain.delta[slot]), float(chain.vega[slot]),
                    float(chain.delta_slack[slot]), float(chain.vega_slack[slot]),
                ))
        return flow_session

    def _flow_columns(self):
        market = MarketFlows()
        near = [LevelFlows(name, price, began, self.rows) for name, (price, began) in self.levels.items()]
        changes = numpy.flatnonzero(numpy.diff(self._session_numbers, prepend=-1))
        resets = [(int(self._session_positions[index]), int(self._session_numbers[index])) for index in changes]
        for trade in self.trades:
            while resets and resets[0][0] <= trade.position:
                market.reset(resets.pop(0)[0])
            session = self.session_at(trade.position)
            market.add(trade, int(self._session_of(trade.expiration)) == session)
            row = int(numpy.searchsorted(self.rows, trade.position)) - 1
            for each in near:
                each.add(trade, row, self.settings.near_level_points)
        for position, _ in resets:
            market.reset(position)
        for part in (market.columns(self.rows, self.moments), *(each.columns(self.moments) for each in near)):
            self.values |= part[0]
            self.scales |= part[1]

    # Rows between two refreshes

    def _rows(self, rows, smile, informed, end):
        """Open interest of statistics in between counts at once in 51, 52 and 122; the rest is of the refresh."""
        chain = self.chain
        weighed = chain.has_volatility & numpy.isfinite(chain.interest)
        gamma = (chain.sign * chain.interest * chain.gamma_unit)[weighed]
        slack = (chain.interest * chain.gamma_slack)[weighed]
        strikes = chain.strike[weighed]
        first = rows.start
        while True:
            coming = informed < len(self.interest) and self.interest[informed][0] < end
            limit = int(numpy.searchsorted(self.rows, self.interest[informed][0])) if coming else rows.stop
            if limit > first:
                self._segment(slice(first, limit), smile, (gamma, slack, strikes))
                first = limit
            if not coming:
                return informed
            chain.learn_interest(*self.interest[informed][1:])
            informed += 1

    def _segment(self, rows, smile, exposures):
        chain = self.chain
        known = chain.member & numpy.isfinite(chain.interest)
        calls = chain.interest[known & (chain.sign > 0)].sum()
        puts = chain.interest[known & (chain.sign < 0)].sum()
        self.values[INTEREST_RATIO][rows] = puts / calls if calls else NAN
        for name, (price, _) in self.levels.items():
            for level in numpy.unique(price[rows]).tolist():
                if math.isnan(level):
                    continue
                chosen = numpy.arange(rows.start, rows.stop)[price[rows] == level]
                found, scales = self._near(level, known, calls + puts, smile, exposures)
                for body, value in found.items():
                    self.values[f"{name}_{body}"][chosen] = value
                self._keep_scales({f"{name}_{body}": scale for body, scale in scales.items()}, chosen)

    def _near(self, level, known, total, smile, exposures):
        chain, width = self.chain, self.settings.near_level_points
        gamma, slack, strikes = exposures
        near = known & (numpy.abs(chain.strike - level) <= width)
        calls = chain.interest[near & (chain.sign > 0)].sum()
        puts = chain.interest[near & (chain.sign < 0)].sum()
        chosen = numpy.abs(strikes - level) <= width
        net = math.fsum(gamma[chosen]) if len(gamma) else NAN
        whole = exposure.sum_over_strikes(strikes, gamma)
        share = abs(net) / whole if whole else NAN
        probability = NAN
        if smile is not None:
            probability = float(exposure.touch_probability(level, smile.forward, smile.at_the_money, smile.years))
        values = (
            (calls + puts) / total if total else NAN,
            math.log((puts + 1) / (calls + 1)) if known.any() else NAN, net, share, probability,
        )
        gross = exposure.scale(gamma[chosen], slack[chosen])
        of_share = (gross + share * exposure.scale(gamma, slack)) / whole if whole else 0.0
        return dict(zip(NEAR_BODIES, values)), {NEAR_BODIES[2]: gross, NEAR_BODIES[3]: of_share}
