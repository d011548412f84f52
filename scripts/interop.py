"""Retort and Hugging Face's tools, live and both ways; run by scripts/interop, which has the environment for it.

1. scripts/golden makes its files anew with the versions installed, and the golden tests are run against these: logits
   within 1e-4, the greedy continuation, gradients of each parameter, adapters of PEFT, the loss curve of 20 steps,
   objectives by the papers' formulas.
2. For each family a random checkpoint with a tokenizer, written by Transformers, is fine-tuned by build/train; what comes
   out is loaded by Transformers (the student) and PEFT (the adapters), whose log-probabilities must be build/score's.
3. datasets reads the sample file and TRL trains a step on it; lm-eval scores a student as build/score does.
4. An experiment whose student TRL trains scores as with the builtin trainer.
Exit code 1 if anything disagrees.
"""
import csv
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts/golden"))
import families  # noqa: E402

TOLERANCE = 1e-4
TEXTS = ["The cat sat on the mat.", "def f(x):\n    return x", "1 + 2 = 3", "naïve café"]


def run(*command, **options):
    result = subprocess.run([str(c) for c in command], cwd=ROOT, capture_output=True, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"interop: {' '.join(map(str, command))} ended with {result.returncode}:\n{result.stderr[-2000:]}")
    return result.stdout


def golden_tests(folder):
    """Case -> {what agrees: bool}, of goldens made now."""
    for script, output in (("families.py", folder), ("lora.py", folder), ("objectives.py", folder / "objectives.json")):
        run(sys.executable, ROOT / "scripts/golden" / script, output)
    results = {}
    for program, names in (("lm_test", "*FamilyGolden*:*LoraGolden*"), ("student_test", "*LossCurve*:*IndependentImplementation*")):
        report = folder / f"{program}.json"
        subprocess.run([ROOT / "build" / program, f"--gtest_filter={names}", f"--gtest_output=json:{report}"],
                       cwd=ROOT, capture_output=True, env=os.environ | {"RETORT_GOLDEN": str(folder)}, check=False)
        for suite in json.loads(report.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                name, _, case = test["name"].partition("/")
                results.setdefault(case or suite["name"], {})[name] = "failures" not in test and test["status"] == "RUN"
    return results


def score(model, ids):
    lines = run("build/score", f"model={model}", input="".join(json.dumps({"ids": i}) + "\n" for i in ids))
    return [json.loads(line)["logprobs"] for line in lines.splitlines()]


@torch.no_grad()
def reference(model, ids):
    return [torch.log_softmax(model(torch.tensor([i])).logits[0, :-1].double(), -1)
            .gather(1, torch.tensor(i[1:])[:, None]).squeeze(1).tolist() for i in ids]


def worst(a, b):
    return max(abs(x - y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True))


def make_base(family, shape, folder, tokenizer):
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **(shape | dict(
        vocab_size=len(tokenizer), max_position_embeddings=256, bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id, initializer_range=0.2)))
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def samples_file(path):
    rows = [{"id": f"s/{i}", "attempt": 0, "prompt": text, "completion": " " + text} for i, text in enumerate(TEXTS * 2)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def both_ways(family, shape, folder, tokenizer, samples):
    from peft import PeftModel

    make_base(family, shape, folder / "base", tokenizer)
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    common = (f"samples={samples}", f"base={folder / 'base'}", "trainer.max_steps=3", "threads=1")
    run("build/train", *common, f"output_dir={folder / 'student'}")
    run("build/train", *common, f"output_dir={folder / 'lora'}", "lora.r=4", "lora.target_modules=[all-linear]")
    load = dict(dtype=torch.float32, attn_implementation="eager")
    student = AutoModelForCausalLM.from_pretrained(folder / "student", **load).eval()
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder / "base", **load),
                                        folder / "lora").eval()
    # Read from both folders: beside a config.json of a family Transformers builds the tokenizer in that family's way.
    before, after = (AutoTokenizer.from_pretrained(folder / name) for name in ("base", "student"))
    return {"student": worst(reference(student, ids), score(folder / "student", ids)),
            "lora": worst(reference(adapted, ids), score(folder / "lora", ids)),
            "ids": all(before(text)["input_ids"] == after(text)["input_ids"] for text in TEXTS)}


