"""Makes tests/core/lm/golden/published.json: ids of published tokenizers for the texts of corpus.json and some longer ones; and puts the
tokenizers themselves under models/tokenizers, where the test looks for them. Their files are other people's and large, and stay out of this
repository. All of them come from PyPI:

    python -m venv /tmp/published && /tmp/published/bin/pip install --no-deps mistral-common llama-models dashscope
    pip download --no-deps --no-binary llama-cpp-python llama-cpp-python==0.3.16     # its source carries vocabularies as GGUF
    tar xf llama_cpp_python-0.3.16.tar.gz --wildcards '*/ggml-vocab-*.gguf' -C /tmp/published
    python scripts/golden/published.py /tmp/published/lib/python3*/site-packages /tmp/published/llama_cpp_python-0.3.16

Needs tokenizers, sentencepiece, gguf and numpy; with tiktoken and regex it also compares with the encoder that Llama 3 and Qwen were published
with. `--files-only` writes models/tokenizers and leaves the golden alone. What each tokenizer is made of:

- sentencepiece models are copied (Mistral), or written from the pieces, scores and types of a GGUF (Llama 2);
- tiktoken vocabularies become tokenizer.json as in the published ones: the merges that the ranks stand for, the family's regular expression,
  normalizer, post-processor and added tokens, which are written down here;
- merges of a GGUF are taken as they are (DeepSeek LLM).
"""

import base64
import json
import pathlib
import struct
import sys

import gguf
import sentencepiece
from tokenizer import GOLDEN, ROOT, TEXTS, VERSIONS, converted, write
from tokenizers import Tokenizer

FILES = ROOT / "models/tokenizers"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LONGER = [
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether in "
    "April and May?\n\nNatalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia sold 48+24 = <<48+24=72>>72 clips altogether.\n#### 72",
    "#include <vector>\n\ntemplate <typename T>\nstd::vector<T> Sorted(std::vector<T> v) {\n\tstd::sort(v.begin(), v.end());  // ascending\n\treturn v;\n}\n",
    "import numpy as np\n\n\ndef softmax(x: np.ndarray) -> np.ndarray:\n    e = np.exp(x - x.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)\n",
    "| a | b |\n|---|---:|\n| 1 | 2.50 |\n\n$$\\sum_{i=1}^{n} x_i^2 \\le \\frac{1}{2}$$\n\n- [x] done\n- [ ] to do\n\n```json\n{\"a\": [1, null, true], \"b\": \"\\u00e9\"}\n```",
    "Die Stra\u00dfenbahn f\u00e4hrt \u00fcber die Br\u00fccke; l'\u00e9t\u00e9 dernier, j'ai mang\u00e9 des \u0153ufs. \u00bfQu\u00e9 tal, ma\u00f1ana? Zażółć gęślą jaźń. Příliš žluťoučký kůň.",
    "Все счастливые семьи похожи друг на друга. Όλες οι ευτυχισμένες οικογένειες. كل العائلات السعيدة تتشابه. כל המשפחות המאושרות.",
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。 子曰：「學而時習之，不亦說乎？」 동해물과 백두산이 마르고 닳도록 ประเทศไทย यह एक परीक्षण है।",
    "I'LL said he'd we'Ve 'Tis o'clock rock'n'roll  MiXeD camelCase snake_case SCREAMING_CASE http2Server 3rd 2nd 1st x86_64 v1.2.3-rc4",
    "👩🏽‍🚀🚀✨ 🇯🇵🇺🇸 👍🏿 (╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯ → ⇒ ∀x∈ℝ ≈ ≠ ½ ² ₃ ① Ⅻ ㎏ ﷽",
    "\u0000\u0001\u0002 \u200b\u200d\u2060\ufeff \u202eabc\u202c \ue000 \ufffd\ufffe",
]


def flagged(i, content, special=True):
    return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}


def byte_alphabet():
    keep = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in keep]
    return {**{b: chr(b) for b in keep}, **{b: chr(0x100 + i) for i, b in enumerate(rest)}}


