#!/usr/bin/env python3
"""Writes the reference values that `tests/metrics.rs` holds the similarity metrics against.

    pip install --target /tmp/pyref rouge-score==0.1.2 sacrebleu==2.6.0 nltk==3.10.4
    PYTHONPATH=/tmp/pyref python3 tests/reference/make.py

The texts are this project's own: passages and sentences of the articles in `golden/knowledge`, accepted answers,
questions of the suites, and the odd cases listed below, some changed by a seeded generator. So that a later edit of an
article moves nothing, they are written out once as `texts.json`; given that file, `--keep-texts` computes only the values.

`pairs.csv`: indices of answer and reference, then ROUGE-1/2/L/Lsum (precision, recall, F) by rouge-score, their F with its
stemmer, sentence BLEU (13a, effective order), chrF and chrF++ by sacrebleu (0 to 100), METEOR by NLTK with the words
between blanks, its stemmer and no synonyms. `several.csv`: an answer, two or three references, BLEU.
"""
import csv, json, random, re, sys
from pathlib import Path

from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAIRS, SEVERAL, SEED = 2600, 200, 20261123
TYPES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

ODD = [
    "", " ", "!", "...", "a", "A", "30", "4,95", "\n", "\n\n \n", "- \n-", "<skipped>", "&amp;lt;&quot;x&quot;", "-\n-\n",
    "İstanbul’da KELVIN \u212a 30 \u212b", "e.g. i.e. U.S.A. 1.234,50 2-3 12-V -5 .5 5. 5.. ,, ., 3,.4", "don't can't we'll it's l'été",
    "自行车在三十天内可以退货。", "30日以内に返品できます。", "자전거는 30일 이내에 반품할 수 있습니다.", "Велосипед можно вернуть в течение 30 дней.",
    "Το ποδήλατο επιστρέφεται σε 30 ημέρες· ΟΔΟΣ.", "🚲", "🚲🚲 Ride on! 👍🏽 👨\u200d👩\u200d👧 🇷🇴", "ﬁne ﬂow ½ ² Ⅳ ſtraße STRASSE ß", "s\u0326i t\u0326ara",
    "a\u00a0b\u2003c\u3000d\u2028e\u0085f\x1fg\x0bh", "zero\u200bwidth\u00adsoft\ufeffbom", "x" * 300, "ab " * 150, "a. " * 60, "(((((hi))))) [[a]] {b} ~c~ ^d^ `e` _f_",
    "https://help.voltaciclo.example/en/exchange?a=1&b=2#top, care@voltaciclo.example", "| Plan | Price |\n|---|---|\n| Plus | 49,00 € |", "**Bold** and _thin_, 1. one\n2. two\n- three",
    "Șapte țări și-au făcut școli în Iași; știți că știm?", "Şapte ţări şi-au făcut şcoli în Iaşi; ştiţi că ştim?", "Sapte tari si-au facut scoli in Iasi; stiti ca stim?",
    "relational conditional hopefulness vietnamization controlling skies dying proceed news innings geologies adopted allowance", "RELATE CONDITION HOPE VIETNAM CONTROL SKY DIE PROCEEDS NEW INNING GEOLOGY ADOPTION ALLOW",
]
INSERTED = ["🚲", "30", "1,234.50", "2-3", "e.g.", "...", "&quot;", "&amp;", "<skipped>", "„da”", "(VAT)", "不", "știți", "l'été", "\u00a0", "\u2003", "\x1f", "€4.95", "--", "it's", "K7-2231", "!"]
PLAIN = str.maketrans("ăâîșțşţĂÂÎȘȚŞŢ", "aaistst" + "AAISTST")
CEDILLA = str.maketrans("șțȘȚ", "şţŞŢ")


def body(path):
    return path.read_text(encoding="utf-8").split("\n+++\n", 1)[1].strip()


def collected():
    passages, sentences, answers = [], [], []
    for path in sorted((ROOT / "golden/knowledge").rglob("*.md")):
        for passage in re.split(r"^#+ .*$", body(path), flags=re.M):
            if passage.strip():
                passages.append(passage.strip())
                sentences += [s for s in re.split(r"(?<=[.!?])\s+|\n+", passage.strip()) if len(s) > 15]
    for path in sorted((ROOT / "golden/answers").rglob("*.md")):
        answers.append([a.strip() for a in body(path).split("<!-- or -->")])
    questions = []
    for path in sorted((ROOT / "suites").glob("*.toml")):
        questions += re.findall(r'^input\s*= "(.*)"$', path.read_text(encoding="utf-8"), flags=re.M)
    return passages, sentences, answers, questions


