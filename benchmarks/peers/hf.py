"""Training and decoding with Transformers, as speed_bench does them with Retort; prints one line of JSON.

    hf.py train THREADS D F HEADS LAYERS VOCAB BATCH LENGTH STEPS [compile]
    hf.py train-checkpoint THREADS FOLDER BATCH LENGTH STEPS
    hf.py train-rows THREADS FOLDER BATCH STEPS
    hf.py decode THREADS D F HEADS LAYERS VOCAB BATCH PROMPT NEW
    hf.py decode-checkpoint THREADS FOLDER BATCH PROMPT NEW
"""

import json
import sys
import time

import torch
from process import peak_mb
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

what, threads, *words = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(0)
if what.endswith(("-checkpoint", "-rows")):
    model = AutoModelForCausalLM.from_pretrained(words.pop(0), dtype=torch.float32)
else:
    d, f, heads, layers, vocab = (int(words.pop(0)) for _ in range(5))
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=vocab, hidden_size=d, intermediate_size=f, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=heads, max_position_embeddings=2048, tie_word_embeddings=False))
vocab = model.config.vocab_size


def train(batch, length, steps):
    network = torch.compile(model) if "compile" in words else model
    warm_up = 1 if what == "train-checkpoint" else 6 if "compile" in words else 3
    learning_rate = 1e-5 if what == "train-checkpoint" else 1e-3
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
    ids = torch.randint(vocab, (batch, length))
    network.train()

    def step():
        loss = network(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(warm_up):
        step()
    began = time.monotonic()
    for _ in range(steps):
        step()
    seconds = time.monotonic() - began
    rate = batch * length * steps / seconds
    parameters = sum(p.numel() for p in model.parameters())
    return {"tokens_per_second": rate, "seconds_per_step": seconds / steps, "parameters": parameters,
            "gflops": 6 * parameters * rate / 1e9}


def train_rows(batch, steps):
    """Rows of unlike lengths, padded to a batch's longest; the loss is that of the answers."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    model.train()
    tokens, began = 0, 0
    for first in range(0, batch * (steps + 1), batch):
        lengths = [(60 + 37 * i % 81, 40 + 53 * i % 161) for i in range(first, first + batch)]
        longest = max(map(sum, lengths))
        ids = torch.zeros(batch, longest, dtype=torch.long)
        labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
        for row, (prompt, answer) in enumerate(lengths):
            ids[row, :prompt + answer] = torch.randint(vocab, (prompt + answer,))
            labels[row, prompt:prompt + answer] = ids[row, prompt:prompt + answer]
            mask[row, :prompt + answer] = 1
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        if first == 0:
            began = time.monotonic()
        else:
            tokens += int(mask.sum()) - batch  # the last of each row predicts nothing
    return {"tokens_per_second": tokens / (time.monotonic() - began)}


@torch.no_grad()
def decode(batch, prompt, new):
    model.eval()
    model.generation_config.eos_token_id = None  # random answers must not end early
    model.generation_config.pad_token_id = 0
    ids = torch.randint(vocab, (batch, prompt))
    mask = torch.ones_like(ids)
    model.generate(ids, attention_mask=mask, max_new_tokens=min(new, 4), do_sample=False)
    began = time.monotonic()
    out = model.generate(ids, attention_mask=mask, max_new_tokens=new, do_sample=False)
    seconds = time.monotonic() - began
    assert out.shape == (batch, prompt + new), out.shape
    return {"tokens_per_second": batch * new / seconds}


use = train_rows if what == "train-rows" else train if what.startswith("train") else decode
result = use(*map(int, words[:3]))
print(json.dumps(result | {"peak_mb": peak_mb()}))
