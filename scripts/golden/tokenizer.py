"""Makes tests/core/lm/golden: tokenizers trained here on a few lines of text, and what the references make of a mixed
corpus with them. Needs tokenizers, transformers and sentencepiece, and chat.json (chat.py); run it from anywhere: python scripts/golden/tokenizer.py

The ids of the real SmolLM2 are made only where scripts/fetch-smollm2 has put it. chars/tokenizer.model is our own
TrainCharacterTokenizer's and is read here, not written.
"""

import io
import json
import pathlib
import random
import re

import sentencepiece
import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers.convert_slow_tokenizer import generate_merges

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/core/lm/golden"
SMOLLM2 = ROOT / "models/SmolLM2-135M-Instruct"
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VERSIONS = {m.__name__: m.__version__ for m in (tokenizers, transformers, sentencepiece)}

CORPUS = [
    "", " ", "  ", "a", " a", "a ", "Hello, world!", " Hello world", "hello hello hello",
    "The quick brown fox jumps over the lazy dog.", "It's we'll they've I'd you're he'S DON'T 'tis 's",
    "12345", "3.14159", "a1b22c333", " 1 22 333", "1,000,000", "x=10;y=20", "-5 + 7 = 2", "0x1F", "\u0661\u0662\u0663", "\u00b2\u00b3\u00bc",
    "\u2160\u2161 \u3007", "def f(x):\n    return x**2  # comment\n", "for (int i = 0; i < n; ++i) {\n\t\ta[i] += b[i];\n}",
    "<div class=\"a\">&nbsp;</div>", "https://example.org/a?b=c&d=%20#e", "a_b-c.d/e\\f|g", "{\"k\": [1, 2.5e-3, null]}",
    "\t\ttabs\t", "\n\n\nthree newlines", "line\r\nline\r\n", "trailing spaces    ", "    leading", "a  b   c    d", " \n \n ", "\u00a0nbsp\u2003em\u3000ideographic",
    "\u180emongolian\u200bzero\ufeffbom", "caf\u00e9 cafe\u0301", "Stra\u00dfe \u1e9e", "\u0391\u03b1 \u0392\u03b2 \u0393\u03b3", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002", "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c", "\uc548\ub155\ud558\uc138\uc694", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u05e9\u05dc\u05d5\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family", "\u2764\ufe0f \U0001f1eb\U0001f1f7 \U0001f44d\U0001f3fd", "\U0001d54f\U00020000\U0010ffff", "\u0000\u0001\u0007\u001b[0m\u007f",
    "\U00031350\U000113d3\U0001e4f3\U00016d72\U0001d2c5 new letters and digits", "z\u0300\u0301\u0302\u0303 zalgo", "\u2581 lower block \u2581x", "a" * 100, "ab" * 40, " " * 70, "=" * 65 + "\n",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "<|endoftext|>", "x<|im_end|>y <|im_end|> z", "<|im_start|", "<s>text</s><unk><pad>",
    "<|im_end|><|im_end|>\n\n<|endoftext|>12", "a < b |> c <| d",
]
LATER = [  # of no tokenizer's training
    # Letters that fold to s and k; decomposed, reordered and excluded from composition; marks younger than Unicode 9, which NFC leaves alone there.
    "it'\u017f I'\u212ae DON'\u017f 'LL we'Re", "e\u0301 a\u0323\u0307 a\u0307\u0323 \u1e9b\u0323 \u212b \u2126", "\u1112\u1161\u11ab\u1100\u1173\u11af \u0958 \u0915\u093c \u2adc",
    "a\u0301\u1dfa\u0323 e\u0d3b\u0301 \U00011935\U00011930 \U0001611e\U0001611e \u0c15\u0c3c\u0c4d o\u1ac5\u0323", "\uf900\ufa10 \u2f00 \u00bd \ufb01 \uff21",
    "</s><s> [INST] <<SYS>>\nHi\n<</SYS>>\n\nyou [/INST] a </s><s>b", "  <s>  two</s>\n<unk> <0x41><0xZZ>", "\u2581\u2581a \u2581", "\U0001f600\U0001f601\u65e5\u672c\u8a9e\u0a95",
    "12345678 1234567890 3.14 \u0967\u0968\u0969", "x\u00a0\n \n\r\n\ty \u2028z", "foo!!! ...bar-- /path/to_file.txt\n\n\n", "\u2427 \U0001f6dc \U00011b00 \u0897x \u00b4\u00a8 $5 \u20ac6",
]
BROKEN = [  # bytes that are no UTF-8
    "ff", "80", "c3", "e282", "f09f98", "61ff62", "c0af", "eda080", "f5808080", "f0808080", "e2828261", "61c3", "c3c3a9", "fffefd20", "e28220f09f2078",
    "c2a9e2", "f48fbfbf", "f4908080", "48690a80800a",
]
TRAINING = [text for text in CORPUS if not text.startswith("<|")] * 2 + [
    "the cat sat on the mat and the dog sat on the log", "return the value of the function", "there and then", "    if x in y:\n        return x\n",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May.", "How many clips did Natalia sell altogether?",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u041f\u0440\u0438\u0432\u0435\u0442!", "\u4f60\u597d\u4f60\u597d\u4e16\u754c", "\U0001f600\U0001f600\U0001f601",
] * 3