def tiktoken_ranks(path):
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in path.read_bytes().splitlines() if line)}


def merges_of(ranks):
    """The pair whose merging gives a token: what the encoder is left with where it may only use lower ranks."""
    letters = byte_alphabet()
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            pairs = [(ranks.get(parts[i] + parts[i + 1], rank), i) for i in range(len(parts) - 1)]
            best, i = min(pairs)
            if best >= rank:
                break
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            merges.append(["".join(letters[b] for b in part) for part in parts])
    return {"".join(letters[b] for b in token): rank for token, rank in ranks.items()}, merges


def byte_level(vocab, merges, patterns, added, normalizer=None, bos=None, ignore_merges=False):
    steps = [{"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False} if isinstance(p, str) else p for p in patterns]
    trim = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
    post = trim
    if bos:
        token = next(t for t in added if t["content"] == bos)
        piece = {"SpecialToken": {"id": bos, "type_id": 0}}
        template = {"type": "TemplateProcessing", "single": [piece, {"Sequence": {"id": "A", "type_id": 0}}],
                    "pair": [piece, {"Sequence": {"id": "A", "type_id": 0}}, piece, {"Sequence": {"id": "B", "type_id": 1}}],
                    "special_tokens": {bos: {"id": bos, "ids": [token["id"]], "tokens": [bos]}}}
        post = {"type": "Sequence", "processors": [trim, template]}
    last = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
             "byte_fallback": False, "ignore_merges": ignore_merges, "vocab": vocab, "merges": merges}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, last]}, "post_processor": post,
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, "model": model}


def llama3(packages):
    vocab, merges = merges_of(tiktoken_ranks(packages / "llama_models/llama3/tokenizer.model"))
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>",
             "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"]
    names += [f"<|reserved_special_token_{i}|>" for i in range(3, 248)]
    added = [flagged(128000 + i, name) for i, name in enumerate(names)]
    return byte_level(vocab, merges, [LLAMA3], added, bos="<|begin_of_text|>", ignore_merges=True)


def qwen(packages, added):
    vocab, merges = merges_of(tiktoken_ranks(packages / "dashscope/resources/qwen.tiktoken"))
    return byte_level(vocab, merges, [QWEN], added, normalizer={"type": "NFC"})


def qwen2(packages):  # the tokens of Qwen2.5 and Qwen3
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>",
             "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
    plain = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
             "<tool_response>", "</tool_response>", "<think>", "</think>"]
    return qwen(packages, [flagged(151643 + i, name, i < len(names)) for i, name in enumerate(names + plain)])


def r1_qwen(packages):  # DeepSeek-R1-Distill-Qwen
    names = ["<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<|EOT|>", "<think>", "</think>"]
    document = qwen(packages, [flagged(151643 + i, name, i in (0, 3)) for i, name in enumerate(names)])
    return document


def gguf_fields(path):
    reader = gguf.GGUFReader(path)

    def get(key):
        return reader.get_field("tokenizer.ggml." + key).contents()
    return get


def deepseek_llm(vocabularies):
    get = gguf_fields(vocabularies / "ggml-vocab-deepseek-llm.gguf")
    tokens, types = get("tokens"), get("token_type")
    added = [flagged(i, token, kind == 3) for i, (token, kind) in enumerate(zip(tokens, types)) if kind in (3, 4)]
    vocab = {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind == 1}
    letters = ("\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a"
               "\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556")
    patterns = ["[\r\n]", r"\s?[A-Za-z" + letters + "]+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+", {"type": "Digits", "individual_digits": True}]
    return byte_level(vocab, [merge.split(" ") for merge in get("merges")], patterns, added)


