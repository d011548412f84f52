"""scripts/bench gpu: training on a GPU beside Transformers and the GPU's own matrix products, in turn in one run."""

import argparse
import importlib.metadata
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import bench_speed as speed

PROGRAM = "build/gpu_bench"
THREADS = 8  # for whoever uses the processor meanwhile
PEER = Path(__file__).parent.parent / "benchmarks/peers/hf_gpu.py"
SMOLLM2_135M = {  # with random weights: the rate does not depend on them
    "model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
    "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192, "rope_theta": 100000.0,
    "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2}
FOLDS_115K = SMOLLM2_135M | {
    "vocab_size": 56, "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 4, "max_position_embeddings": 2048, "rope_theta": 10000.0, "tie_word_embeddings": False}
# name, config, precision, batch, length, steps, whether torch.compile is tried too (it takes minutes)
ROWS = {"bf16": ("135m, bf16", SMOLLM2_135M, "bf16", 32, 1024, 20, True),
        "bf16-small": ("135m, bf16", SMOLLM2_135M, "bf16", 4, 256, 30, True),
        "float32": ("135m, float32", SMOLLM2_135M, "float32", 8, 1024, 10, False),
        "115k": ("115k, float32", FOLDS_115K, "float32", 32, 48, 100, False)}


def spread(runs, key="tokens_per_second"):
    values = [run[key] for run in runs]
    return ", ".join(f"{v:,.0f}" for v in (min(values), statistics.median(values), max(values)))


def row(name, config, precision, batch, length, steps, compiles):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.json")
        path.write_text(json.dumps(config))
        size = [str(path), str(batch), str(length)]

        def mine(device):
            return lambda: speed.run([PROGRAM, device, precision, "1", *size, str(steps)], THREADS)

        def peer(use, *words):
            return lambda: speed.run([sys.executable, PEER, use, precision, *size, *words], THREADS)

        small = config is FOLDS_115K
        runs = speed.in_turn(gpu=mine("cuda"), cpu=small and mine("cpu"),
                             eager=speed.HAS_HF and peer("train", str(steps)),
                             compiled=speed.HAS_HF and compiles and peer("train", str(steps), "compile"))
        products = peer("gemm")() if speed.HAS_HF else None
    rates = [spread(runs[who]) if who in runs else "–" for who in ("gpu", "eager", "compiled", "cpu")]
    peaks = [f"{statistics.median(r['gpu_peak_mb'] for r in runs[who]) / 1000:,.1f}" if who in runs else "–"
             for who in ("gpu", "eager", "compiled")]
    share = limits = "–"
    if products:
        step = statistics.median(r["median_seconds_per_step"] for r in runs["gpu"])
        share = f"{products['seconds_per_step'] / step:.0%}"
        limits = f"{products['tflops']:,.0f} / {products['square_tflops']:,.0f}"
    print(f"| {name}, {batch} x {length} | {' | '.join(rates)} | {share} | {limits} | {' / '.join(peaks)} |", flush=True)
    return runs["gpu"][0]["libtorch"]


def main():
    global PROGRAM
    parser = argparse.ArgumentParser(prog="scripts/bench gpu", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help="all, or of: " + ", ".join(ROWS))
    parser.add_argument("--runs", type=int, default=3, help="of each program, in turn (%(default)s)")
    parser.add_argument("--program", default=PROGRAM, help="the gpu_bench to measure (%(default)s)")
    arguments = parser.parse_args()
    speed.RUNS, PROGRAM = arguments.runs, arguments.program
    unknown = [name for name in arguments.rows if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    print("Tokens a second: min, median, max of the runs, each the median of its steps. Share: what the step's matrix "
          "products alone take. TFLOP/s: of those products / of 8192^3. Peak: Retort / eager / torch.compile.\n")
    print("| training | Retort | Transformers, eager | torch.compile | Retort, one CPU thread | share | TFLOP/s | peak GB "
          "|\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    libtorch = [row(*ROWS[name]) for name in arguments.rows or ROWS]
    gpu = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True,
                         text=True).stdout.strip()
    versions = [f"LibTorch {libtorch[0]}"]
    versions += [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers") if speed.has(name)]
    print(f"\n{gpu}; {', '.join(versions)}; {speed.RUNS} runs in turn.")


if __name__ == "__main__":
    main()
