#!/usr/bin/env python3
"""Assignment 4 (docs/course/4-collector.md): asks a server every question of a file, and keeps every answer that was paid.

Yours to write, with Python's standard library alone. As it stands it believes that all goes well."""

import argparse
import json
import os
import urllib.request


def read_questions(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def ask(options, key, question):
    request = {"model": options.model, "request_id": question["id"], "max_tokens": question["max_tokens"],
               "messages": [{"role": "user", "content": question["prompt"]}]}
    call = urllib.request.Request(options.url, data=json.dumps(request).encode(),
                                  headers={"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    with urllib.request.urlopen(call, timeout=options.timeout) as reply:
        return json.loads(reply.read())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--questions", required=True, help="JSON lines: id, prompt, max_tokens, cost")
    parser.add_argument("--out", required=True, help="JSON lines: id, answer or error, tokens")
    parser.add_argument("--budget", type=int, required=True, help="tokens that may be spent, all runs together")
    parser.add_argument("--timeout", type=float, default=30, help="seconds of one request, from its start to its end")
    parser.add_argument("--tries", type=int, default=5, help="requests for one question, of one run")
    options = parser.parse_args()
    key = os.environ["COLLECTOR_KEY"]
    with open(options.out, "w", encoding="utf-8") as out:
        for question in read_questions(options.questions):
            reply = ask(options, key, question)
            line = {"id": question["id"], "answer": reply["choices"][0]["message"]["content"],
                    "tokens": reply["usage"]["total_tokens"]}
            out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
