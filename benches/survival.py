#!/usr/bin/env python3
"""The long form of the survival tests: a faulty endpoint, and kills at many points of a run.

The short form is part of `cargo test` (tests/survive). This needs a server that echoes the end of a prompt, takes
its faults from `/reset?p429=…&p500=…&preset=…&pbad=…&retry_after=1` and counts requests at `/stats`; a fault must be a
function of the prompt and the attempt alone, so that every client meets the same ones.

    cargo build --release
    python3 benches/survival.py --server http://127.0.0.1:8089 faults
    python3 benches/survival.py --server http://127.0.0.1:8089 kills --points 50

`faults` compares the wall time with a bare client (64 threads) that asks again until it is answered and keeps every
Retry-After; `kills` sends signal 9 after a random number of requests (seeded), finishes the run with the same command
and compares the report with that of an uninterrupted run, byte for byte without ids, times and latencies.
"""
import argparse, http.client, json, queue, random, re, shutil, signal, subprocess, sys, tempfile, threading, time
from pathlib import Path
from urllib.parse import urlparse

sys.path.insert(0, str(Path(__file__).parent))
from throughput import project, bodies, reset, stats, timed

FAULTS = "latency_ms=0&p429=0.10&p500=0.05&preset=0.02&pbad=0.01&retry_after=1"


def bare_client(server, path):
    """Seconds until every body has been answered."""
    left = queue.SimpleQueue()
    for body in open(path, "rb"):
        left.put(body.strip())
    at = urlparse(server)

    def work():
        link = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        while True:
            try:
                body = left.get_nowait()
            except queue.Empty:
                return
            while True:
                try:
                    link.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
                    reply = link.getresponse()
                    text = reply.read()
                    if reply.status == 200 and json.loads(text).get("choices"):
                        break
                    if reply.status == 429:
                        time.sleep(float(reply.headers.get("Retry-After", 1)))
                except (OSError, http.client.HTTPException, json.JSONDecodeError):
                    link.close()

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def report(regauge, root):
    text = subprocess.run([regauge, "report", "latest", "--json"], cwd=root, capture_output=True, text=True, check=True).stdout
    return re.sub(r'[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}|\d{4}-\d\d-\d\d[T ][0-9:.]+Z?|"\w*(latency|_ms|p50|p95)\w*": *[0-9.]+', "", text)


def faults(args, regauge, root):
    project(root, args.n, args.server)
    sent = bodies(root, args.n)
    for round_ in range(args.rounds):
        reset(args.server, FAULTS)
        floor = bare_client(args.server, sent)
        least = stats(args.server)["requests"]
        shutil.rmtree(root / ".regauge", ignore_errors=True)
        reset(args.server, FAULTS)
        with open(root / "talk.txt", "w") as err:
            code, wall, cpu, _ = timed([regauge, "run", "--concurrency", "64", "--json"], cwd=root, stdout=open(root / "report.json", "w"), stderr=err)
        found = json.load(open(root / "report.json"))["variants"][0]
        seen = stats(args.server)
        print(f"round {round_ + 1}: exit {code}, answered {found['done'] - found['errored']} of {args.n}, errored {found['errored']}, "
              f"{seen['requests']} requests (the least possible: {least}), wall {wall:.2f} s = {wall / floor:.2f} x the bare client's {floor:.2f} s")


def kills(args, regauge, root):
    project(root, args.n, args.server)
    reset(args.server, "latency_ms=5")
    run = [regauge, "run", "--concurrency", "64"]
    subprocess.run(run, cwd=root, capture_output=True)
    expected = report(regauge, root)
    dice, bad, repeated = random.Random(args.seed), 0, []
    for point in range(args.points):
        shutil.rmtree(root / ".regauge", ignore_errors=True)
        reset(args.server, "latency_ms=5")
        place = dice.randrange(1, args.n)
        process = subprocess.Popen(run, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and stats(args.server)["requests"] < place:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run(run, cwd=root, capture_output=True)
        seen = stats(args.server)
        repeated.append(seen["requests"] - args.n)
        same = report(regauge, root) == expected
        if done.returncode != 0 or not same or repeated[-1] > 64:
            bad += 1
            print(f"point {point}: killed after {place}: exit {done.returncode}, same report {same}, {repeated[-1]} requests twice")
    print(f"{args.points} kills of {args.n} cases at 64 at once: {bad} bad; requests sent twice: "
          f"mean {sum(repeated) / len(repeated):.1f}, most {max(repeated)} (64 may be in flight)")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["faults", "kills"])
    parser.add_argument("--server", required=True)
    parser.add_argument("--regauge", default="target/release/regauge")
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="regauge-survival-"))
    outcome = {"faults": faults, "kills": kills}[args.what](args, str(Path(args.regauge).resolve()), root)
    shutil.rmtree(root)
    return 1 if outcome else 0


if __name__ == "__main__":
    sys.exit(main())
