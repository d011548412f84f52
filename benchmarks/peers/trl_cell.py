"""One few-samples cell with TRL's SFTTrainer and generate(), whole, as `speed_bench cell` does it.

    trl_cell.py THREADS SAMPLES QUESTIONS STEPS CHARACTERS D F HEADS LAYERS

Prints one line of JSON, its last; the Trainer writes lines of its own before.
"""

import json
import sys
import tempfile
import time

import torch
from datasets import Dataset
from process import peak_mb, seconds_since_start
from tokenizers import Tokenizer, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import SFTConfig, SFTTrainer

threads, samples, questions, steps, characters, d, f, heads, layers = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(0)
vocab = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3} | {c: i + 4 for i, c in enumerate(characters)}
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>")),
    pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>")
model = LlamaForCausalLM(LlamaConfig(
    vocab_size=len(vocab), hidden_size=int(d), intermediate_size=int(f), num_hidden_layers=int(layers),
    num_attention_heads=int(heads), num_key_value_heads=int(heads), max_position_embeddings=2048, bos_token_id=1,
    eos_token_id=2, pad_token_id=0))
with open(samples) as file:
    data = Dataset.from_list([{key: row[key] for key in ("prompt", "completion")} for row in map(json.loads, file)])
with open(questions) as file:
    prompts = file.read().splitlines()

first_step = None


class FirstStep(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        global first_step
        first_step = first_step or seconds_since_start()


with tempfile.TemporaryDirectory() as folder:
    trainer = SFTTrainer(
        model=model, train_dataset=data, processing_class=tokenizer, callbacks=[FirstStep()],
        args=SFTConfig(output_dir=folder, max_steps=int(steps), per_device_train_batch_size=32, learning_rate=3e-3,
                       report_to=[], save_strategy="no", logging_steps=200, use_cpu=True, bf16=False,
                       gradient_checkpointing=False, dataloader_num_workers=0))
    began = time.monotonic()
    trained_loss = trainer.train().training_loss
    trained = time.monotonic()

tokenizer.padding_side = "left"
model.eval()
batch = tokenizer(prompts, return_tensors="pt", padding=True)
batch.pop("token_type_ids", None)
with torch.no_grad():
    out = model.generate(**batch, max_new_tokens=48, do_sample=False)
answers = out[:, batch["input_ids"].shape[1]:]
print(json.dumps({
    "generate_seconds": time.monotonic() - trained,
    "train_seconds": trained - began,
    "steps_per_second": int(steps) / (trained - began),
    "first_step_seconds_after_process_start": first_step,
    "seconds_since_process_start": seconds_since_start(),
    "mean_loss": trained_loss,
    "answer_tokens": int((answers != 0).sum()),
    "peak_mb": peak_mb(),
}))
