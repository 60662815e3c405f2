"""script/bench: what a hop through the gateway costs, beside nginx and peers, in one run.

Gateway on one core, load generator and mock upstream on the other. Machines are shared and noisy: every figure is a
median over interleaved rounds, and what counts is the ratio to nginx in the same run."""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys

from targets import Direct, LiteLLM, Nginx, Portkey, Sallyport, free_port, wait_for

LOAD_CORE = "1"
PROMPTS = (1000, 50)
STREAM_STEPS = (100, 250, 500, 1000, 1500, 2000, 3000, 4000)
LATE_LIMIT_MS = 20.0  # one token's time


class Bench:
    def __init__(self, root: pathlib.Path, arguments):
        self.root, self.arguments = root, arguments
        self.tools = root / "build/bench/bench"
        self.work = root / "build/bench-work"

    def load(self, target, mode: str, *options: str) -> dict:
        command = ["taskset", "-c", LOAD_CORE, str(self.tools / "bench_load"), mode, str(target.port), "--path",
                   target.path, *options]
        for header in target.headers:
            command += ["--header", header]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{target.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def latency_pairs(self, targets, direct, tokens: int) -> dict:
        """added microseconds per target: one value a round, each against the direct run of the same round"""
        added = {t.name: [] for t in targets}
        for _ in range(self.arguments.rounds):
            base = self.load(direct, "latency", "--requests", "200", "--tokens", str(tokens))
            stream_base = self.load(direct, "latency", "--requests", "60", "--stream", "--max-tokens", "1", "--tokens", str(tokens))
            for target in targets:
                plain = self.load(target, "latency", "--requests", "200", "--tokens", str(tokens))
                if plain["errors"]:
                    raise RuntimeError(f"{target.name}: {plain['errors']} of 200 requests failed")
                stream = self.load(target, "latency", "--requests", "60", "--stream", "--max-tokens", "1", "--tokens", str(tokens))
                added[target.name].append({
                    "p50": plain["p50_us"] - base["p50_us"], "p99": plain["p99_us"] - base["p99_us"],
                    "ttft": (stream["ttfb_p99_us"] - stream_base["ttfb_p99_us"]) / 1000})
        return added

    def throughput(self, target, tokens: int) -> dict:
        rounds = []
        for _ in range(3):
            before = target.cpu_seconds()
            result = self.load(target, "throughput", "--connections", "64", "--seconds", str(self.arguments.seconds),
                               "--tokens", str(tokens))
            cpu = target.cpu_seconds() - before
            rounds.append({"rps": result["rps"], "cpu_us": cpu / max(result["requests"], 1) * 1e6,
                           "busy": cpu / result["seconds"], "errors": result["errors"] + result["broken"]})
        middle = sorted(rounds, key=lambda r: r["cpu_us"])[1]
        middle["errors"] = sum(r["errors"] for r in rounds)
        return middle

    def streams(self, target) -> tuple[int, float]:
        """the most paced streams at once whose tokens are at most one token's time late at p99"""
        best = (0, 0.0)
        for count in STREAM_STEPS:
            result = self.load(target, "streams", "--connections", str(count), "--tokens", "50")
            late = result["late_p99_us"] / 1000
            if result["errors"] or result["broken"] or result["unfinished"] or late > LATE_LIMIT_MS:
                break
            best = (count, late)
        return best


def spread(values):
    quartiles = statistics.quantiles(values, n=4) if len(values) > 3 else [min(values), 0, max(values)]
    return statistics.median(values), quartiles[0], quartiles[2]


def measure(bench: Bench, targets, direct) -> list[dict]:
    rows = []
    idle = {t.name: t.anonymous_mib() for t in targets}
    for tokens in PROMPTS:
        added = bench.latency_pairs(targets, direct, tokens)
        for target in targets:
            values = added[target.name]
            p50, p50_low, p50_high = spread([v["p50"] for v in values])
            p99, p99_low, p99_high = spread([v["p99"] for v in values])
            through = bench.throughput(target, tokens)
            held, late = bench.streams(target) if tokens == PROMPTS[0] else (0, 0.0)
            rows.append({
                "target": target.name, "mode": "passthrough", "prompt_tokens": tokens,
                "added_p50_us": round(p50, 1), "added_p50_iqr_us": [round(p50_low, 1), round(p50_high, 1)],
                "added_p99_us": round(p99, 1), "added_p99_iqr_us": [round(p99_low, 1), round(p99_high, 1)],
                "cpu_us_per_request": round(through["cpu_us"], 2), "rps": round(through["rps"]),
                "core_busy": round(through["busy"], 3), "errors": through["errors"],
                "ttft_added_p99_ms": round(statistics.median(v["ttft"] for v in values), 3),
                "streams": held, "token_late_p99_ms": round(late, 2), "rss_mib": round(idle[target.name], 1)})
            print(".", end="", file=sys.stderr, flush=True)
    return rows


def table(rows):
    head = ("target", "prompt", "added p50", "added p99", "cpu/req", "rps", "busy", "ttft p99", "streams", "late p99", "rss",
            "p99 x", "cpu x", "streams x")
    print(("{:>10} " * len(head)).format(*head))
    floor = {r["prompt_tokens"]: r for r in rows if r["target"] == "nginx"}
    for r in rows:
        f = floor.get(r["prompt_tokens"], r)
        ratio = lambda key: f"{r[key] / f[key]:.2f}" if f[key] else "-"
        print(("{:>10} " * len(head)).format(
            r["target"], r["prompt_tokens"], f"{r['added_p50_us']} us", f"{r['added_p99_us']} us",
            f"{r['cpu_us_per_request']} us", r["rps"], r["core_busy"], f"{r['ttft_added_p99_ms']} ms", r["streams"],
            f"{r['token_late_p99_ms']} ms", f"{r['rss_mib']} M", ratio("added_p99_us"), ratio("cpu_us_per_request"),
            ratio("streams")))
    if any(r["target"] == "nginx" and r["added_p99_us"] <= 0 for r in rows):
        print("VOID: nginx's own added p99 is not positive: the machine was too noisy for this run")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds of latency")
    parser.add_argument("--seconds", type=float, default=4, help="length of one throughput run")
    parser.add_argument("--no-peers", action="store_true", help="nginx and ourselves alone")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    bench = Bench(root, arguments)
    bench.work.mkdir(parents=True, exist_ok=True)

    upstream = free_port()
    mock = subprocess.Popen(["taskset", "-c", LOAD_CORE, str(bench.tools / "bench_upstream"), str(upstream), "128", "20"])
    started = []
    try:
        if not wait_for(upstream, 5, mock):
            raise SystemExit("the mock upstream did not start")
        kinds = [Nginx, Sallyport] + ([] if arguments.no_peers else [Portkey, LiteLLM])
        for kind in kinds:
            work = bench.work / kind.name
            try:
                if hasattr(kind, "install"):
                    print(f"installing {kind.name} …", file=sys.stderr)
                    kind.install(work)
                started.append(kind(root, work, upstream).__enter__())
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                print(f"left out: {kind.name}: {error}", file=sys.stderr)
        direct = Direct(root, bench.work, upstream).__enter__()
        rows = measure(bench, started, direct)
    finally:
        for target in started:
            target.__exit__()
        mock.terminate()
        mock.wait()

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True).stdout.strip()
    machine = f"{platform.machine()}, {len(open('/proc/cpuinfo').read().split('processor')) - 1} cores, {platform.system()} {platform.release()}"
    print(file=sys.stderr)
    table(rows)
    (root / "build/bench.json").write_text(json.dumps({"machine": machine, "commit": commit, "rows": rows}, indent=1) + "\n")
    print("written: build/bench.json")


if __name__ == "__main__":
    main()