def trl_step(samples, base, folder):
    from datasets import load_dataset
    from trl import SFTConfig, SFTTrainer

    data = load_dataset("json", data_files=str(samples), split="train", cache_dir=str(folder / "cache"))
    config = SFTConfig(output_dir=str(folder / "trl"), max_steps=1, per_device_train_batch_size=4, report_to=[],
                       save_strategy="no", use_cpu=True, bf16=False, gradient_checkpointing=False)
    trainer = SFTTrainer(model=AutoModelForCausalLM.from_pretrained(base), args=config, train_dataset=data,
                         processing_class=AutoTokenizer.from_pretrained(base))
    return trainer.train().training_loss


def lm_eval_score(student, tokenizer):
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=str(student), device="cpu", dtype="float32", batch_size=1)
    pairs = [("The cat sat", " on the mat."), ("1 + 2", " = 3")]
    theirs = [r[0] for r in model.loglikelihood([Instance("loglikelihood", {}, p, i) for i, p in enumerate(pairs)])]
    ours = []
    for context, continuation in pairs:
        ids, begin = tokenizer(context + continuation)["input_ids"], len(tokenizer(context)["input_ids"])
        ours.append(sum(score(student, [ids])[0][begin - 1:]))
    return max(abs(a - b) for a, b in zip(ours, theirs))


def external_scores(folder):
    """Exact match of one cell as the builtin trainer and as TRL makes it, from the same base and rows."""
    environment = os.environ | {"PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    scores = []
    for student in ("folds", "folds_trl"):
        run("build/few_samples", f"student={student}", "n=[32]", "seeds=1", "arms=[teacher]", "workers=1",
            f"runs_dir={folder / 'runs'}", f"output_dir={folder / student}", env=environment)
        with open(folder / student / "cells.csv") as file:
            scores += [float(row["score"]) for row in csv.DictReader(file) if row["arm"] == "teacher"]
    return scores


def main():
    versions = {name: importlib.metadata.version(name)
                for name in ("torch", "transformers", "tokenizers", "peft", "trl", "datasets", "lm_eval")}
    print("Versions: " + ", ".join(f"{k} {v}" for k, v in versions.items()) + "\n")
    good = True
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        (folder / "golden").mkdir()
        tests = golden_tests(folder / "golden")
        samples = folder / "samples.jsonl"
        samples_file(samples)
        tokenizer = AutoTokenizer.from_pretrained(ROOT / "tests/core/lm/golden/bpe")
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        print("| case | logits | greedy | gradients | log-probabilities | our student in Transformers | our LoRA in PEFT |")
        print("| --- | --- | --- | --- | --- | ---: | ---: |")
        last = None
        for name, (family, shape) in families.CASES.items():
            case = tests.get(name.replace("-", ""), {})
            cells = [case.get(test) for test in ("LogitsAgree", "GreedyContinuationIsEqual",
                                                 "GradientsOfEveryParameterAgree", "ScoreTokensAgrees")]
            found = both_ways(family, shape, folder / name, tokenizer, samples)
            good &= all(cells) and found["student"] < TOLERANCE and found["lora"] < TOLERANCE and found["ids"]
            print(f"| {name} | " + " | ".join("agree" if c else "DIFFER" for c in cells) +
                  f" | {found['student']:.1e} | {found['lora']:.1e} |", flush=True)
            last = folder / name
        print()
        others = {"PEFT's adapters here: logits, merged logits, gradients":
                      all(all(tests.get(case, {"": False}).values()) for case in ("attention", "all")),
                  "20 steps of the same loop in PyTorch": all(
                      ok for case in tests.values() for name, ok in case.items() if "LossCurve" in name),
                  "objectives by the papers' formulas, in numpy": all(
                      tests[suite]["AsTheIndependentImplementation"] for suite in ("Divergence", "KnownTokens"))}
        for what, agrees in others.items():
            good &= agrees
            print(f"- {what}: {'agree' if agrees else 'DIFFER'}")
        loss = trl_step(samples, last / "base", folder)
        good &= loss == loss
        print(f"- TRL trains a step on our sample file, read by datasets: loss {loss:.3f}")
        difference = lm_eval_score(last / "student", tokenizer)
        good &= difference < TOLERANCE
        print(f"- lm-eval's log-likelihoods of our student: at most {difference:.1e} from build/score's")
        ours, theirs = external_scores(folder)
        good &= abs(ours - theirs) < 0.1
        print(f"- a cell of few_samples trained by TRL (student.trainer.kind=external): exact match {theirs:.2f}, by the "
              f"builtin trainer {ours:.2f}")
    sys.exit(0 if good else "interop: something differs")


if __name__ == "__main__":
    main()
