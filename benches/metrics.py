#!/usr/bin/env python3
"""Times the similarity metrics beside the Python packages they agree with: same pairs, same metrics, one core.

    pip install --target /tmp/pyref rouge-score==0.1.2 sacrebleu==2.6.0 nltk==3.10.4
    PYTHONPATH=/tmp/pyref python3 benches/metrics.py [--rounds 5] [--bench PATH]

The pairs are those of `tests/reference/texts.json`. Rounds of both sides alternate, and of each side the quickest round
counts, because machines are noisy. Both sides cut the texts into tokens anew in every round. `--bench` names a built
bench binary; without it `cargo bench` builds one.
"""
import argparse, json, subprocess, sys, time
from pathlib import Path

from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

ROOT = Path(__file__).resolve().parent.parent


class NoSynonyms:
    @staticmethod
    def synsets(_):
        return []


def metrics():
    for name, kind in (("rouge-1", "rouge1"), ("rouge-2", "rouge2"), ("rouge-l", "rougeL"), ("rouge-lsum", "rougeLsum")):
        yield name, lambda a, r, scorer=RougeScorer([kind]): scorer.score(r, a)
    bleu, chrf, chrfpp = BLEU(effective_order=True), CHRF(), CHRF(word_order=2)
    yield "bleu", lambda a, r: bleu.sentence_score(a, [r])
    yield "chrf", lambda a, r: chrf.sentence_score(a, [r])
    yield "chrf++", lambda a, r: chrfpp.sentence_score(a, [r])
    yield "meteor", lambda a, r: single_meteor_score(r.split(), a.split(), wordnet=NoSynonyms)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bench", help="a built bench binary")
    args = parser.parse_args()
    stored = json.loads((ROOT / "tests/reference/texts.json").read_text(encoding="utf-8"))
    pairs = [(stored["texts"][a], stored["texts"][r]) for a, r in stored["pairs"]]
    command = [str(Path(args.bench).resolve())] if args.bench else ["cargo", "bench", "--quiet", "--bench", "metrics", "--"]
    theirs, ours = {}, {}
    for _ in range(args.rounds):
        for name, metric in metrics():
            Tokenizer13a.__call__.cache_clear()
            TokenizerRegexp.__call__.cache_clear()
            start = time.perf_counter()
            for answer, reference in pairs:
                metric(answer, reference)
            spent = (time.perf_counter() - start) / len(pairs) * 1e6
            theirs[name] = min(spent, theirs.get(name, spent))
        out = subprocess.run([*command, "10"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
        for line in out.splitlines():
            name, spent = line.rsplit(" ", 1)
            ours[name] = min(float(spent), ours.get(name, float(spent)))
    print(f"{len(pairs)} pairs\n{'metric':<12}{'python µs':>12}{'regauge µs':>12}{'pairs/s':>12}{'faster':>9}")
    for name, spent in ours.items():
        print(f"{name:<12}{theirs[name]:>12.1f}{spent:>12.2f}{1e6 / spent:>12,.0f}{theirs[name] / spent:>8.0f}x")


if __name__ == "__main__":
    sys.exit(main())