ABOUT = """Made by scripts/golden/tokenizer.py; the versions of the references stand in each file.

- `bpe/`, `spm_bpe/`, `spm_unigram/`: tokenizers trained by that script on a few lines of text. No one else's. `fallback/` is spm_bpe as
  transformers converts such a model. The variants of `bpe.json` and `fallback.json` are patches of these files to the recipes of published ones.
- `chars/`: what TrainCharacterTokenizer writes for the characters of the digit folds.
- `corpus.json`: texts and bytes that are no UTF-8. `bpe.json`, `fallback.json`, `smollm2.json`, `sentencepiece.json`, `beside.json`: their ids.
- `published.json` (scripts/golden/published.py): ids of published tokenizers, whose files are not here.
- `chat.json` (scripts/golden/chat.py): the published chat templates, each with its source and licence, and conversations as apply_chat_template
  of transformers writes them.
"""


def text_of(entry):
    return bytes.fromhex(entry["hex"]).decode("utf-8", errors="replace") if "hex" in entry else entry["text"]


ENTRIES = [{"text": text} for text in CORPUS] + [{"hex": text} for text in BROKEN] + [{"text": text} for text in LATER]
TEXTS = [text_of(entry) for entry in ENTRIES]


def write(name, value):
    """One list element a line where that keeps lines readable."""
    text = json.dumps(value, ensure_ascii=True, indent=1)
    if isinstance(value, dict) and "cases" in value:
        cases = ",\n".join("  " + json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in value["cases"])
        text = json.dumps({k: v for k, v in value.items() if k != "cases"}, indent=1)[:-2] + ',\n "cases": [\n' + cases + "\n ]\n}"
    (GOLDEN / name).write_text(text + "\n")


def pieces_of(ids, seed):
    """Parts of a list of ids: their decodings break characters."""
    rng = random.Random(seed)
    parts = [ids, ids[1:], ids[:-1]]
    for _ in range(2):
        begin = rng.randrange(len(ids) + 1)
        parts.append(ids[begin:begin + rng.randrange(4)])
    return parts


def run(tokenizer, decode=True):
    """For each text: ids, ids with special tokens recognised (null: the same), and decodings of parts of the latter."""
    results = []
    for i, text in enumerate(TEXTS):
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text, add_special_tokens=False).ids
        result = [plain, None if special == plain else special]
        if decode:
            result.append([[part, tokenizer.decode(part, skip_special_tokens=True)] for part in pieces_of(special, i)])
        results.append(result)
    return results


def train_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    # No initial alphabet: as in SmolLM2, some bytes have no token and are dropped.
    tokenizer.train_from_iterator(TRAINING, trainers.BpeTrainer(vocab_size=600, special_tokens=SPECIALS, show_progress=False))
    return tokenizer


def split(pattern, behavior, invert=False):
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    step = {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [step, byte_level]}}


