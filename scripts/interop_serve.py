"""build/serve and the programs that others wrote for the OpenAI protocol, live; run by scripts/interop.

1. The openai Python client: models, chats and completions, whole and streamed, log-probabilities, errors, keys, quotas.
2. lm-eval's local-completions, with a task file and data of our own (scripts/interop_tasks), beside lm-eval's own hf
   model on the same checkpoint: the same scores and the same log-likelihoods.
Exit code 1 if anything disagrees.
"""
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = "configs/models/folds-teacher"
QUESTION, ANSWER = "big 4729?", "477 727 798 A8"
CHAT = dict(model="folds-teacher", messages=[{"role": "user", "content": QUESTION}], temperature=0)
TEXT = dict(model="folds-teacher", prompt=QUESTION, temperature=0, max_tokens=64)


class Server:
    def __init__(self, *words):
        self.process = subprocess.Popen([ROOT / "build/serve", "port=0", *words], cwd=ROOT, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.url = self.process.stdout.readline().strip().rpartition(" at ")[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.errors = self.process.communicate(timeout=30)[1]


def by_openai(checks):
    import openai

    def fails(kind, call):
        try:
            call()
        except kind as error:
            return bool(error.request_id) and isinstance(error.body, dict)
        return False

    with Server() as server, openai.OpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        chat, text = client.chat.completions.create, client.completions.create
        checks["openai: models.list, models.retrieve"] = (
            [m.id for m in client.models.list()] == ["folds-teacher"] and
            client.models.retrieve("folds-teacher").object == "model")
        whole = chat(**CHAT)
        checks["openai: a chat"] = (whole.choices[0].message.content == ANSWER and whole.usage.completion_tokens == 14 and
                                    whole.choices[0].finish_reason == "stop")
        parts = list(chat(**CHAT, stream=True, stream_options={"include_usage": True}))
        checks["openai: a chat as a stream"] = (
            "".join(p.choices[0].delta.content or "" for p in parts if p.choices) == ANSWER and
            parts[-1].usage == whole.usage and parts[0].choices[0].delta.role == "assistant")
        with client.chat.completions.stream(**CHAT) as events:
            checks["openai: client.chat.completions.stream"] = (
                events.get_final_completion().choices[0].message.content == ANSWER)
        scored = chat(**CHAT, logprobs=True, top_logprobs=3).choices[0].logprobs.content
        checks["openai: logprobs of a chat"] = (
            "".join(t.token for t in scored) == ANSWER and len(scored[0].top_logprobs) == 3 and
            scored[0].top_logprobs[0].logprob == scored[0].logprob <= 0)
        drawn = [[c.message.content for c in chat(**(CHAT | dict(temperature=2, n=3, seed=seed))).choices]
                 for seed in (1, 1, 2)]
        checks["openai: n and seed"] = drawn[0] == drawn[1] != drawn[2] and len(drawn[0]) == 3
        checks["openai: completions"] = text(**TEXT).choices[0].text == ANSWER
        checks["openai: completions as a stream"] = (
            "".join(p.choices[0].text for p in text(**TEXT, stream=True)) == ANSWER)
        echoed = text(**TEXT, echo=True, logprobs=2, stop=[" 798"]).choices[0]
        checks["openai: echo, logprobs, stop"] = (
            echoed.text == QUESTION + "477 727" and echoed.logprobs.token_logprobs[0] is None and
            "".join(echoed.logprobs.tokens[1:]) == echoed.text)
        checks["openai: errors are its exceptions"] = (
            fails(openai.NotFoundError, lambda: chat(**(CHAT | dict(model="gpt-4")))) and
            fails(openai.BadRequestError, lambda: chat(**CHAT, logit_bias={"5": 100})) and
            fails(openai.BadRequestError, lambda: chat(**CHAT, extra_body={"colour": "red"})))
    checks["a server that was told to stop exits with 0"] = server.process.returncode == 0


def by_key(checks, folder):
    """Keys and a quota of two requests a day, as the client's exceptions."""
    import openai

    accounts = folder / "accounts.jsonl"
    made = subprocess.run([ROOT / "build/account", f"file={accounts}", "account=lab", "tier=email"], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    key = made.stdout.strip()
    words = ["policies.use=[quota,accounts,log]", f"policies.accounts.file={accounts}",
             "policies.quota.requests_a_day=[2]", f"policies.quota.file={folder / 'charges.jsonl'}",
             f"policies.log.folder={folder / 'logs'}"]

    def outcome(presented):
        try:
            with openai.OpenAI(base_url=server.url, api_key=presented, max_retries=0) as client:
                return client.chat.completions.create(**CHAT).choices[0].message.content
        except openai.OpenAIError as error:
            return type(error).__name__

    with Server(*words) as server:
        got = [outcome("wrong"), outcome(key), outcome(key), outcome(key)]
    checks["openai: AuthenticationError, two answers, RateLimitError"] = (
        got == ["AuthenticationError", ANSWER, ANSWER, "RateLimitError"])
    told = server.errors + "".join(p.read_text(errors="replace") for p in folder.rglob("*") if p.is_file())
    checks["neither key nor prompt stands on stderr, in logs or charges"] = (
        key not in told and QUESTION not in told and "wrong" not in told)


def lm_eval(folder, name, model, arguments):
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache")}
    output = folder / name
    command = [pathlib.Path(sys.executable).parent / "lm-eval", "run", "--model", model, "--model_args", arguments,
               "--tasks", "folds,folds_choice", "--include_path", "scripts/interop_tasks", "--output_path", output,
               "--log_samples", "--device", "cpu"]
    done = subprocess.run([str(c) for c in command], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"interop: lm-eval ended with {done.returncode}:\n{done.stderr[-3000:]}")
    results = json.loads(next(output.rglob("results_*.json")).read_text())["results"]
    scores = (results["folds"]["exact_match,none"], results["folds_choice"]["acc,none"])
    rows = [json.loads(line) for line in next(output.rglob("samples_folds_choice_*.jsonl")).read_text().splitlines()]
    rows.sort(key=lambda row: row["doc_id"])
    return scores, [float(r[0][0]) for row in rows for r in row["resps"]]


def by_lm_eval(checks, folder):
    subprocess.run([sys.executable, ROOT / "scripts/interop_tasks/make_data.py"], check=True)
    with Server() as server:
        ours, our_sums = lm_eval(folder, "ours", "local-completions",
                                 f"model=folds-teacher,base_url={server.url}/completions,tokenizer={MODEL},"
                                 "add_bos_token=True,num_concurrent=4,max_length=256")
    theirs, their_sums = lm_eval(folder, "theirs", "hf",
                                 f"pretrained={MODEL},dtype=float32,add_bos_token=True")
    worst = max(abs(a - b) for a, b in zip(our_sums, their_sums, strict=True))
    checks[f"lm-eval: exact match {ours[0]:.2f} through serve, {theirs[0]:.2f} by its hf model"] = ours[0] == theirs[0]
    checks[f"lm-eval: choices right {ours[1]:.2f} and {theirs[1]:.2f}"] = ours[1] == theirs[1]
    checks[f"lm-eval: 400 log-likelihoods, at most {worst:.1e} apart"] = worst < 1e-3 and len(our_sums) == 400


def main():
    versions = {name: importlib.metadata.version(name) for name in ("openai", "lm_eval", "transformers")}
    print("build/serve with " + ", ".join(f"{k} {v}" for k, v in versions.items()))
    checks = {}
    with tempfile.TemporaryDirectory() as temp:
        by_openai(checks)
        (pathlib.Path(temp) / "keys").mkdir()
        by_key(checks, pathlib.Path(temp) / "keys")
        by_lm_eval(checks, pathlib.Path(temp))
    for what, good in checks.items():
        print(f"- {what}: {'yes' if good else 'NO'}")
    sys.exit(0 if all(checks.values()) else "interop: something differs")


if __name__ == "__main__":
    main()
