#!/usr/bin/env python3
"""Goldens of the decoder and the trainer, made by Transformers: tests/core/lm/golden/llama-*/ and tests/student/golden/.

Tiny random checkpoints of the real architecture with what the reference computes from them: logits, per-token
log-probabilities, a greedy continuation, gradients of every parameter, and a 20-step fine-tuning loss curve.
Needs torch and transformers; their versions stand in the files.   scripts/golden/llama.py
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__}
CASES = {
    # Grouped-query attention, tied embeddings.
    "llama-tied": dict(vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                       num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-5),
    # Another head size than hidden_size / heads, another theta, bfloat16 on disk, two shards.
    "llama-untied": dict(vocab_size=48, hidden_size=32, intermediate_size=56, num_hidden_layers=3, num_attention_heads=4,
                         num_key_value_heads=4, head_dim=6, tie_word_embeddings=False, rms_norm_eps=1e-6,
                         rope_parameters={"rope_type": "default", "rope_theta": 50000.0}),
}


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def write(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def decoder(name, shape):
    folder = ROOT / "tests/core/lm/golden" / name
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    config = LlamaConfig(max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0,
                         initializer_range=0.3, attn_implementation="eager", **shape)
    model = LlamaForCausalLM(config)
    for p in model.parameters():  # norms other than one
        if p.dim() == 1:
            torch.nn.init.uniform_(p, 0.5, 1.5)
    if name == "llama-untied":
        model = model.to(torch.bfloat16)
        model.save_pretrained(folder, max_shard_size="16KB")
        # Read again, not cast back: a cast leaves the rotary frequencies rounded to bfloat16.
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    else:
        model.save_pretrained(folder)
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


def trainer():
    """The loop that student/trainer.cc documents, written in plain PyTorch over Transformers' model."""
    folder = ROOT / "tests/student/golden"
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


if __name__ == "__main__":
    for name, shape in CASES.items():
        decoder(name, shape)
    trainer()
