"""Writes tests/reference/stats.json: what scipy, statsmodels and numpy say. Needs: scipy statsmodels numpy.

No package has Tango's interval: it is written here anew, from the paper and by other means than in src/stats (the restricted
estimate is found by a root of the likelihood's derivative, the bounds by Brent's method)."""
import json, pathlib, random
import numpy as np
from scipy import optimize, stats
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

dice = random.Random(1)
out = {k: [] for k in ("mcnemar", "wilson", "newcombe", "fisher", "adjust", "level", "flip", "tango", "clustered", "bca", "beta", "power", "jeffreys", "wilson_clustered", "rogan_gladen", "rates")}
for b, f in [(0, 1), (5, 0), (6, 1), (12, 3), (40, 55), (300, 250)]:
    exact = float(mcnemar([[0, b], [f, 0]], exact=True).pvalue)
    mid = min(1.0, 2 * stats.binom.cdf(min(b, f), b + f, 0.5) - stats.binom.pmf(min(b, f), b + f, 0.5))
    out["mcnemar"].append([b, f, exact, float(mid)])
for c, n in [(1, 20), (10, 20), (85, 100), (999, 1000)]:
    out["wilson"].append([c, n, *map(float, proportion_confint(c, n, method="wilson"))])
for c, n in [(0, 15), (3, 15), (10, 10), (85, 100), (999, 1000)]:
    low, high = proportion_confint(c, n, method="jeffreys")
    out["jeffreys"].append([c, n, 0.0 if c == 0 else float(low), 1.0 if c == n else float(high)])
for a, m, b, n in [(48, 80, 56, 70), (3, 10, 9, 10), (170, 200, 150, 190)]:
    low, high = confint_proportions_2indep(b, n, a, m, method="newcomb", compare="diff")
    out["newcombe"].append([a, m, b, n, float(low), float(high)])
    out["fisher"].append([a, m, b, n, float(stats.fisher_exact([[a, m - a], [b, n - b]])[1])])
for size in (1, 5, 20):
    p = [dice.random() ** 3 for _ in range(size)]
    out["adjust"].append([p, list(map(float, multipletests(p, method="holm")[1])), list(map(float, multipletests(p, method="fdr_bh")[1]))])
for size in (3, 12, 60):
    x = [dice.random() for _ in range(size)]
    low, high = stats.t.interval(0.95, size - 1, np.mean(x), stats.sem(x))
    out["level"].append([x, float(np.mean(x)), float(low), float(high)])
for size in (3, 8, 12):
    d = [dice.random() - 0.3 for _ in range(size)]
    p = stats.permutation_test((d,), lambda v, axis: np.abs(v.sum(axis=axis)), permutation_type="samples", n_resamples=np.inf, alternative="greater", vectorized=True).pvalue
    out["flip"].append([d, float(p)])


def tango(both, a, b, neither):
    """Tango 1998, Statistics in Medicine 17, 891-908."""
    n, z = both + a + b + neither, stats.norm.ppf(0.975)

    def score(change):
        least, most = max(0.0, -change), (1 - change) / 2
        slope = lambda q: a / q + b / (q + change) - 2 * (n - a - b) / (1 - 2 * q - change)
        hair = 1e-14
        q = optimize.brentq(slope, least + hair, most - hair, xtol=1e-16, rtol=1e-15)
        return (b - a - n * change) / (n * (2 * q + change - change**2)) ** 0.5

    centre, edge = (b - a) / n, 1 - 1e-9
    bound = lambda x, y, at: optimize.brentq(lambda d: score(d) - at, x, y, xtol=1e-14, rtol=1e-14)
    return bound(-edge, centre, z), bound(centre, edge, -z)


for counts in [(40, 9, 3, 8), (70, 12, 4, 14), (12, 5, 2, 1), (180, 8, 8, 4), (700, 60, 90, 150)]:
    out["tango"].append([*counts, *map(float, tango(*counts))])

