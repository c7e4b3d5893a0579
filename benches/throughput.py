#!/usr/bin/env python3
"""Times whole runs of the built binary against an OpenAI-compatible server that answers at once.

The work is one template, about 1.5 KB a request, two scorers, a durable store and N cases from a JSONL file.
It is compared with a bare load generator (`oha`) that sends the same bodies to the same server at the same
concurrency, interleaved in one session, because machines are noisy: quote the ratios, not the times.

    cargo build --release
    python3 benches/throughput.py --server http://127.0.0.1:8089 --oha oha -n 10000 --rounds 3

The server must echo the end of the prompt as its answer (any echoing mock will do); Python's standard library
is all that is needed.
"""
import argparse, json, os, resource, shutil, statistics, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

SYSTEM = (
    "You are the support assistant of Volta, a maker of electric bikes. Answer in the customer's language, "
    "in short and plain sentences. Never promise a refund that the policy does not give. "
) * 6


def question(i):
    must = "within 30 days" if i % 5 else "within 60 days"
    return (
        f"Ticket: T-{i:07d} My order number is {100000 + i} and the parcel came on a {['Monday', 'Tuesday', 'Friday'][i % 3]}. "
        f"I want to send the bike back because the frame is too small for me. Can I still return it {must} "
        "and who pays for the transport in that case? Please answer soon."
    )


def project(folder, n, base_url):
    for name in ("prompts", "suites", "golden/answers"):
        (folder / name).mkdir(parents=True)
    (folder / "regauge.toml").write_text(
        '[models.mock]\nprovider = "openai"\nmodel = "mock"\ntemperature = 0.0\n'
        f'base_url = "{base_url}/v1"\nprice = {{ input = 0.25, output = 2.0 }}\n'
    )
    (folder / "prompts/support.j2").write_text(
        "{% block system %}" + SYSTEM + "{% endblock %}\n{% block user %}{{ input }}{% endblock %}\n"
    )
    (folder / "suites/load.toml").write_text(
        'prompts = ["support"]\nmodels = ["mock"]\n\n'
        '[[score]]\nkind = "contains"\nany = ["within 30 days"]\n\n[[score]]\nkind = "golden"\nmin = 0.5\n\n'
        '[[cases]]\nfile = "suites/load.jsonl"\n'
    )
    with open(folder / "suites/load.jsonl", "w") as out:
        for i in range(n):
            text = question(i)
            out.write(json.dumps({"id": f"t-{i:07d}", "input": text, "golden": text[-200:]}) + "\n")


def bodies(folder, n):
    path = folder / "bodies.jsonl"
    with open(path, "w") as out:
        for i in range(n):
            messages = [{"role": "system", "content": SYSTEM.strip()}, {"role": "user", "content": question(i)}]
            out.write(json.dumps({"model": "mock", "messages": messages, "temperature": 0.0}) + "\n")
    return path


def timed(command, **keywords):
    """Wall seconds, CPU seconds and peak RSS in MiB of one command."""
    started = time.monotonic()
    process = subprocess.Popen(command, **keywords)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    return os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def reset(server, query):
    urllib.request.urlopen(urllib.request.Request(f"{server}/reset?{query}", method="POST"), timeout=10).read()


def stats(server):
    return json.load(urllib.request.urlopen(f"{server}/stats", timeout=10))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--regauge", default="target/release/regauge")
    parser.add_argument("--oha")
    parser.add_argument("-n", type=int, default=10000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--query", default="latency_ms=0", help="configuration of the server, as its /reset takes it")
    parser.add_argument("--cached", action="store_true", help="also time the same run again, from the cache")
    parser.add_argument("--keep", help="keep the project in this folder")
    args = parser.parse_args()
    regauge = str(Path(args.regauge).resolve())
    root = Path(args.keep or tempfile.mkdtemp(prefix="regauge-load-"))
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    project(root, args.n, args.server)
    sent = bodies(root, args.n)
    rows = {}
    for _ in range(args.rounds):
        if args.oha:
            reset(args.server, args.query)
            command = [args.oha, "-n", str(args.n), "-c", str(args.concurrency), "-m", "POST", "-T", "application/json",
                       "-Z", str(sent), "--no-tui", "--output-format", "json", f"{args.server}/v1/chat/completions"]
            rows.setdefault("oha", []).append(timed(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        shutil.rmtree(root / ".regauge", ignore_errors=True)
        reset(args.server, args.query)
        for name in ["regauge"] + (["regauge, cached"] if args.cached else []):
            command = [regauge, "run", "--concurrency", str(args.concurrency)]
            with open(root / "report.txt", "w") as out, open(root / "talk.txt", "w") as err:
                rows.setdefault(name, []).append(timed(command, cwd=root, stdout=out, stderr=err))
    seen = stats(args.server)
    base = statistics.median(r[1] for r in rows["oha"]) if args.oha else None
    print(f"n = {args.n}, concurrency {args.concurrency}, {args.query}, {args.rounds} rounds; medians")
    for name, found in rows.items():
        codes = sorted({r[0] for r in found})
        wall, cpu, rss = (statistics.median(r[k] for r in found) for k in (1, 2, 3))
        ratio = f"  {wall / base:6.2f} x oha" if base else ""
        print(f"  {name:16} exit {codes}  wall {wall:8.3f} s  CPU {cpu / args.n * 1e6:7.1f} us/trial  RSS {rss:7.1f} MiB{ratio}")
    store = sum(f.stat().st_size for f in (root / ".regauge").glob("regauge.db*"))
    print(f"  store {store / args.n:.0f} bytes/trial; server saw {seen.get('requests')} requests, "
          f"at most {seen.get('max_in_flight')} at once")
    if not args.keep:
        shutil.rmtree(root)


if __name__ == "__main__":
    sys.exit(main())
