"""The server of assignment 4: answers as its script says, well or badly, and keeps a record of every request.

One thread a connection, and HTTP by hand: what a library would mend (a body that is cut, a length that lies) is the point.
Its clients are hostile too: all that is read from them has a limit in size and time."""

import email.utils
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass

PATH = "/v1/chat/completions"
MAX_REQUEST = 1 << 20
MAX_CONNECTIONS = 2000


@dataclass
class Asked:
    """One request. at: seconds, of its last byte."""

    at: float
    id: str
    how: str  # what the script did with it
    path: str
    key: str
    body: dict
    paid: int = 0  # tokens, where an answer was sent whole
    early: float = 0.0  # seconds that it came before it was allowed to


class HostileServer:
    """script: {question id: [how, how, ...]}, one for each request in turn; after them "well". Used by start and stop (as
    Box.run does), several times over: the record goes on."""

    def __init__(self, questions, model, key, script):
        self.questions, self.model, self.key = {q["id"]: q for q in questions}, model, key
        self._script = {id: list(hows) for id, hows in script.items()}
        self.record, self.held = [], threading.Event()
        self._not_before, self._last_good = 0.0, None
        self._lock = threading.Lock()
        self._listener, self._stopped = None, threading.Event()

    # --- as Box.run uses it

    def start(self, listener):
        self._listener, self._stopped = listener, threading.Event()
        threading.Thread(target=self._accept, args=(listener, self._stopped), daemon=True).start()

    def stop(self):
        self._stopped.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _accept(self, listener, stopped):
        for _ in range(MAX_CONNECTIONS):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, stopped), daemon=True).start()

    # --- one connection

    def _serve(self, connection, stopped):
        connection.settimeout(10)
        try:
            with connection, connection.makefile("rb") as lines:
                while not stopped.is_set() and self._one(connection, lines, stopped):
                    pass
        except (OSError, ValueError):
            pass

    def _one(self, connection, lines, stopped):
        """Whether the connection may be used again."""
        first = lines.readline(8192).split()
        if len(first) != 3:
            return False
        headers, size = {}, 0
        while size < 65536:
            line = lines.readline(8192)
            size += len(line)
            if line in (b"\r\n", b"\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= MAX_REQUEST:
            return False
        try:
            body = json.loads(lines.read(length) or b"{}")
        except (ValueError, RecursionError):
            body = {}
        body = body if isinstance(body, dict) else {}
        asked = self._note(first[1].decode("latin-1"), headers, body)
        return self._answer(connection, asked, stopped)

    def _note(self, path, headers, body):
        now = time.monotonic()
        id = body.get("request_id")
        id = id if isinstance(id, str) else ""
        key = headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            if path != PATH:
                how = "elsewhere"
            elif key != self.key:
                how = "401"
            elif id not in self.questions or body.get("model") != self.model:
                how = "unasked"
            else:
                hows = self._script.get(id, [])
                how = hows.pop(0) if hows else "well"
            asked = Asked(at=now, id=id, how=how, path=path, key=key, body=body, early=max(0.0, self._not_before - now))
            self.record.append(asked)
        return asked

    def _reply(self, id, model=None, request_id=None):
        question = self.questions[id]
        return {"id": "reply-" + id, "object": "chat.completion", "model": model or self.model,
                "request_id": request_id or id,
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": question["answer"]}}],
                "usage": {"prompt_tokens": question["paid"] // 2, "completion_tokens": question["paid"] - question["paid"] // 2,
                          "total_tokens": question["paid"]}}

    def _send(self, connection, status, body, headers=(), length=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(data) if length is None else length}"]
        connection.sendall("\r\n".join(head + list(headers) + ["", ""]).encode() + data)

    def _answer(self, connection, asked, stopped):
        how, id = asked.how, asked.id
        if how in ("well", "another model"):
            self._send(connection, "200 OK", self._reply(id, model="another-7b" if how == "another model" else None))
            asked.paid = self.questions[id]["paid"]
            self._last_good = id
        elif how == "stale":  # an earlier answer once more, as from a confused cache
            stale = self._last_good or next(other for other in self.questions if other != id)
            self._send(connection, "200 OK", self._reply(stale))
        elif how.startswith("429"):
            seconds = float(how.split()[1])
            later = f"Retry-After: {int(seconds)}"
            if how.endswith("date"):  # whole seconds: rounded up, so that the date lies no earlier than meant
                later = "Retry-After: " + email.utils.formatdate(int(time.time()) + 1 + seconds, usegmt=True)
            with self._lock:
                self._not_before = time.monotonic() + seconds
            self._send(connection, "429 Too Many Requests", {"error": {"message": "slow down"}}, [later])
        elif how in ("500", "503"):
            self._send(connection, how + " Oops", {"error": {"message": "try again"}})
        elif how == "500 echo":
            self._send(connection, "500 Oops", {"error": {"message": f"cannot serve key {asked.key}", "request": asked.key}})
        elif how == "400":
            self._send(connection, "400 Bad Request", {"error": {"message": "this question is not answered here"}})
        elif how == "401":
            self._send(connection, "401 Unauthorized", {"error": {"message": f"unknown key {asked.key}"}})
        elif how == "302":
            self._send(connection, "302 Found", b"", ["Location: /elsewhere"])
        elif how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif how == "cut":
            data = json.dumps(self._reply(id)).encode()
            self._send(connection, "200 OK", data[:len(data) * 2 // 3], length=len(data))
            return False
        elif how == "truncated":
            data = json.dumps(self._reply(id)).encode()
            self._send(connection, "200 OK", data[:len(data) * 2 // 3])
        elif how == "no usage":  # JSON, and not what was promised
            self._send(connection, "200 OK", {"choices": [{"message": None}]})
        elif how == "drip":  # a byte at a time: no read ever waits long, and the answer never ends
            data = json.dumps(self._reply(id)).encode()
            self._send(connection, "200 OK", data[:1], length=len(data))
            for byte in data[1:]:
                if stopped.wait(0.25):
                    break
                connection.sendall(bytes([byte]))
            return False
        elif how == "silent":
            stopped.wait(10)
            return False
        elif how == "endless":
            self._send(connection, "200 OK", b'{"choices": "', ["X-Note: endless"], length=1 << 40)
            for _ in range(4000):
                if stopped.is_set():
                    break
                connection.sendall(b"x" * (1 << 20))
            return False
        elif how == "hold":  # the moment at which the collector is killed: nothing is answered, nothing paid
            stopped.wait(0.6)  # what came before has had its time to reach the disk
            self.held.set()
            stopped.wait(5)
            return False
        else:
            self._send(connection, "404 Not Found", {"error": {"message": "not here"}})
        return True

    # --- what the record says

    def of(self, id):
        return [asked for asked in self.record if asked.id == id]

    def spent(self):
        return sum(asked.paid for asked in self.record)
