#!/usr/bin/env python3
"""Goldens of the objectives: tests/student/golden/objectives.json.

An independent implementation of every loss from the papers' formulas, in float64, on probabilities and not on their
logarithms as Retort's; gradients by complex steps, which have no rounding of differences. By numpy, not PyTorch: torch's
Python side is not needed to build Retort. Versions stand in the file.     scripts/golden/objectives.py [OUTPUT_FILE]

GKD (arXiv:2306.13649), DistiLLM (arXiv:2402.03898), DPO (arXiv:2305.18290), Hinton et al. for T^2 (arXiv:1503.02531).
"""
import json
import pathlib
import sys

import numpy as np

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests/student/golden/objectives.json"


def softmax(z, temperature=1.0):
    e = np.exp(z / temperature - np.max(np.real(z)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


def kl(p, q):
    return (p * np.log(p / q)).sum()


def divergence(name, z, y, temperature, squared, mix):
    s, t = softmax(z, temperature), softmax(y, temperature)
    if name == "fkl":
        loss = kl(t, s)
    elif name == "rkl":
        loss = kl(s, t)
    elif name == "jsd":
        m = mix * t + (1 - mix) * s
        loss = mix * kl(t, m) + (1 - mix) * kl(s, m)
    elif name == "skew_fkl":
        loss = kl(t, mix * t + (1 - mix) * s)
    elif name == "skew_rkl":
        loss = kl(s, (1 - mix) * t + mix * s)
    return loss * (temperature**2 if squared else 1)


def gradient(f, z):
    out = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        bent = z.astype(complex)
        bent[i] += 1e-30j
        out[i] = np.imag(f(bent)) / 1e-30
    return out


def tail(k=10, vocab=1000):
    """A heavy-tailed teacher and an unlike student; every usual treatment of what is beyond its k likeliest tokens."""
    random = np.random.default_rng(11)
    y, z = 3.0 * random.normal(size=vocab), 2.5 * random.normal(size=vocab)
    t, s = softmax(y), softmax(z)
    top = np.argsort(-t)[:k]
    pt, ps = t[top], s[top]
    return dict(
        student=z.tolist(), teacher=y.tolist(), k=k, mass=pt.sum(), full=kl(t, s),
        teacher_renormalised=(pt / pt.sum() * np.log(pt / pt.sum() / ps)).sum(),
        both_renormalised=kl(pt / pt.sum(), ps / ps.sum()),
        cut_off=kl(pt, ps),
        tail_bucket=kl(pt, ps) + (1 - pt.sum()) * np.log((1 - pt.sum()) / (1 - ps.sum())))


def main():
    random = np.random.default_rng(5)
    z, y = 2 * random.normal(size=(3, 8)), 2 * random.normal(size=(3, 8))
    divergences = []
    for name in ("fkl", "rkl", "jsd", "skew_fkl", "skew_rkl"):
        for temperature, squared in ((1.0, False), (2.5, False), (2.5, True)):
            for mix in ((0.5,) if name in ("fkl", "rkl") else (0.1, 0.5, 0.9)):
                f = lambda x: divergence(name, x, y, temperature, squared, mix)
                divergences.append(dict(name=name, temperature=temperature, temperature_squared_scaling=squared, mix=mix,
                                        loss=f(z), gradient=gradient(f, z).tolist()))
    t, s = softmax(y), softmax(z)
    rows, loss = [], 0.0
    for row in range(3):
        ids = np.argsort(-t[row])[: row + 2]
        p = t[row][ids].astype(np.float32)
        rest = np.float32(1 - p.astype(float).sum())
        rows.append(dict(ids=ids.tolist(), probabilities=p.tolist(), rest=float(rest)))
        p = p.astype(float)
        loss += kl(p, s[row][ids]) + rest * np.log(rest / (1 - s[row][ids].sum()))
    margins = np.array([-3.0, -0.2, 0.0, 0.7, 40.0])
    dpo = []
    for beta, flipped in ((0.1, 0.0), (0.5, 0.0), (0.5, 0.2)):
        right, wrong = 1 / (1 + np.exp(-beta * margins)), 1 / (1 + np.exp(beta * margins))
        dpo.append(dict(beta=beta, label_smoothing=flipped, margins=margins.tolist(),
                        loss=-((1 - flipped) * np.log(right) + flipped * np.log(wrong)).sum()))
    golden = dict(versions={"numpy": np.__version__}, student=z.tolist(), teacher=y.tolist(), divergences=divergences,
                  topk=dict(rows=rows, loss=loss), dpo=dpo, tail=tail())
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    output.write_text(json.dumps(golden) + "\n")
    print({key: round(value, 3) for key, value in golden["tail"].items() if isinstance(value, float)})


if __name__ == "__main__":
    main()
