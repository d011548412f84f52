#!/usr/bin/env python3
"""A server to try your collector on: it answers, but for the questions that you name, and says what it was asked.

python3 try_server.py questions.jsonl 2=429 3=cut 3=500 6=hold       question 2 meets a 429 once, 3 two mishaps, then answers
how: 429 (Retry-After: 2), 500, 400, cut, broken, drip, silent, stale, model, hold (kill the collector then)
port=9000: another port than 8000

The grader's server does more (dates, resets, redirects, bodies without end), and looks closer: this one is a beginning."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def read_questions(path):
    with open(path, encoding="utf-8") as file:
        return {question["id"]: question for question in map(json.loads, file)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = self.server.questions.get(asked.get("request_id"))
        hows = self.server.script.get(asked.get("request_id"), [])
        how = "unknown" if question is None else hows.pop(0) if hows else "well"
        now, again = time.monotonic(), "  PAID BEFORE" if asked.get("request_id") in self.server.paid else ""
        print(f"{now - self.server.last:7.2f} s  {asked.get('request_id')}  {how}{again}", flush=True)
        self.server.last = now
        self.close_connection = True
        getattr(self, "how_" + how)(question)

    def reply(self, question, model="teacher-1"):
        message = {"role": "assistant", "content": f"an answer to {question['prompt']}"}
        return json.dumps({"model": model, "request_id": question["id"], "choices": [{"message": message}],
                           "usage": {"total_tokens": question["cost"] // 2 + 1}}).encode()

    def send(self, status, body, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def how_well(self, question):
        self.send(200, self.reply(question))
        self.server.paid.add(question["id"])

    def how_model(self, question):  # paid, too
        self.send(200, self.reply(question, model="another-7b"))
        self.server.paid.add(question["id"])

    def how_stale(self, question):
        self.send(200, self.reply(next(other for other in self.server.questions.values() if other is not question)))

    def how_429(self, _question):
        self.send(429, b'{"error": {"message": "slow down"}}', Retry_After="2")

    def how_500(self, _question):
        self.send(500, b'{"error": {"message": "try again"}}')

    def how_400(self, _question):
        self.send(400, b'{"error": {"message": "not answered here"}}')

    def how_unknown(self, _question):
        self.send(404, b'{"error": {"message": "no such question"}}')

    def how_cut(self, question):
        data = self.reply(question)
        self.send(200, data[:len(data) // 2], length=len(data))

    def how_broken(self, question):
        self.send(200, self.reply(question)[:-9])

    def how_drip(self, question):
        data = self.reply(question)
        self.send(200, b"", length=len(data))
        for byte in data:
            time.sleep(0.25)
            self.wfile.write(bytes([byte]))

    def how_silent(self, _question):
        time.sleep(60)

    how_hold = how_silent

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the collector gave up, as it may

    def log_message(self, *_):
        pass


def main(questions, *words):
    words = [word.partition("=") for word in words]
    port = next((int(value) for name, _, value in words if name == "port"), 8000)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.questions, server.script, server.paid, server.last = read_questions(questions), {}, set(), time.monotonic()
    ids = list(server.questions)
    for number, _, how in words:
        if number != "port":
            if not number.isdigit() or not 1 <= int(number) <= len(ids) or not hasattr(Handler, "how_" + how):
                sys.exit(__doc__)
            server.script.setdefault(ids[int(number) - 1], []).append(how)
    print(f"http://127.0.0.1:{server.server_port}/v1/chat/completions", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
