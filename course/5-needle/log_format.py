"""A request log as the gateway writes it (teacher/provider/request_log.h, text_features.h, pseudonyms.h), written here a
second time in Python: what build/detect reads is checked line by line, so a slip would be found there."""

import hashlib
import hmac
import json
import math
import re

DIRECTIONS = 16
NAMES = ["log_bytes", "log_words", "digit_share", "upper_share", "punctuation_share", "beyond_ascii_share", "distinct_word_share",
         "byte_entropy_bits", *[f"trigrams_{i}" for i in range(DIRECTIONS)]]
VERSION = 1


def rounded(x):
    return math.floor(abs(x) * 1e4 + 0.5) / 1e4 * (1 if x >= 0 else -1) + 0.0


def fnv(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    value ^= value >> 16
    value = value * 0x85EBCA6B & 0xFFFFFFFF
    return value ^ value >> 13


_hashes = {}


def features(text):
    """Of an ASCII prompt."""
    data = text.encode("ascii")
    bytes_ = max(len(data), 1)
    words = re.findall(r"[a-z0-9]+", text.lower())
    counts = {c: data.count(c) for c in set(data)}
    found = [math.log1p(len(data)), math.log1p(len(words)), sum(48 <= c <= 57 for c in data) / bytes_,
             sum(65 <= c <= 90 for c in data) / bytes_, sum(1 for c in text if not c.isalnum() and not c.isspace()) / bytes_, 0.0,
             len(set(words)) / max(len(words), 1), -sum(n / bytes_ * math.log2(n / bytes_) for n in counts.values())]
    directions, lower = [0.0] * DIRECTIONS, data.lower()
    for i in range(len(lower) - 2):
        gram = lower[i:i + 3]
        value = _hashes.get(gram)
        if value is None:
            value = _hashes[gram] = fnv(gram)
        directions[value % DIRECTIONS] += 1 if value >> 31 == 0 else -1
    size = math.sqrt(sum(x * x for x in directions))
    return [rounded(x) for x in found + [x / size if size else 0.0 for x in directions]]


def template_shape(text):
    """Numbers are "0", words of more than three letters "w", quoted parts a pair of quotes."""
    shape = ""
    for token in re.finditer(r'[0-9]+(?:[.,][0-9]+)*|[A-Za-z]+|"[^"]*"|\s+|.', text):
        word = token.group()
        if word[0].isdigit():
            shape += "0"
        elif word[0].isalpha():
            if len(word) <= 3:
                shape += word.lower()
            elif not shape.endswith(("w", "w ")):
                shape += "w"
        elif word[0] == '"' and len(word) > 1:
            shape += '""'
        elif word.isspace():
            shape += "" if shape.endswith(" ") else " "
        else:
            shape += word
    return shape[:2000]


class Writer:
    def __init__(self, salt):
        self.salt = salt
        self.names = {}

    def of(self, kind, value):
        if not value:
            return ""
        found = self.names.get((kind, value))
        if found is None:
            found = hmac.new(self.salt, f"{len(kind)}:{kind}:{value}".encode(), hashlib.sha256).hexdigest()
            self.names[kind, value] = found
        return found

    def head(self):
        return json.dumps({"features": NAMES, "retention_days": 400, "retort_request_log": VERSION, "salt": self.of("salt", "id")[:16]},
                          separators=(",", ":"))

    def line(self, request):
        """request: a dict with account, tier, payment, address, address_class, text, time_ms and what was asked for."""
        text = request["text"]
        record = {
            "account": request["account"], "actions": [], "address": self.of("address", request["address"]),
            "address_class": request["address_class"], "choices": 1, "completion_tokens": request["completion_tokens"],
            "endpoint": "chat", "features": features(text), "finish_reason": "stop", "key": "key-" + request["account"][-6:],
            "max_tokens": request["max_tokens"], "model": "folds-teacher", "payment": self.of("payment", request["payment"]),
            "prompt": self.of("prompt", f"4:user:{len(text)}:{text}"), "prompt_tokens": len(text) // 4 + 1, "status": 200,
            "temperature": request["temperature"], "template": self.of("template", template_shape(text)), "tier": request["tier"],
            "time_ms": request["time_ms"], "top_logprobs": -1}
        body = json.dumps(record, separators=(",", ":"))
        return f'{{"record":{body},"sum":"{hashlib.sha256(f"{VERSION}".encode() + bytes(1) + body.encode()).hexdigest()[:16]}"}}'
