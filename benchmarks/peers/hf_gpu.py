"""Training on a GPU with Transformers, and the GPU's matrix products alone; prints one line of JSON.

    hf_gpu.py gemm float32|bf16 CONFIG BATCH LENGTH          the products of one training step, and 8192^3
    hf_gpu.py train float32|bf16 CONFIG BATCH LENGTH STEPS [compile]

CONFIG is a config.json. bf16: weights, gradients and moments in float32, products in bfloat16 (torch.autocast), which
is what Retort's trainer.bf16 is. Every token is supervised, as in gpu_bench.
"""

import json
import statistics
import sys
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM

what, precision, path, batch, length, *words = sys.argv[1:]
batch, length = int(batch), int(length)
with open(path) as file:
    config = AutoConfig.for_model(**json.load(file))
dtype = torch.bfloat16 if precision == "bf16" else torch.float32
torch.manual_seed(0)


def seconds(step, least=1.0):
    """The median of many, each measured by the device's own events, after warming up."""
    for _ in range(3):
        step()
    times = []
    began = time.monotonic()
    while len(times) < 10 or time.monotonic() - began < least:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        step()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1000)
    return statistics.median(times)


def gemm():
    c, rows = config, batch * length
    head = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    q, kv, d, f = c.num_attention_heads * head, c.num_key_value_heads * head, c.hidden_size, c.intermediate_size
    shapes = [(d, q + 2 * kv), (q, d), (d, 2 * f), (f, d)] * c.num_hidden_layers + [(d, c.vocab_size)]
    random = lambda *shape: torch.randn(*shape, device="cuda", dtype=dtype)
    shared = {(i, o): (random(rows, i), random(rows, o)) for i, o in shapes}  # activations; weights of their own
    weights = [random(o, i) for i, o in shapes]

    def step():
        for (i, o), w in zip(shapes, weights):
            x, dy = shared[i, o]
            torch.matmul(x, w.t())
            torch.matmul(dy, w)
            torch.matmul(dy.t(), x)

    flops = sum(6 * rows * i * o for i, o in shapes)
    a, b = random(8192, 8192), random(8192, 8192)
    took = seconds(step)
    return {"seconds_per_step": took, "tflops": flops / took / 1e12,
            "square_tflops": 2 * 8192**3 / seconds(lambda: torch.matmul(a, b)) / 1e12}


def train(steps, compiled):
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).cuda()
    model.train()
    network = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    ids = torch.randint(config.vocab_size, (batch, length), device="cuda")

    def step():
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = network(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(8 if compiled else 5):
        step()
    times = []
    for _ in range(steps):
        began = time.monotonic()
        step()
        times.append(time.monotonic() - began)
    took = statistics.median(times)
    return {"tokens_per_second": batch * length / took, "median_seconds_per_step": took,
            "gpu_peak_mb": torch.cuda.max_memory_allocated() / 1e6}


result = gemm() if what == "gemm" else train(int(words[0]), "compile" in words)
print(json.dumps(result))
