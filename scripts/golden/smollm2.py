#!/usr/bin/env python3
"""Logits of SmolLM2-135M-Instruct by Transformers in float32, on ten texts: tests/core/lm/golden/smollm2-logits.json.

For every position the four likeliest tokens and four others. Needs torch, transformers and the checkpoint that
scripts/fetch-smollm2 writes.   scripts/golden/smollm2.py
"""
import json
import pathlib

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models/SmolLM2-135M-Instruct"
TEXTS = [
    "The capital of France is Paris, and that of Italy is Rome.",
    "def area(r: float) -> float:\n    return 3.14159 * r ** 2  # of a circle\n",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May.",
    "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n17 + 25 = 42<|im_end|>\n",
    "Привет, мир! Как дела сегодня?",
    "今日はとても良い天気ですね。",
    "😀 👨‍👩‍👧‍👦 family, flags 🇫🇷 and thumbs 👍🏽",
    "a  b   c    d\t\te\n\n\n  f",
    "0123456789 3.14159 1,000,000 0x1F",
    "the the the the the the the the the the the the the the the the the the the the the the the the",
]


@torch.no_grad()
def main():
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(0)
    cases = []
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        logits = model(torch.tensor([ids])).logits[0]
        chosen = torch.cat([logits.topk(4).indices,
                            torch.randint(logits.shape[1], (len(ids), 4), generator=generator)], 1)
        values = logits.gather(1, chosen)
        cases.append({"text": text, "ids": ids, "tokens": chosen.tolist(),
                      "logits": [[float(f"{x:.7g}") for x in row] for row in values.tolist()]})
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = ROOT / "tests/core/lm/golden/smollm2-logits.json"
    path.write_text(f'{{"versions": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
