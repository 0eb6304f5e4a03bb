"""Golden numbers of FEATURES I.2 from the oracle's own functions, independent checks of the formulas without a public
package, and checks that the comparison can fail."""

import math

import numpy

from . import black, chain_check, comparison, exposure, golden_smile, tape_check
from .flows import Sum

FORWARD, RATE, VOLATILITY, YEARS = 6000.0, 0.04, 0.15, 23_400 / 31_536_000
GREEKS = {
    (6010.0, 1): {
        "price": "5.590284034", "delta": "0.342538712", "gamma": "0.0149879256", "vega": "0.600543593",
        "theta": "-16.629825330", "vanna": "0.0100336783", "charm": "-0.277818168",
    },
    (5980.0, -1): {
        "price": "2.854035980", "delta": "-0.206328863", "gamma": "0.011633852", "vega": "0.466150919",
        "theta": "-12.908481913", "vanna": "-0.0154988674", "charm": "0.429176792",
    },
    (6000.0, 1): {
        "price": "9.780116056", "delta": "0.50080017", "gamma": "0.0162723072", "vega": "0.652006830",
        "theta": "-18.054501958", "vanna": "5.43339025e-05", "charm": "-0.00144974894",
    },
}
CHAIN = (  # strike, sign, open interest, exposure per 1 %
    (6000.0, 1, 1200, "351481835.702"), (6010.0, 1, 2500, "674456650.777"), (6025.0, 1, 1800, "314793639.847"),
    (6000.0, -1, 900, "-263611376.776"), (5980.0, -1, 3000, "-628228007.935"), (5950.0, -1, 2200, "-78796832.140"),
)
TOTALS = {"gamma": "370095909.474", "vanna": "34614307.535", "charm": "-958456396.547", "zero gamma": "5993.1934"}
TOUCH = {6020.0: "0.414700925", 5980.0: "0.414527419"}


def equals(value, printed):
    """Whether the value rounds to what is printed."""
    digits, _, power = printed.partition("e")
    places = len(digits.split(".")[1]) if "." in digits else 0
    return abs(value - float(printed)) <= 0.5000001 * 10.0 ** (int(power or 0) - places)


def _arrays(*values):
    return [numpy.array([float(value)]) for value in values]


def _greeks():
    for (strike, sign), golden in GREEKS.items():
        signs, forward, strikes, years = _arrays(sign, FORWARD, strike, YEARS)
        found = black.greeks(signs, forward, strikes, years, RATE, numpy.array([VOLATILITY]))
        for name, printed in golden.items():
            yield f"{name} of {strike} {sign}", float(getattr(found, name)[0]), printed
        solved = black.implied_volatility(signs, forward, strikes, years, RATE, found.price)
        yield f"volatility of {strike} {sign}", float(solved[0]), "0.150000000000"


def _chain():
    strike, sign, interest = (numpy.array([entry[column] for entry in CHAIN], float) for column in range(3))
    count = len(CHAIN)
    forward, years, volatility, multiplier = (
        numpy.full(count, value) for value in (FORWARD, YEARS, VOLATILITY, 50.0)
    )
    found = black.greeks(sign, forward, strike, years, RATE, volatility)
    gamma = sign * interest * exposure.gamma_unit(forward, found.gamma, multiplier)
    for index, entry in enumerate(CHAIN):
        yield f"exposure of {entry[0]} {entry[1]}", float(gamma[index]), entry[3]
    yield "gamma exposure", exposure.signed_sum(gamma, 0 * gamma)[0], TOTALS["gamma"]
    yield "vanna exposure", float((sign * interest * multiplier * forward * found.vanna).sum()), TOTALS["vanna"]
    yield "charm exposure", float((sign * interest * multiplier * forward * found.charm).sum()), TOTALS["charm"]
    crossing = exposure.zero_gamma(FORWARD, sign, strike, years, RATE, volatility, interest, multiplier)
    yield "zero gamma", crossing, TOTALS["zero gamma"]
    for level, printed in TOUCH.items():
        yield f"touch of {level}", float(exposure.touch_probability(level, FORWARD, VOLATILITY, YEARS)), printed


def _difference_failures():
    """Vanna and charm against central differences of delta (FEATURES E)."""
    failures = []
    generator = numpy.random.default_rng(23)
    count = 500
    forward, strike = numpy.full(count, 6000.0), generator.uniform(5700, 6300, count)
    years, sigma = generator.uniform(0.02, 0.12, count), generator.uniform(0.1, 0.4, count)
    sign = generator.choice([-1.0, 1.0], count)
    found = black.greeks(sign, forward, strike, years, RATE, sigma)
    step = 1e-4

    def delta(at, volatility):
        return black.greeks(sign, forward, strike, at, RATE, volatility).delta

    vanna = (delta(years, sigma + step) - delta(years, sigma - step)) / (2 * step) / 100
    charm = -(delta(years * (1 + step), sigma) - delta(years * (1 - step), sigma)) / (2 * step * years) / 365
    for name, ours, theirs in (("vanna", found.vanna, vanna), ("charm", found.charm, charm)):
        worst = float((numpy.abs(ours - theirs) / numpy.abs(ours).max()).max())
        if not worst <= 1e-4:
            failures.append(f"{name}: central differences are {worst:.1e} away")
    return failures


