#!/usr/bin/env python3
"""Goldens of LoRA, made by PEFT over tests/core/lm/golden/llama-tied: tests/core/lm/golden/lora-*/.

Adapters with random A and B as PEFT saves them, the logits of base and adapters together, and the gradient of every
adapter. Needs torch, transformers and peft; their versions stand in the files.   scripts/golden/lora.py [OUTPUT_DIR]
"""
import json
import pathlib
import sys

import peft
import torch
import torch.nn.functional as F
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/core/lm/golden"
VERSIONS = {m.__name__: m.__version__ for m in (torch, transformers, peft)}
CASES = {
    "lora-attention": dict(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj"]),
    "lora-all": dict(r=2, lora_alpha=5, target_modules="all-linear", use_rslora=True),
}


def main():
    for name, options in CASES.items():
        torch.manual_seed(3)
        base = AutoModelForCausalLM.from_pretrained(GOLDEN / "llama-tied", dtype=torch.float32,
                                                    attn_implementation="eager")
        model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **options)).eval()
        model.peft_config["default"].base_model_name_or_path = "../llama-tied"
        for key, p in model.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(p, std=0.3)
        folder = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else GOLDEN) / name
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        config = json.loads((folder / "adapter_config.json").read_text())
        config["base_model_name_or_path"] = "../llama-tied"
        config["target_modules"] = sorted(config["target_modules"])  # a set: in no order of its own
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
        ids = torch.randint(3, 61, (2, 9))
        logits = model(input_ids=ids).logits
        F.cross_entropy(logits[:, :-1].reshape(-1, 61), ids[:, 1:].reshape(-1), reduction="sum").backward()
        save_file({key.replace(".default", ""): p.grad.contiguous()
                   for key, p in model.named_parameters() if p.grad is not None}, folder / "gradients.safetensors")
        golden = {"versions": VERSIONS, "ids": ids.tolist(),
                  "logits": [float(f"{x:.9g}") for x in logits.detach().flatten().tolist()]}
        (folder / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
