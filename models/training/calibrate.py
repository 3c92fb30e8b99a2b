"""Fits how sure is sure: reads what `read_stream` printed for lines of unseen fonts and writes the calibration that
export.py puts into `reader.toml`. Half of the lines fit, the other half judge."""

import argparse
import json
from pathlib import Path

import numpy as np

GROUPS = {
    "names": ["person_name"],
    "digits": ["date", "time", "number", "identity", "year", "age"],
    "words": ["sex", "ethnicity", "nationality", "occupation", "relation", "cause", "registration_type", "date_words"],
    "all others": [],
}

#: Lines a group needs before it gets a table of its own.
LEAST_LINES = 800


def rows(path: Path):
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield row["features"], " ".join(row["truth"].split()) == row["text"], row["meta"].get("field", "text"), row


def logistic(x, y, strength=1e-3, steps=60):
    """Ridge logistic regression by Newton's method; the last weight is the constant."""
    x = np.hstack([x, np.ones((len(x), 1))])
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - y) / len(y) + strength * w
        curvature = (x * (p * (1 - p))[:, None]).T @ x / len(y) + strength * np.eye(len(w))
        w -= np.linalg.solve(curvature, gradient)
    return w


def raw(x, w):
    return 1 / (1 + np.exp(-np.clip(x @ w[:-1] + w[-1], -30, 30)))


def isotonic(x, y, prior):
    """Pool adjacent violators; every pool is drawn a little towards `prior` so that no small pool is certain."""
    order = np.argsort(x, kind="stable")
    pools = []
    for value, right in zip(x[order], y[order]):
        pools.append([value, value, float(right), 1.0])
        while len(pools) > 1 and pools[-2][2] / pools[-2][3] >= pools[-1][2] / pools[-1][3]:
            low, _, a, n = pools.pop(-2)
            pools[-1] = [low, pools[-1][1], a + pools[-1][2], n + pools[-1][3]]
    merged = []
    for pool in pools:
        if merged and (merged[-1][3] < 60):
            low, _, a, n = merged.pop()
            pool = [low, pool[1], a + pool[2], n + pool[3]]
        merged.append(pool)
    if len(merged) > 1 and merged[-1][3] < 60:
        last = merged.pop()
        low, _, a, n = merged.pop()
        merged.append([low, last[1], a + last[2], n + last[3]])
    points = []
    for low, high, a, n in merged:
        centre = (low + high) / 2
        value = (a + 2 * prior) / (n + 2)
        if not points or centre > points[-1][0] + 1e-5:
            points.append([float(centre), float(max(value, points[-1][1] if points else 0.0))])
    top = float(points[-1][1])
    return ([[0.0, min(points[0][1], 0.02)]] if points[0][0] > 1e-4 else []) + points + ([[1.0, top]] if points[-1][0] < 1 - 1e-4 else [])


def apply(points, x):
    return np.interp(x, [p[0] for p in points], [p[1] for p in points])


def expected_error(p, y, bins=10):
    edges = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[edges == b].mean() - y[edges == b].mean()) * (edges == b).mean() for b in range(bins) if (edges == b).any())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readings", type=Path, nargs="+", help="output of read_stream on lines of unseen fonts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wrong", type=float, default=0.005, help="share of accepted readings that may be wrong")
    args = parser.parse_args()
    everything = [row for path in args.readings for row in rows(path)]
    everything = [row for row in everything if row[0] and any(row[0])]
    x = np.array([r[0] for r in everything])
    y = np.array([r[1] for r in everything], float)
    kinds = np.array([r[2] for r in everything])
    fit = np.arange(len(y)) % 2 == 0
    weights = logistic(x[fit], y[fit])
    known = sorted({k for ks in GROUPS.values() for k in ks})

    def members(names):
        return np.isin(kinds, names) if names else ~np.isin(kinds, known)

    tables, p = [], np.zeros(len(y))
    for name, names in GROUPS.items():
        mine = members(names)
        # A table of few lines would be calibrated to chance: the regression alone is better.
        if (mine & fit).sum() >= LEAST_LINES:
            points = isotonic(raw(x[mine & fit], weights), y[mine & fit], 0.5)
            tables.append({"kinds": names, "points": points})
            p[mine] = apply(points, raw(x[mine], weights))
        else:
            p[mine] = raw(x[mine], weights)
        test = mine & ~fit
        if test.any():
            print(f"{name}: {test.sum()} lines, exact {y[test].mean():.1%}, expected calibration error {expected_error(p[test], y[test]):.2%}")
    # The smallest threshold whose accepted readings are wrong no more often than asked on the fitting half, with room
    # for chance (one standard error); judged on the other half.
    order = np.argsort(-p[fit], kind="stable")
    wrong = np.cumsum(1 - y[fit][order])
    count = np.arange(1, len(order) + 1)
    rate = (wrong + np.sqrt(wrong)) / count
    good = np.nonzero(rate <= args.wrong)[0]
    threshold = float(p[fit][order][good[-1]]) if len(good) else 0.9995
    test = ~fit
    accepted = test & (p >= threshold)
    print(f"all: {test.sum()} lines, expected calibration error {expected_error(p[test], y[test]):.2%}, threshold {threshold:.4f}: "
          f"accepted {accepted.sum() / test.sum():.1%}, wrong {1 - y[accepted].mean() if accepted.any() else 0:.2%}")
    for limit in (0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995):
        chosen = test & (p >= limit)
        if chosen.any():
            print(f"  p >= {limit}: accepted {chosen.sum() / test.sum():.1%}, wrong {1 - y[chosen].mean():.2%}")
    args.out.write_text(json.dumps({"weights": [float(w) for w in weights], "threshold": threshold, "tables": tables}))


if __name__ == "__main__":
    main()