def _vollib_failures():
    generator = numpy.random.default_rng(29)
    count = 1200
    forward, strike = numpy.full(count, 6000.0), numpy.round(generator.uniform(5500, 6500, count) / 5) * 5
    years, sigma = generator.uniform(0.0005, 0.12, count), generator.uniform(0.08, 0.6, count)
    sign = generator.choice([-1.0, 1.0], count)
    price = black.greeks(sign, forward, strike, years, RATE, sigma).price
    inner = numpy.exp(-RATE * years) * numpy.maximum(sign * (forward - strike), 0)
    kept = price - inner > 0.01
    solved = black.implied_volatility(sign, forward, strike, years, RATE, price)
    failures = []
    if not float(numpy.abs(solved - sigma)[kept].max()) < 1e-11:
        failures.append("implied volatility does not return to where it came from")
    columns = (sign, forward, strike, years, price, solved)
    sample = [tuple(float(column[index]) for column in columns) for index in numpy.flatnonzero(kept)]
    failures += black.against_vollib(sample, RATE)[1]
    wrong = [(*entry[:5], entry[5] + 1e-6) for entry in sample[:5]]
    if not black.against_vollib(wrong, RATE)[1]:
        failures.append("vollib: a wrong volatility passes")
    return failures


def _monte_carlo_failures():
    """Touch probability of paths of 20 steps with a Brownian bridge between them, within three standard errors."""
    failures = []
    generator = numpy.random.default_rng(31)
    paths, steps = 200_000, 20
    variance = VOLATILITY**2 * YEARS / steps
    for level in TOUCH:
        barrier = math.log(level / FORWARD)
        above = barrier > 0
        position, missed = numpy.zeros(paths), numpy.ones(paths)
        for _ in range(steps):
            following = position - variance / 2 + math.sqrt(variance) * generator.standard_normal(paths)
            left, right = barrier - position, barrier - following
            crossed = (right <= 0) if above else (right >= 0)
            bridge = numpy.exp(-2 * left * right / variance)
            missed *= numpy.where(crossed, 0.0, 1 - numpy.minimum(bridge, 1.0))
            position = following
        touched = 1 - missed
        error = float(touched.std() / math.sqrt(paths))
        expected = float(exposure.touch_probability(level, FORWARD, VOLATILITY, YEARS))
        if not abs(float(touched.mean()) - expected) <= 3 * error:
            failures.append(f"touch of {level}: Monte Carlo {touched.mean():.6f}, closed form {expected:.6f}, "
                            f"standard error {error:.6f}")
    return failures


def _flow_failures():
    """The recursive sum against all its terms."""
    generator = numpy.random.default_rng(37)
    total, terms, newest, moment = Sum(), [], 0, 0
    for position in range(2000):
        moment += int(generator.exponential(2e8))
        event, value = moment - int(generator.integers(0, 10**7)), float(generator.integers(-9, 10))
        total.add(position, event, value)
        if value:
            terms.append((event, value))
            newest = max(newest, event)
    read = moment + 10**9
    expected = math.fsum(value * 2.0 ** (-(read - event) / 3e11) for event, value in terms)
    value, gross = total.read(numpy.array([2000]), numpy.array([read]))
    held, _ = total.read(numpy.array([2000]), numpy.array([newest - 10**8]))
    at_clock, _ = total.read(numpy.array([2000]), numpy.array([newest]))
    passed = abs(float(value[0]) - expected) <= 1e-12 * float(gross[0]) and held[0] == at_clock[0]
    return [] if passed else [f"sum of half-life 300 s: {value} expected {expected}"]


def _comparison_failures():
    """Equal columns pass; every kind of damage is found."""
    names = ["gamma_exposure_total_usd_per_1pct", "put_call_volume_ratio_session",
             "pm_high_risk_neutral_touch_probability", "atm_implied_volatility_7d_percent",
             "expected_move_to_close_ticks"]
    generator = numpy.random.default_rng(41)
    ours = {name: generator.normal(0.5, 40, 400) for name in names}
    for values in ours.values():
        values[:40] = math.nan
    stamps = numpy.zeros((400, 3), numpy.int64)
    index_of = {name: index for index, name in enumerate(names)}
    matrix = numpy.column_stack(list(ours.values()))

    def run(theirs, **options):
        settings = {"minimum_finite": 100, "allow_sparse": [], **options}
        return comparison.compare(ours, {names[0]: numpy.full(400, 50.0)}, theirs, index_of, stamps, **settings)[1]

    failures = [] if not run(matrix) else ["comparison: equal columns are refused"]
    if not run(matrix, minimum_finite=361) or run(matrix, minimum_finite=361, allow_sparse=["*"]):
        failures.append("comparison: sparse columns are not told apart")
    if not run(matrix, only=["no_such_column"]):
        failures.append("comparison: nothing compared passes")
    for index, name in enumerate(names):
        for row, damage in ((10, 1.0), (77, math.nan), (77, math.inf), (77, matrix[77, index] + 1e-5)):
            damaged = matrix.copy()
            damaged[row, index] = damage
            if not run(damaged):
                failures.append(f"comparison: {name} row {row} = {damage} passes")
            if run(damaged, skip=[name]):
                failures.append(f"comparison: {name} is compared though skipped")
    return failures


def run():
    checked, failures = 0, []
    for part in (_greeks(), _chain()):
        for name, value, printed in part:
            checked += 1
            if not equals(value, printed):
                failures.append(f"{name}: {value!r}, FEATURES I.2 has {printed}")
    for part in (_difference_failures, _vollib_failures, _monte_carlo_failures, _flow_failures, _comparison_failures,
                 golden_smile.failures, chain_check.failures, tape_check.failures):
        failures += part()
    for text in failures:
        print(f"FAIL {text}")
    print(f"{checked} golden values checked, {len(failures)} failures")
    return 1 if failures else 0
