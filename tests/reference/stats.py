"""Writes tests/reference/stats.json: what scipy, statsmodels and numpy say. Needs: scipy statsmodels numpy."""
import json, pathlib, random
import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

dice = random.Random(1)
out = {k: [] for k in ("mcnemar", "wilson", "newcombe", "fisher", "adjust", "level", "flip")}
for b, f in [(0, 1), (5, 0), (6, 1), (12, 3), (40, 55), (300, 250)]:
    exact = float(mcnemar([[0, b], [f, 0]], exact=True).pvalue)
    mid = min(1.0, 2 * stats.binom.cdf(min(b, f), b + f, 0.5) - stats.binom.pmf(min(b, f), b + f, 0.5))
    out["mcnemar"].append([b, f, exact, float(mid)])
for c, n in [(1, 20), (10, 20), (85, 100), (999, 1000)]:
    out["wilson"].append([c, n, *map(float, proportion_confint(c, n, method="wilson"))])
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
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
