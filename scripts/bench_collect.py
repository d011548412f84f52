"""scripts/bench collect: what asking costs beside waiting. Each figure is the median of five runs in turn."""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time

BENCH = "build/collect_bench"
RUNS = 5

try:
    import openai
except ImportError:
    openai = None


async def python_client(url, n, concurrency):
    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    slots = asyncio.Semaphore(concurrency)

    async def ask(i):
        async with slots:
            await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": f"What is {i} times seven?"}], temperature=0, max_tokens=1024)

    await asyncio.gather(*(ask(i) for i in range(concurrency)))  # connections stand
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    await asyncio.gather(*(ask(i) for i in range(n)))
    wall = time.monotonic() - began
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return {"requests_per_second": n / wall, "wall_ms": 1000 * wall / n, "cpu_ms": 1000 * cpu / n}


def ours(url, n, concurrency):
    return json.loads(subprocess.run([BENCH, "ask", url, str(n), str(concurrency)], check=True, capture_output=True).stdout)


def theirs(url, n, concurrency):
    if openai is None:
        return None
    code = f"import asyncio, json, sys; sys.path.insert(0, 'scripts'); import bench_collect as b; print(json.dumps(asyncio.run(b.python_client({url!r}, {n}, {concurrency}))))"
    return json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def compare(title, delay, n, concurrency):
    server = subprocess.Popen([BENCH, "serve", str(delay)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        rows = [(ours(url, n, concurrency), theirs(url, n, concurrency)) for _ in range(RUNS)]
    finally:
        server.stdin.close()
        server.wait()
    print(f"\n{title}")
    print("| | Retort | openai Python client | ratio |\n| --- | ---: | ---: | ---: |")
    for key, name in (("requests_per_second", "requests a second"), ("wall_ms", "wall ms a request"), ("cpu_ms", "CPU ms a request")):
        a = statistics.median(row[0][key] for row in rows)
        if rows[0][1] is None:
            print(f"| {name} | {a:.3f} | not installed | |")
            continue
        b = statistics.median(row[1][key] for row in rows)
        ratio = a / b if key == "requests_per_second" else b / a
        print(f"| {name} | {a:.3f} | {b:.3f} | {ratio:.1f} |")
    return statistics.median(row[0]["requests_per_second"] for row in rows)


def main():
    rate = compare("A server that answers after 50 ms, 32 in flight, 3,000 requests:", 0.05, 3000, 32)
    print(f"\nShare of the ideal rate (32 / 50 ms = 640 a second): {rate / 640:.1%}")
    compare("A server that answers at once, one in flight, 2,000 requests:", 0, 2000, 1)
    result = json.loads(subprocess.run([BENCH, "journal", "1000000"], check=True, capture_output=True).stdout)
    print(f"\nA journal of 1,000,000 answers ({result['file_mb']:.0f} MB) is open again after {result['seconds']:.1f} s, "
          f"with {result['bytes_per_answer']:.0f} bytes of memory an answer.")


if __name__ == "__main__":
    main()