def variants(base):
    """JSON merge patches of the trained tokenizer: what other models' files ask for."""
    def byte_level(prefix, regex):
        return {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}}

    special = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
    trained = json.loads(base.to_str())["added_tokens"]

    def behind(*contents):
        return trained + [{"id": base.get_vocab_size() + i, "content": content, **special} for i, content in enumerate(contents)]

    def template(token):
        return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {token: {"id": token, "ids": [base.get_vocab_size()], "tokens": [token]}}}

    def sequence(*patterns):
        steps = [{"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False} for p in patterns]
        return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": steps + [byte_level(False, False)["pre_tokenizer"]]}}

    trim = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
    llama3_tokens = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
    r1_tokens = ("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>")
    qwen2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    deepseek_v3 = (r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
                   r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    tekken = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
              r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",)
    llama3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    bos = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
           "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}}
    flags = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": False}
    size = base.get_vocab_size()
    added = json.loads(base.to_str())["added_tokens"] + [
        {"id": size, "content": "world", **flags, "single_word": True},
        {"id": size + 1, "content": "  ", **flags},
        {"id": size + 2, "content": "<|mask|>", **flags, "lstrip": True, "special": True},
        {"id": size + 3, "content": "user", **flags, "rstrip": True, "lstrip": True},
        {"id": size + 4, "content": "the lazy", **flags, "normalized": True},
        {"id": size + 5, "content": "lazy dog.", **flags},
        {"id": size + 6, "content": "caf\u00e9", **flags},
        {"id": size + 7, "content": "\n\n<|endoftext|>1", **flags},
        {"id": size + 8, "content": "\u4e16", **flags, "single_word": True},
    ]
    merges = json.loads(base.to_str())["model"]["merges"]
    other = [" ".join(m) for m in merges] if isinstance(merges[0], list) else [m.split(" ") for m in merges]
    return {
        "smollm": {},
        "gpt2": byte_level(False, True),
        "gpt2 prefix space": byte_level(True, True),
        "no words": byte_level(False, False),
        "llama3": {**split({"Regex": llama3}, "Isolated"), "model": {"ignore_merges": True}, "post_processor": bos},
        # To the recipes of published files.
        "Llama 3": {**split({"Regex": llama3}, "Isolated"), "model": {"ignore_merges": True}, "added_tokens": behind(*llama3_tokens),
                    "post_processor": {"type": "Sequence", "processors": [trim, template("<|begin_of_text|>")]}},
        "Qwen 2": {**split({"Regex": qwen2}, "Isolated"), "normalizer": {"type": "NFC"}, "post_processor": trim},
        "DeepSeek R1 on Qwen": {**split({"Regex": qwen2}, "Isolated"), "normalizer": {"type": "NFC"}, "added_tokens": behind(*r1_tokens),
                                "post_processor": template(r1_tokens[0])},
        "DeepSeek V3": {**sequence(*deepseek_v3), "normalizer": {"type": "Sequence", "normalizers": []}},
        "Tekken": sequence(*tekken),
        "unknown": {"model": {"unk_token": "<|endoftext|>"}},
        "unknown fused": {"model": {"unk_token": "<|endoftext|>", "fuse_unk": True}},
        "added": {"added_tokens": added},
        "merges written the other way": {"model": {"merges": other}},
        "digits in groups": {"pre_tokenizer": {"pretokenizers": [{"type": "Digits", "individual_digits": False},
                                                                 {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}]}},
        "text isolated": split({"String": " "}, "Isolated"),
        "text odd": split({"String": "."}, "Isolated"),
        "removed": split({"Regex": r"\s+"}, "Removed"),
        "removed inverted": split({"Regex": r"\w\d"}, "Removed", True),
        "previous": split({"Regex": r"[a-e]"}, "MergedWithPrevious"),
        "next": split({"Regex": r"[a-e]"}, "MergedWithNext"),
        "contiguous": split({"Regex": r"\p{L}"}, "Contiguous"),
        "next inverted": split({"Regex": r"\S"}, "MergedWithNext", True),
    }


def merge_patch(target, patch):  # RFC 7396
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merge_patch(target.get(key), value)
    return target


CHATS = [[("user", "the dog sat on the log")], [("system", "Be brief."), ("user", "Hi"), ("assistant", "  there "), ("user", "\u4f60\u597d  12?")]]


def chats(reference, tokens, *names):
    """What the tokenizer makes of chat.json's templates: the ids of apply_chat_template."""
    golden = json.loads((GOLDEN / "chat.json").read_text())
    cases = []
    for name in names:
        text = next(t["text"] for t in golden["templates"] if t["name"] == name)
        tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=reference, bos_token=tokens[0], eos_token=tokens[1])
        for chat in CHATS:
            if name == "mistral" and chat[0][0] == "system":
                continue
            messages = [{"role": role, "content": content} for role, content in chat]
            ids = tokenizer.apply_chat_template(messages, chat_template=text, add_generation_prompt=True, return_dict=False)
            cases.append({"template": name, "messages": chat, "ids": ids})
    return cases


def templates_of(name):
    """Tokens and templates that a variant is tested with."""
    end = "<|im_end|>"
    return {"Llama 3": (("<|begin_of_text|>", "<|eot_id|>"), "llama3", "llama3_1"),
            "Qwen 2": (("<|endoftext|>", end), "qwen2", "qwen3", "qwen3_instruct"),
            "DeepSeek R1 on Qwen": (("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"), "deepseek_r1"),
            "prepend": (("<s>", "</s>"), "llama2", "mistral", "mistral_v1", "mistral_v3", "tinyllama"),
            "metaspace first": (("<s>", "</s>"), "llama2", "mistral", "mistral_v1", "mistral_v3", "tinyllama"),
            "metaspace always": (("<s>", "</s>"), "llama2", "mistral_v1", "tinyllama"),
            "instruction tokens": (("<s>", "</s>"), "mistral", "mistral_v1", "mistral_v3")}.get(name, ((None, None),))


def cases_of(base, variants, decodes):
    cases = []
    for name, patch in variants.items():
        reference = Tokenizer.from_str(json.dumps(merge_patch(base, patch)))
        tokens, *names = templates_of(name)
        case = {"name": name, "patch": patch, "results": run(reference, decode=name in decodes)}
        reference.encode_special_tokens = False
        case["front"] = reference.encode("a").ids[:-len(reference.encode("a", add_special_tokens=False).ids)]  # what a plain text begins with
        if names:
            case.update({"bos": tokens[0], "eos": tokens[1], "chats": chats(reference, tokens, *names)})
        cases.append(case)
    return cases


def make_bpe():
    base = train_bpe()
    (GOLDEN / "bpe").mkdir(parents=True, exist_ok=True)
    document = json.loads(base.to_str())
    (GOLDEN / "bpe/tokenizer.json").write_text(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")
    ends = {"bos_token": SPECIALS[1], "eos_token": SPECIALS[2], "pad_token": SPECIALS[2]}
    (GOLDEN / "bpe/tokenizer_config.json").write_text(json.dumps(ends) + "\n")
    cases = cases_of(document, variants(base), ("smollm", "added", "Qwen 2"))
    write("bpe.json", {"versions": VERSIONS, "cases": cases})


def converted(model):
    """The tokenizer.json that transformers 4 made of a sentencepiece BPE model (LlamaConverter, legacy), as a JSON document."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    scores = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(pieces.get_piece_size())]
    vocab = {piece: i for i, (piece, _) in enumerate(scores)}
    special = [i for i in range(len(scores)) if pieces.is_control(i) or pieces.is_unknown(i)]
    merges = generate_merges(vocab, scores, {scores[i][0] for i in special})
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token=scores[pieces.unk_id()][0], fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(scores[i][0], normalized=False, special=True) for i in special])
    return json.loads(tokenizer.to_str())


def make_fallback():
    """The BPE of spm_bpe as transformers converts such models: Llama 2, TinyLlama, Mistral 7B."""
    document = converted(GOLDEN / "spm_bpe/tokenizer.model")
    (GOLDEN / "fallback").mkdir(exist_ok=True)
    (GOLDEN / "fallback/tokenizer.json").write_text(json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")

    def metaspace(**options):
        return {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", **options}}

    def flagged(i, content, **flags):
        return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False, **flags}

    size = len(document["model"]["vocab"])
    added = document["added_tokens"]
    decoder = {"type": "Sequence", "decoders": document["decoder"]["decoders"][:3]}
    variants = {
        "prepend": {},
        "metaspace first": metaspace(prepend_scheme="first", split=False),
        "metaspace always": metaspace(prepend_scheme="always", split=False),
        "metaspace never": {**metaspace(prepend_scheme="never", split=False), "decoder": decoder},
        "metaspace split": metaspace(prepend_scheme="first", split=True),
        "no prefix": {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}, "decoder": decoder},
        "ignore merges": {"model": {"ignore_merges": True}},
        "normalized specials": {"added_tokens": [{**token, "normalized": True} for token in added]},
        "instruction tokens": {"added_tokens": added + [flagged(size, "[INST]", special=True), flagged(size + 1, "[/INST]", special=True)]},
        "added": {"added_tokens": added + [flagged(size, "world", single_word=True), flagged(size + 1, "the lazy", normalized=True),
                                           flagged(size + 2, "user", lstrip=True, rstrip=True), flagged(size + 3, "\n\n", normalized=True),
                                           flagged(size + 4, "<|im_end|>", rstrip=True, special=True), flagged(size + 5, "  ")]},
        "added, first": {**metaspace(prepend_scheme="first", split=False),
                         "added_tokens": added + [flagged(size, "the", normalized=True), flagged(size + 1, " a"), flagged(size + 2, "hello", lstrip=True)]},
    }
    write("fallback.json", {"versions": VERSIONS, "cases": cases_of(document, variants, ("prepend",))})


def make_smollm2():
    if not (SMOLLM2 / "tokenizer.json").exists():
        print("no SmolLM2 here: its golden is left as it is")
        return
    results = run(Tokenizer.from_file(str(SMOLLM2 / "tokenizer.json")), decode=False)
    write("smollm2.json", {"versions": VERSIONS, "cases": results})


def train_sentencepiece(name, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for line in TRAINING if line and line.isascii() and "\0" not in line]), model_writer=out, minloglevel=2, num_threads=1,
        hard_vocab_limit=False, **options)
    (GOLDEN / name).mkdir(parents=True, exist_ok=True)
    (GOLDEN / name / "tokenizer.model").write_bytes(out.getvalue())
    print(name, len(out.getvalue()), "bytes")


def make_sentencepiece():
    rules = GOLDEN / "rules.tsv"
    rules.write_text("FF21\t41\n41 30A\tC5\n")  # fullwidth A to A; A with ring
    train_sentencepiece("spm_bpe", model_type="bpe", vocab_size=420, byte_fallback=True, normalization_rule_name="identity", character_coverage=0.99,
                        remove_extra_whitespaces=False, user_defined_symbols=["<tool>"], control_symbols=["<ctl>"])
    train_sentencepiece("spm_unigram", model_type="unigram", vocab_size=110, character_coverage=0.98, normalization_rule_tsv=str(rules))
    rules.unlink()
    extra = ["\uff21\u0041\u030a fullwidth", "<ctl>a<tool>b<tool> c<ctl>"]
    cases = []
    for name in ("spm_bpe", "spm_unigram", "chars"):
        model = sentencepiece.SentencePieceProcessor(model_file=str(GOLDEN / name / "tokenizer.model"))
        results = []
        for i, text in enumerate(TEXTS + extra):
            if "\0" in text:  # the reference reads up to the zero byte in some versions
                continue
            if name == "spm_unigram" and text == "a" * 100:  # equal scores: versions break the tie differently
                continue
            ids = model.encode(text)
            results.append({"text": text, "ids": ids, "decoded": [[part, model.decode(part)] for part in pieces_of(ids, i)]})
        cases.append({"name": name, "results": results})
    write("sentencepiece.json", {"versions": VERSIONS, "cases": cases})
    write("beside.json", {"versions": VERSIONS, "cases": beside()})


def beside():
    """spm_bpe with the files that stand beside it: added tokens are cut out, and the parts are encoded as LlamaTokenizer of transformers 4 did:
    `legacy`, each with the model's dummy prefix; else only the first."""
    path = str(GOLDEN / "spm_bpe/tokenizer.model")
    prefix = sentencepiece.SentencePieceProcessor(model_file=path)
    bare = sentencepiece.SentencePieceProcessor(model_proto=pathlib.Path(path).read_bytes() + b"\x1a\x02\x18\x00")  # normalizer_spec.add_dummy_prefix = false
    size = prefix.get_piece_size()
    named = {"0": "<unk>", "1": "<s>", "2": "</s>", str(size): "<|im_end|>", str(size + 1): "<|im_start|>"}
    decoder = {i: {"content": content, "special": True, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False}
               for i, content in named.items()}
    json_tokens = {"world": size + 2, "\n\n": size + 3}
    ids = {content: int(i) for i, content in named.items()} | json_tokens | {"<ctl>": prefix.piece_to_id("<ctl>")}
    pattern = re.compile("(" + "|".join(re.escape(t) for t in sorted(ids, key=len, reverse=True)) + ")")
    cases = []
    for config in ({"legacy": True}, {"legacy": False}, {"legacy": False, "add_prefix_space": False}):
        results = []
        for text in TEXTS:
            if "\0" in text:
                continue
            got, first = [], True
            for part in pattern.split(text):
                if part in ids:
                    got.append(ids[part])
                elif part:
                    spaced = config.get("add_prefix_space", True) and (first or config["legacy"])
                    got += (prefix if spaced else bare).encode(part)
                first = first and not part
            results.append([text, got])
        cases.append({"config": {**config, "added_tokens_decoder": decoder}, "added_tokens": json_tokens, "results": results})
    return cases


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "TOKENIZERS.md").write_text(ABOUT)
    write("corpus.json", {"versions": VERSIONS, "cases": ENTRIES})
    make_bpe()
    make_smollm2()
    make_sentencepiece()
    make_fallback()
    print(f"{len(TEXTS)} texts")
