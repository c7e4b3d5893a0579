#!/usr/bin/env python3
"""Writes `src/provider/prices_litellm.toml`: list prices from litellm's table, for models that `prices.toml` lacks.

    python3 benches/prices.py model_prices_and_context_window_backup.json --version 1.109.1 --as-of 2026-11-20

The JSON file is part of the `litellm` package (MIT licence). `prices.toml` holds what was read on the vendors' own
pages and always wins; what both tables say is compared first, and every disagreement is printed. Taken are chat
models with a price per token that is the same at every hour, on the vendors' own endpoints; not taken are prices
of images and sound, of other tiers, of batches, and of models that are switched off by the date given.
"""
import argparse, json, re, tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "src/provider"
VENDORS = {
    "cerebras": ["api.cerebras.ai"],
    "deepinfra": ["api.deepinfra.com"],
    "fireworks_ai": ["api.fireworks.ai"],
    "gemini": ["generativelanguage.googleapis.com"],
    "groq": ["api.groq.com"],
    "mistral": ["api.mistral.ai"],
    "moonshot": ["api.moonshot.ai"],
    "nebius": ["api.studio.nebius.com"],
    "novita": ["api.novita.ai"],
    "openai": ["api.openai.com"],
    "openrouter": ["openrouter.ai"],
    "together_ai": ["api.together.xyz"],
    "xai": ["api.x.ai"],
}
SNAPSHOT = re.compile(r"(-latest|[-@]\d{8}|[-@]\d{4}-\d{2}-\d{2})$")


def per_million(row, key):
    value = row.get(key)
    return round(value * 1e6, 6) if value else None


def longest(row):
    tiers = [int(n) * 1000 for key in row for n in re.findall(r"^input_cost_per_token_above_(\d+)k_tokens$", key)]
    return min(tiers) if tiers else None


def price(row):
    found = {"input": per_million(row, "input_cost_per_token"), "output": per_million(row, "output_cost_per_token")}
    cached = per_million(row, "cache_read_input_token_cost")
    if found["input"] and cached and cached <= found["input"]:
        found["cached_input"] = cached
    if longest(row):
        found["up_to"] = longest(row)
    return found


def usable(name, row, as_of):
    found = price(row)
    other = any(k.startswith(("input_cost_per_request", "search_context_cost")) for k in row)
    return (
        row.get("mode") in ("chat", "responses")
        and not name.startswith("ft:") and "audio" not in name
        and not other
        and row.get("deprecation_date", "9999") > as_of
        and found["input"] and found["output"] and found["input"] <= found["output"] <= 1000
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--as-of", required=True)
    args = parser.parse_args()
    theirs = json.loads(args.table.read_text())
    ours = {}
    for one in tomllib.loads((HERE / "prices.toml").read_text())["list"]:
        for host in one["hosts"]:
            ours.setdefault(host, {}).update(one["models"])
    lists = []
    for vendor, hosts in VENDORS.items():
        rows = {}
        for key, row in theirs.items():
            if row.get("litellm_provider") != vendor or not usable(key, row, args.as_of):
                continue
            name = key.removeprefix(f"{vendor}/")
            base = SNAPSHOT.sub("", name)
            known = ours.get(hosts[0], {}).get(name)
            if known:
                said = {k: known.get(k) for k in ("input", "output")}
                if said != {k: price(row)[k] for k in said}:
                    print(f"{vendor}/{name}: ours {known}, theirs {price(row)}")
            elif base in ours.get(hosts[0], {}):
                continue
            elif base == name or (base not in rows and f"{vendor}/{base}" not in theirs and base not in theirs):
                if not name.endswith("-latest") and not SNAPSHOT.search(base):
                    rows[base] = price(row)
        if rows:
            lists.append((vendor, hosts, rows))
    with open(HERE / "prices_litellm.toml", "w") as out:
        out.write("# Written by `benches/prices.py`; do not edit. Prices that `prices.toml` has count before these.\n")
        for vendor, hosts, rows in lists:
            out.write(f'\n[[list]]\nvendor = "{vendor}"\nhosts = {json.dumps(hosts)}\n')
            out.write(f'source = "https://github.com/BerriAI/litellm {args.version} (MIT)"\nas_of = "{args.as_of}"\n')
            out.write("[list.models]\n")
            for name in sorted(rows):
                fields = ", ".join(f"{k} = {v}" for k, v in rows[name].items())
                out.write(f'"{name}" = {{ {fields} }}\n')
    print(sum(len(rows) for _, _, rows in lists), "prices")


main()
