"""Trains a student with TRL's SFTTrainer, for student.trainer.kind=external (docs/external-trainer.md):

    build/few_samples student=folds_trl     # configs/student/folds_trl.toml

A copy of it with other settings is another trainer: name it in `inputs`, so that its content is part of a run's hash.
"""
import json
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

samples, base, output, seed = sys.argv[1:]
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
with open(samples) as file:
    rows = [{key: row[key] for key in ("prompt", "completion")} for row in map(json.loads, file)]
tokenizer = AutoTokenizer.from_pretrained(base)
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
    train_dataset=Dataset.from_list(rows),
    processing_class=tokenizer,
    args=SFTConfig(output_dir=output, seed=int(seed), max_steps=200, per_device_train_batch_size=32,
                   learning_rate=1e-3, lr_scheduler_type="cosine", warmup_steps=20, max_length=1024,
                   logging_steps=50, save_strategy="no", report_to=[], use_cpu=not torch.cuda.is_available(),
                   bf16=False, gradient_checkpointing=False))
trainer.train()
trainer.save_model(output)
trainer.state.save_to_json(os.path.join(output, "trainer_state.json"))
