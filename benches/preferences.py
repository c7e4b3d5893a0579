#!/usr/bin/env python3
"""How well a model judges pairs of answers that people judged before: accuracy, flips, bias of place and of length.

    cargo build --release
    python3 benches/preferences.py DEV.jsonl [--pairs 120] [--model NAME] [--seed 1] [--bin target/release/regauge]

DEV.jsonl has rows with `id`, `subset`, `prompt`, `output_1`, `output_2` and `label` (1 or 2: the answer that people
prefer), as LLMBar and the MT-Bench votes are published. Two runs hold the answers, and `regauge judge pairwise`
compares them in both orders by the shipped rubric, as a user would. NAME is a model of this project's regauge.toml.

Measured with the stand-in model (`small`) on 120 pairs of 1 seed: 79 of 117 pairs flip with the order, 25 of the 38
decided ones are right, 53.3 % (44-62) of all with a flip counting half, 3 replies unreadable, the first place chosen by
61 % of the replies. It is no judge, and no order alone would have shown that.
"""
import argparse, json, math, random, re, sqlite3, subprocess, sys, tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
# Says an answer that stands in a file, by the case that is asked.
ECHO = """
import json, sys
answers = {json.loads(line)["prompt"].strip(): json.loads(line)[sys.argv[1]] for line in open(sys.argv[2])}
for line in sys.stdin:
    asked = json.loads(line)
    text = answers[asked["messages"][-1]["content"].strip()]
    print(json.dumps({"id": asked["id"], "text": text}), flush=True)
"""


def wilson(hits, of, z=1.96):
    if of == 0:
        return (0.0, 1.0)
    p, n = hits / of, of
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return ((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n))


def share(name, hits, of):
    low, high = wilson(hits, of)
    print(f"  {name:<46} {hits:>4} of {of:<4} {100 * hits / max(of, 1):5.1f} % ({100 * low:.0f}-{100 * high:.0f})")


def project(folder, rows, model):
    settings = (HERE / "regauge.toml").read_text()
    table = re.search(rf"^\[models\.{re.escape(model)}\]\n(?:[^\[\n][^\n]*\n|\n)*", settings, re.M)
    if not table:
        sys.exit(f"regauge.toml has no model `{model}`")
    judge = re.sub(r"max_tokens\s*=.*", "max_tokens = 120", table.group(0))
    (folder / "echo.py").write_text(ECHO)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    bots = "".join(
        f'[models.{name}]\nprovider = "command"\ncommand = ["{sys.executable}", "echo.py", "output_{n}", "rows.jsonl"]\n'
        for n, name in ((1, "one"), (2, "two"))
    )
    (folder / "regauge.toml").write_text(f'{bots}\n{judge}\n[judge]\nmodel = "{model}"\n')
    (folder / "prompts/judges").mkdir(parents=True)
    (folder / "prompts/bare.j2").write_text("{% block user %}{{ input }}{% endblock %}\n")
    (folder / "prompts/judges/pairwise.j2").write_text((HERE / "prompts/judges/pairwise.j2").read_text())
    (folder / "suites").mkdir()
    (folder / "suites/pairs.toml").write_text(
        'prompts = ["bare"]\nmodels = ["one", "two"]\n[[score]]\nkind = "length"\nmin_chars = 1\n'
        '[[cases]]\nfile = "rows.jsonl"\nfields = { input = "prompt" }\n'
    )


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("data", type=Path)
    args.add_argument("--pairs", type=int, default=120)
    args.add_argument("--model", default="small")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--most-chars", type=int, default=2500, help="longer pairs are left out: they fill the context")
    args.add_argument("--bin", default=str(HERE / "target/release/regauge"))
    args = args.parse_args()
    rows = [json.loads(line) for line in args.data.read_text().splitlines()]
    fits = lambda r: len(r["prompt"]) + len(r["output_1"]) + len(r["output_2"]) <= args.most_chars
    seen, usable = set(), []
    for row in rows:
        if fits(row) and row["output_1"] != row["output_2"] and row["prompt"].strip() not in seen:
            seen.add(row["prompt"].strip())
            usable.append(row)
    rows = random.Random(args.seed).sample(usable, min(args.pairs, len(usable)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder, rows, args.model)

        def run(*command):
            done = subprocess.run([args.bin, *command], cwd=folder, text=True, capture_output=True)
            if done.returncode not in (0, 3, 5):
                sys.exit(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
            return done.stdout

        for model in ("one", "two"):
            run("run", "--model", model, "--tag", model)
        found = json.loads(run("judge", "pairwise", "one", "two", "--json"))
        store = sqlite3.connect(next((folder / ".regauge").glob("*.db")))
        replies = store.execute("SELECT text FROM answer_rows WHERE provider <> 'command'").fetchall()
    told = {row["case"]: row["better"] for row in found["cases"]}
    right = half = longer = decided = 0
    places = {"first": 0, "second": 0}
    for row in rows:
        better = told.get(row["id"])
        if better in ("cand", "base"):
            decided += 1
            choice = 2 if better == "cand" else 1
            right += choice == row["label"]
            longer += choice == (1 if len(row["output_1"]) > len(row["output_2"]) else 2)
        elif better in ("tie", "flip"):
            half += 1
    for (text,) in replies:
        word = re.search(r'"better"\s*:\s*"(first|second)"', text or "")
        if word:
            places[word.group(1)] += 1
    human = sum(r["label"] == (1 if len(r["output_1"]) > len(r["output_2"]) else 2) for r in rows)
    print(f"\n{args.data.name}: {len(rows)} pairs of at most {args.most_chars} characters, seed {args.seed}, judge {found['judge']}")
    print("  " + ", ".join(f"{key} {value}" for key, value in found["tally"].items()))
    share("decided alike in both orders", decided, len(rows))
    share("of these, as people decided", right, decided)
    share("of all, a tie or a flip counting half", round(right + half / 2), len(rows))
    share("flips, of pairs with two verdicts", sum(b == "flip" for b in told.values()), decided + half)
    share("replies that chose the first place", places["first"], sum(places.values()))
    share("decided for the longer answer", longer, decided)
    share("people chose the longer answer", human, len(rows))


if __name__ == "__main__":
    main()