def llama2(vocabularies):
    """A sentencepiece model of the pieces of a GGUF; what it says beside them is Llama 2's: BPE, nothing normalised, a dummy prefix."""
    get = gguf_fields(vocabularies / "ggml-vocab-llama-spm.gguf")

    def varint(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    def block(field, body):
        return varint(field << 3 | 2) + varint(len(body)) + body
    out = b""
    for token, score, kind in zip(get("tokens"), get("scores"), get("token_type")):
        out += block(1, block(1, token.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + varint(kind))
    out += block(2, b"\x18\x02" + b"\xc0\x02\x00" + b"\xc8\x02\x01" + b"\xd0\x02\x02" + b"\xd8\x02" + b"\xff" * 9 + b"\x01" + b"\x98\x02\x01")
    return out + block(3, block(1, b"identity") + block(2, b"") + b"\x18\x01\x20\x00")


def put(name, file, contents):
    (FILES / name).mkdir(parents=True, exist_ok=True)
    if isinstance(contents, dict):
        contents = json.dumps(contents, ensure_ascii=False).encode()
    (FILES / name / file).write_bytes(contents)


def with_metaspace(document):
    return {**document, "normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}}


def make_files(packages, sources):
    vocabularies, mistral = sources / "vendor/llama.cpp/models", packages / "mistral_common/data"
    put("llama2", "tokenizer.model", llama2(vocabularies))
    put("mistral-v1", "tokenizer.model", (mistral / "tokenizer.model.v1").read_bytes())
    put("mistral-v3", "tokenizer.model", (mistral / "mistral_instruct_tokenizer_240323.model.v3").read_bytes())
    put("llama2-json", "tokenizer.json", converted(FILES / "llama2/tokenizer.model"))
    put("mistral-v1-json", "tokenizer.json", converted(FILES / "mistral-v1/tokenizer.model"))
    put("mistral-v3-json", "tokenizer.json", with_metaspace(converted(FILES / "mistral-v3/tokenizer.model")))
    put("llama3", "tokenizer.json", llama3(packages))
    put("qwen2", "tokenizer.json", qwen2(packages))
    put("deepseek-r1-qwen", "tokenizer.json", r1_qwen(packages))
    put("deepseek-llm", "tokenizer.json", deepseek_llm(vocabularies))


def reference(folder):
    """Two functions: the ids of a text, and those with special tokens found (None: the reference has no such thing)."""
    if (folder / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

        def encode(text, specials):
            tokenizer.encode_special_tokens = not specials
            return tokenizer.encode(text, add_special_tokens=False).ids
        return lambda text: encode(text, False), lambda text: encode(text, True)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    return model.encode, None


def check_tiktoken(packages):
    """Our tokenizer.json against the encoder that the vocabularies were made for."""
    try:
        import tiktoken
    except ImportError:
        return "not compared"
    import unicodedata
    same = 0
    for name, path, pattern in (("llama3", "llama_models/llama3/tokenizer.model", LLAMA3), ("qwen2", "dashscope/resources/qwen.tiktoken", QWEN)):
        encoder = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=tiktoken_ranks(packages / path), special_tokens={})
        plain, _ = reference(FILES / name)
        for text in TEXTS + LONGER:
            normal = unicodedata.normalize("NFC", text) if name == "qwen2" else text
            if any(tag in text for tag in ("tool_", "think>", "fim_")):
                continue
            expected, got = encoder.encode(normal, disallowed_special=()), plain(text)
            same += expected == got
            if expected != got:
                print(name, "differs from tiktoken:", ascii(text))
    return same


def main():
    arguments = [a for a in sys.argv[1:] if a != "--files-only"]
    packages, sources = map(pathlib.Path, arguments)
    make_files(packages, sources)
    print("the same as tiktoken:", check_tiktoken(packages))
    if "--files-only" in sys.argv:
        return
    cases = []
    for folder in sorted(FILES.iterdir()):
        plain, special = reference(folder)
        results = []
        for text in TEXTS + LONGER:
            if special is None and "\0" in text:
                results.append(None)  # the reference reads up to the zero byte in some versions
                continue
            ids = plain(text)
            with_specials = special(text) if special else ids
            results.append([ids, None if with_specials == ids or not special else with_specials])
        cases.append({"name": folder.name, "results": results})
        print(folder.name, len(results), "texts")
    write("published.json", {"versions": VERSIONS, "texts": LONGER, "cases": cases})


if __name__ == "__main__":
    main()
