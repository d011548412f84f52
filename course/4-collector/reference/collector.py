#!/usr/bin/env python3
"""Asks a server every question of a file, and keeps every answer that was paid.

One request at a time, each line on the disk before the next is asked: what a crash can cost is the one answer on its way.
The output file is the only state; what was spent and what is done are read from it."""

import argparse
import email.utils
import http.client
import json
import os
import sys
import time
import urllib.parse

MAX_REPLY = 1 << 20
PAUSE = 0.25  # seconds, doubled with each failure


class Again(Exception):
    """It failed, and may be asked again; `wait`: seconds before which nothing is asked."""

    def __init__(self, why, wait=0.0):
        super().__init__(why)
        self.wait = wait


class Never(Exception):
    """It failed for good; `tokens` were paid all the same."""

    def __init__(self, why, tokens=0):
        super().__init__(why)
        self.tokens = tokens


class Stop(Exception):
    """Nothing more can be asked."""


def read_questions(path):
    with open(path, encoding="utf-8") as file:
        questions = [json.loads(line) for line in file if line.strip()]
    return list({question["id"]: question for question in questions}.values())


def read_done(path):
    """{id: tokens}; cuts off a line that was never finished."""
    done, good = {}, 0
    try:
        with open(path, "r+b") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                row = json.loads(line)
                done[row["id"]] = row["tokens"]
                good += len(line)
            file.truncate(good)
    except FileNotFoundError:
        pass
    return done


def retry_after(value):
    if value is None:
        return 1.0
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return 1.0


def read_whole(connection, reply, deadline):
    """The body, within the deadline and MAX_REPLY, however slowly it drips."""
    parts, size = [], 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Again("the reply did not end in time")
        connection.sock.settimeout(left)
        part = reply.read1(65536)
        if not part:
            break
        parts.append(part)
        size += len(part)
        if size > MAX_REPLY:
            raise Again("the reply has no end")
        if reply.length == 0:
            break
    if reply.length:
        raise Again("the connection was cut")
    return b"".join(parts)


def ask(options, key, question):
    """(answer, tokens), or Again, Never, Stop."""
    url = urllib.parse.urlsplit(options.url)
    body = json.dumps({"model": options.model, "request_id": question["id"], "max_tokens": question["max_tokens"],
                       "messages": [{"role": "user", "content": question["prompt"]}]})
    deadline = time.monotonic() + options.timeout
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=options.timeout)
    try:
        connection.request("POST", url.path, body, {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status == 429:
            raise Again("too many requests", retry_after(reply.getheader("Retry-After")))
        if reply.status >= 500:
            raise Again(f"status {reply.status}")
        if reply.status in (401, 403):
            raise Stop(f"status {reply.status}: the key is not accepted")
        if reply.status != 200:
            raise Never(f"status {reply.status}")
        data = read_whole(connection, reply, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise Again(type(error).__name__) from None
    finally:
        connection.close()
    try:
        said = json.loads(data)
        answer, tokens = said["choices"][0]["message"]["content"], said["usage"]["total_tokens"]
        model, request = said["model"], said["request_id"]
    except (ValueError, KeyError, TypeError, IndexError):
        raise Again("the reply is not as promised") from None
    if not isinstance(answer, str) or type(tokens) is not int:
        raise Again("the reply is not as promised")
    if request != question["id"]:
        raise Again("the reply is another question's")
    if model != options.model:
        raise Never("another model answered", tokens)
    return answer, tokens


def collect(options, key, question):
    """The line of a question."""
    pause = PAUSE
    for attempt in range(options.tries):
        try:
            answer, tokens = ask(options, key, question)
            return {"id": question["id"], "answer": answer, "tokens": tokens}
        except Never as no:
            return {"id": question["id"], "error": str(no), "tokens": no.tokens}
        except Again as failed:
            why = str(failed)
            if attempt + 1 < options.tries or failed.wait:
                time.sleep(max(pause, failed.wait + 0.05 if failed.wait else 0))
            pause *= 2
    return {"id": question["id"], "error": f"given up after {options.tries} tries: {why}", "tokens": 0}


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
    done = read_done(options.out)
    spent = sum(done.values())
    with open(options.out, "a", encoding="utf-8", newline="\n") as out:
        for question in read_questions(options.questions):
            if question["id"] in done:
                continue
            if spent + question["cost"] > options.budget:
                return 3
            try:
                line = collect(options, key, question)
            except Stop as stop:
                print(stop, file=sys.stderr)
                return 1
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())
            spent += line["tokens"]
    return 0


if __name__ == "__main__":
    sys.exit(main())