for clusters, size in [(4, 3), (12, 5), (40, 2)]:
    ids = [c for c in range(clusters) for _ in range(1 + dice.randrange(size))]
    pull = [dice.random() for _ in range(clusters)]
    x = [pull[c] + dice.random() for c in ids]
    fit = OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": np.array(ids), "use_correction": True, "df_correction": True}, use_t=True)
    low, high = fit.conf_int()[0]
    out["clustered"].append([x, ids, float(fit.params[0]), float(fit.bse[0]), float(low), float(high)])


class SplitMix:
    """The generator of src/stats/random.rs."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return (z ^ (z >> 31)) % n


def bca(x, ids, seed):
    """scipy's BCa of the resamples that src/stats draws; the level is that of Student's t, see src/stats/bootstrap.rs."""
    groups = sorted((sum(sorted(v for v, c in zip(x, ids) if c == g)), ids.count(g)) for g in set(ids))
    sums, sizes = (np.array(part, dtype=float) for part in zip(*groups))
    g, random = len(groups), SplitMix(seed)
    drawn = np.array([[random.below(g) for _ in range(g)] for _ in range(4999)])
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    ratio = lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis)
    reach = (g / (g - 1)) ** 0.5 * stats.t.ppf(0.975, g - 1)
    how = dict(statistic=ratio, paired=True, vectorized=True, method="BCa", confidence_level=2 * stats.norm.cdf(reach) - 1)
    made = stats.bootstrap((sums, sizes), n_resamples=1, **{**how, "method": "percentile"})
    made.bootstrap_distribution = means
    return stats.bootstrap((sums, sizes), n_resamples=0, bootstrap_result=made, **how).confidence_interval


for clusters, size, seed in [(20, 1, 7), (15, 4, 11)]:
    ids = [c for c in range(clusters) for _ in range(size)]
    x = [dice.random() ** 4 for _ in ids]
    low, high = bca(x, ids, seed)
    out["bca"].append([x, ids, seed, float(low), float(high)])

for passed, failed in [(0, 0), (3, 2), (5, 0), (10, 10), (2, 9), (200, 40)]:
    posterior = stats.beta(1 + passed, 1 + failed)
    out["beta"].append([passed, passed + failed, float(posterior.cdf(0.9) - posterior.cdf(0.1))])

for n, broke, fixed in [(20, 0.2, 0.05), (50, 0.15, 0.05), (80, 0.05, 0.05)]:
    power = 0.0
    for b in range(n + 1):
        for f in range(n + 1 - b):
            few, moved = min(b, f), b + f
            mid = 2 * stats.binom.cdf(few, moved, 0.5) - stats.binom.pmf(few, moved, 0.5)
            if moved and b != f and mid <= 0.05:
                power += stats.multinomial.pmf([b, f, n - moved], n, [broke, fixed, 1 - broke - fixed])
    out["power"].append([n, broke, fixed, float(power)])

def wilson_clustered(tallies):
    """statsmodels' Wilson interval at n/d; d is the robust variance of the mean over p(1-p)/n, both with a third of a cluster of each kind
    added, as clusters of that weight."""
    size = sum(m for _, m in tallies) / len(tallies)
    k, n = np.array(tallies, dtype=float).T
    k, n, w = np.append(k, [size, 0]), np.append(n, [size, size]), np.append(np.ones(len(tallies)), [1 / 3, 1 / 3])
    p = (w * k).sum() / (w * n).sum()
    robust = (w * (k - n * p) ** 2).sum() / (w * n).sum() ** 2
    d = max(1.0, robust / (p * (1 - p) / (w * n).sum()))
    passed, all_ = sum(k for k, _ in tallies), sum(m for _, m in tallies)
    return proportion_confint(passed / d, all_ / d, method="wilson")


for tallies in [[(3, 3)] * 12 + [(2, 3)] * 5 + [(0, 3)] * 3, [(4, 5), (1, 2), (7, 7), (0, 1), (3, 9)] * 4, [(1, 4), (3, 4)] * 6]:
    out["wilson_clustered"].append([tallies, *map(float, wilson_clustered(tallies))])


def rogan_gladen(passed, judged, good_passed, good, bad_failed, bad):
    """Lang and Reiczigel 2014, Preventive Veterinary Medicine 113, 13-22; its gradient is checked by numbers."""
    z = stats.norm.ppf(0.975)
    shares = [(passed + z * z / 2) / (judged + z * z), (good_passed + 1) / (good + 2), (bad_failed + 1) / (bad + 2)]
    spreads = [p * (1 - p) / n for p, n in zip(shares, [judged + z * z, good + 2, bad + 2])]
    rate = lambda p, se, sp: (p + sp - 1) / (se + sp - 1)
    slope = optimize.approx_fprime(shares, lambda x: rate(*x), 1e-8)
    gradient = [slope[0], -rate(*shares) * slope[0], (1 - rate(*shares)) * slope[0]]
    assert np.allclose(gradient, slope, rtol=1e-5) and abs(slope[0] * (shares[1] + shares[2] - 1) - 1) < 1e-6
    exact = 1 / (shares[1] + shares[2] - 1)
    half = z * exact * (spreads[0] + rate(*shares) ** 2 * spreads[1] + (1 - rate(*shares)) ** 2 * spreads[2]) ** 0.5
    centre = rate(*shares) + 2 * z * z * (rate(*shares) * spreads[1] - (1 - rate(*shares)) * spreads[2])
    plain = rate(passed / judged, good_passed / good, bad_failed / bad)
    return plain, min(max(centre - half, 0), plain), max(min(centre + half, 1), plain)


for counts in [(550, 1000, 90, 100, 80, 100), (230, 300, 48, 50, 9, 10), (70, 400, 20, 25, 60, 70)]:
    out["rogan_gladen"].append([*counts, *map(float, rogan_gladen(*counts))])


def spread(pairs, weights):
    """Rates of one pair, and the variance of their difference by the residual maker of a weighted mean over clusters."""
    w = np.array(weights) / sum(weights)
    a, b, trials, _, ids = (np.array(part) for part in zip(*pairs))
    broke, fixed = w @ np.clip(a - b, 0, None), w @ np.clip(b - a, 0, None)
    groups = [ids == g for g in sorted(set(ids))]
    h = np.array([w[g].sum() for g in groups])
    own = np.array([(w[g] @ (b - a)[g]) / w[g].sum() for g in groups])
    maker = np.eye(len(h)) - np.outer(np.ones(len(h)), h)
    variance = (h**2 * (maker @ own) ** 2 / np.diag(maker @ maker.T)).sum()
    of_one = (broke + fixed - (fixed - broke) ** 2) / (1 - h @ h)
    cases, clusters, alone = 1 / (w @ w), 1 / (h @ h), of_one / variance
    few = 1.0 if len(h) == len(pairs) else (stats.t.ppf(0.975, cases - 1) / stats.t.ppf(0.975, clusters - 1)) ** 2
    return broke, fixed, min(max(alone * few, min(alone, clusters)), 1 / (w**2 / trials).sum()), cases


def rates(pairs):
    """Tango's interval at the effective number of src/stats/rates.rs, and that number."""
    broke, fixed, telling, cases = spread(pairs, [p[3] for p in pairs])
    alike = spread(pairs, [1.0] * len(pairs))[2] * cases / len(pairs)
    n = (telling * alike) ** 0.5
    return n, *tango(0.0, broke * n, fixed * n, (1 - broke - fixed) * n)


for cases, size, repeats, heavy in [(30, 1, 3, 1), (30, 3, 1, 1), (40, 4, 3, 5)]:
    pairs = []
    for i in range(cases):
        rate = dice.random()
        draw = lambda: sum(dice.random() < rate for _ in range(repeats)) / repeats
        pairs.append([draw(), draw(), repeats, 1.0 + (i * 7) % heavy, i // size])
    out["rates"].append([pairs, *map(float, rates(pairs))])
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
