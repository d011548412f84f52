#!/usr/bin/env python3
"""Goldens of the decoder and the trainer, made by Transformers: tests/core/lm/golden/<case>/ and tests/student/golden/.

Tiny random checkpoints of the real architecture with what the reference computes from them: logits, per-token
log-probabilities, a greedy continuation, gradients of every parameter, and a 20-step fine-tuning loss curve.
Needs torch and transformers; their versions stand in the files.   scripts/golden/families.py [OUTPUT_DIR]
"""
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, LlamaForCausalLM

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}
# Each architecture small enough to be kept here; names say what a case is for.
SMALL = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, rms_norm_eps=1e-6)
CASES = {
    # Grouped-query attention, tied embeddings.
    "llama-tied": ("llama", dict(vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                                 num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
                                 rms_norm_eps=1e-5)),
    # Another head size than hidden_size / heads, another theta, bfloat16 on disk, two shards.
    "llama-untied": ("llama", dict(vocab_size=48, hidden_size=32, intermediate_size=56, num_hidden_layers=3,
                                   num_attention_heads=4, num_key_value_heads=4, head_dim=6, tie_word_embeddings=False,
                                   rms_norm_eps=1e-6,
                                   rope_parameters={"rope_type": "default", "rope_theta": 50000.0})),
    "llama-linear": ("llama", SMALL | dict(rope_parameters={"rope_type": "linear", "rope_theta": 100.0, "factor": 4.0})),
    # Longer than max_position_embeddings from the first pass on.
    "llama-dynamic": ("llama", SMALL | dict(max_position_embeddings=8, rope_parameters={
        "rope_type": "dynamic", "rope_theta": 100.0, "factor": 8.0})),
    # Frequencies on either side of the blend and within it, as in Llama 3.1.
    "llama-llama3": ("llama", SMALL | dict(head_dim=8, tie_word_embeddings=True, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32})),
    "llama-biased": ("llama", SMALL | dict(attention_bias=True, mlp_bias=True)),
    "mistral-window": ("mistral", SMALL | dict(sliding_window=4)),
    "mistral-full": ("mistral", SMALL | dict(sliding_window=None, head_dim=6)),
    "qwen2-tied": ("qwen2", SMALL | dict(tie_word_embeddings=True)),
    # The first layer sees everything, the second a window.
    "qwen2-window": ("qwen2", SMALL | dict(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen3": ("qwen3", SMALL | dict(head_dim=8, tie_word_embeddings=True,
                                    rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})),
    # A Distill of R1: Qwen2 with several ends, float16 on disk.
    "qwen2-float16": ("qwen2", SMALL | dict(eos_token_id=[2, 3])),
}
ON_DISK = {"llama-untied": torch.bfloat16, "qwen2-float16": torch.float16}


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def write(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def transformers_4(folder):
    """config.json as Transformers 4 wrote it: rope_theta, rope_scaling, torch_dtype."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    config["torch_dtype"] = config.pop("dtype")
    config.pop("layer_types", None)
    path.write_text(json.dumps(config, indent=2) + "\n")


def decoder(out, name, family, shape):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    defaults = dict(max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0, initializer_range=0.3,
                    attn_implementation="eager")
    config = AutoConfig.for_model(family, **(defaults | shape))
    model = AutoModelForCausalLM.from_config(config)
    for p in model.parameters():  # norms other than one, biases other than zero
        if p.dim() == 1:
            torch.nn.init.uniform_(p, 0.5, 1.5)
    if name in ON_DISK:
        model = model.to(ON_DISK[name])
        model.save_pretrained(folder, max_shard_size="16KB")
        # Read again, not cast back: a cast leaves the rotary frequencies rounded to bfloat16.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    else:
        model.save_pretrained(folder)
    if name in ("llama-linear", "llama-llama3", "qwen2-window"):
        transformers_4(folder)
    if name != "qwen2-float16":
        (folder / "generation_config.json").unlink(missing_ok=True)
    model.eval()
    ids = torch.randint(3, shape["vocab_size"], (3, 11))
    logits = model(input_ids=ids).logits
    loss = F.cross_entropy(logits[:, :-1].reshape(-1, shape["vocab_size"]), ids[:, 1:].reshape(-1), reduction="sum")
    loss.backward()
    save_file({n: p.grad.contiguous() for n, p in model.named_parameters()}, folder / "gradients.safetensors")
    logprobs = F.log_softmax(logits.double(), -1)[:, :-1].gather(-1, ids[:, 1:, None]).squeeze(-1)
    with torch.no_grad():
        greedy = model.generate(ids[:1], max_new_tokens=20, do_sample=False, eos_token_id=None, pad_token_id=0)[0, 11:]
    write(folder / "golden.json", {"versions": VERSIONS, "ids": ids.tolist(), "logits": numbers(logits),
                                   "logprobs": numbers(logprobs), "loss": float(loss), "greedy": greedy.tolist()})


def trainer(folder):
    """The loop that student/trainer.cc documents, written in plain PyTorch over Transformers' model."""
    folder.mkdir(parents=True, exist_ok=True)
    model = LlamaForCausalLM.from_pretrained(ROOT / "tests/core/lm/golden/llama-tied", dtype=torch.float32)
    torch.manual_seed(2)
    examples = [(torch.randint(3, 61, (n,)).tolist() + [2], p) for n, p in [(9, 4), (6, 2), (12, 7), (8, 3), (5, 1), (7, 6)]]
    steps, peak, warmup_ratio = 20, 1e-2, 0.1
    matrices = [p for p in model.parameters() if p.dim() > 1]
    norms = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01}, {"params": norms, "weight_decay": 0.0}],
                                  lr=peak, betas=(0.9, 0.95), eps=1e-8)
    width = max(len(ids) for ids, _ in examples)
    batch = torch.zeros(len(examples), width, dtype=torch.long)
    labels = torch.full((len(examples), width), -100)
    for row, (ids, prompt) in enumerate(examples):
        batch[row, :len(ids)] = torch.tensor(ids)
        labels[row, prompt:len(ids)] = torch.tensor(ids[prompt:])
    losses, norms_seen = [], []
    warmup = math.ceil(warmup_ratio * steps)
    for step in range(steps):
        rate = peak * (step + 1) / warmup if step < warmup else \
            peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = model(input_ids=batch, attention_mask=torch.ones_like(batch)).logits
        loss = F.cross_entropy(logits[:, :-1].reshape(-1, 61), labels[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norms_seen.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        optimizer.step()
        losses.append(float(loss))
    write(folder / "sft_curve.json", {"versions": VERSIONS, "examples": [{"ids": i, "prompt_length": p} for i, p in examples],
                                      "steps": steps, "learning_rate": peak, "warmup_ratio": warmup_ratio,
                                      "losses": losses, "grad_norms": norms_seen})


def main():
    # With a folder: everything goes there, for tests that are told so by $RETORT_GOLDEN.
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/core/lm/golden"
    for name, (family, shape) in CASES.items():
        decoder(out, name, family, shape)
    trainer(out if len(sys.argv) > 1 else ROOT / "tests/student/golden")


if __name__ == "__main__":
    main()