def changed(text, pick):
    """One text, changed in one to three ways."""
    for _ in range(pick.randint(1, 3)):
        words = text.split(" ")
        at = pick.randrange(len(words))
        way = pick.randrange(12)
        if way == 0:
            words = [w for w in words if pick.random() > 0.2]
        elif way == 1:
            other = pick.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif way == 2:
            words.insert(at, words[at])
        elif way == 3:
            words.insert(at, pick.choice(INSERTED))
        elif way == 4:
            words[at] = words[at].upper()
        elif way == 5:
            words = [w.translate(PLAIN if pick.random() < 0.5 else CEDILLA) for w in words]
        elif way == 6:
            words[at] = words[at][::-1]
        elif way == 7:
            words = words[at:] + words[:at]
        elif way == 8:
            words[at] += "\n"
        elif way == 9:
            words[at] += pick.choice(["s", "ed", "ing", "ly", ".", ",", "!", "-", "'s", "ul", "elor"])
        elif way == 10:
            words = words[: at + 1]
        else:
            words = [w.lower() for w in words]
        text = " ".join(words)
    return text


def small(pick):
    """A text of few different pieces, so that much repeats and much is in another order."""
    pieces = pick.choice(["ab", "abc", ["a", "b", "A", ".", ",", "-", "1", "'"], ["da", "nu", "da.", "ș", "1,5", "é", "&", "漢"]])
    gaps = pick.choice([[" "], [" ", "\n"], [" ", "", "\n"], [" ", "", "\t", "\u3000"]])
    return "".join(pick.choice(pieces) + pick.choice(gaps) for _ in range(pick.randint(0, 24)))


def pairs(pick):
    """Answers and references: unrelated, related, and changed ones."""
    passages, sentences, answers, questions = collected()
    several = [a for a in answers if len(a) > 1]
    kinds = [
        (6, lambda: (changed(one := pick.choice(sentences), pick), one)),
        (3, lambda: (changed(one := pick.choice(passages), pick), one)),
        (3, lambda: tuple(pick.sample(pick.choice(several), 2))),
        (2, lambda: (pick.choice(pick.choice(answers)), pick.choice(sentences))),
        (2, lambda: (pick.choice(sentences), pick.choice(passages))),
        (1, lambda: (pick.choice(questions), pick.choice(sentences))),
        (1, lambda: (changed(pick.choice(ODD) or "x", pick), pick.choice(ODD))),
        (1, lambda: (pick.choice(ODD), pick.choice(ODD + sentences[:20]))),
        (4, lambda: (small(pick), small(pick))),
    ]
    for odd in ODD:
        yield odd, odd
    for _ in range(PAIRS - len(ODD)):
        (_, make), = pick.choices(kinds, weights=[weight for weight, _ in kinds])
        yield make()


class NoSynonyms:
    @staticmethod
    def synsets(_):
        return []


def short(value):
    return f"{value:.11f}".rstrip("0").rstrip(".")


def main():
    kept = HERE / "texts.json"
    if "--keep-texts" in sys.argv:
        stored = json.loads(kept.read_text(encoding="utf-8"))
    else:
        pick = random.Random(SEED)
        texts, index = [], {}

        def place(text):
            if text not in index:
                index[text] = len(texts)
                texts.append(text)
            return index[text]

        chosen = [[place(answer), place(reference)] for answer, reference in pairs(pick)]
        more = [pick.sample(range(len(texts)), pick.randint(1, 2)) for _ in range(SEVERAL)]
        stored = {"texts": texts, "pairs": chosen, "several": [[*pick.choice(chosen), *m] for m in more]}
        kept.write_text(json.dumps(stored, ensure_ascii=False, indent=0), encoding="utf-8")
    texts = stored["texts"]
    plain, stemmed = RougeScorer(TYPES), RougeScorer(TYPES, use_stemmer=True)
    bleu, chrf, chrfpp = BLEU(effective_order=True), CHRF(), CHRF(word_order=2)
    with open(HERE / "pairs.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        parts = [f"{kind}_{part}" for kind in TYPES for part in "prf"]
        out.writerow(["answer", "reference", *parts, *(f"{kind}_stem_f" for kind in TYPES), "bleu", "chrf", "chrfpp", "meteor"])
        for a, r in stored["pairs"]:
            answer, reference = texts[a], texts[r]
            rouge, stem = plain.score(reference, answer), stemmed.score(reference, answer)
            values = [v for kind in TYPES for v in rouge[kind]] + [stem[kind].fmeasure for kind in TYPES]
            values += [metric.sentence_score(answer, [reference]).score for metric in (bleu, chrf, chrfpp)]
            values.append(single_meteor_score(reference.split(), answer.split(), wordnet=NoSynonyms))
            out.writerow([a, r, *map(short, values)])
    with open(HERE / "several.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["answer", "references", "bleu"])
        for a, *refs in stored["several"]:
            score = bleu.sentence_score(texts[a], [texts[r] for r in refs]).score
            out.writerow([a, " ".join(map(str, refs)), short(score)])


if __name__ == "__main__":
    main()
