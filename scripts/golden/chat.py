"""Makes tests/core/lm/golden/chat.json: chat templates as published, and what apply_chat_template of transformers writes with them.
Needs transformers, tokenizers and trl, whose package carries the original templates of several families, as does the source package of
llama-cpp-python (unpacked as scripts/golden/published.py says): python scripts/golden/chat.py llama_cpp_python-0.3.16

Those that stand here were written down from what their families publish; where a source says "to the recipe of", the published text may differ
in what these conversations do not show, and its fingerprint with it. A template to detect and not to render (it asks for the date of today) has
no cases.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
import sys

import jinja2
import tokenizers
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/core/lm/golden"
TRL = pathlib.Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
VERSIONS = {m.__name__: m.__version__ for m in (tokenizers, transformers, jinja2)}
VERSIONS["trl"] = importlib.metadata.version("trl")

CHATML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" \
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
SMOLLM2 = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named " \
    "SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}" \
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
LLAMA2 = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}" \
    "{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}" \
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" \
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}" \
    "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}" \
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}" \
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
MISTRAL = "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" \
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}" \
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}" \
    "{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
MISTRAL_V1 = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}

{{- bos_token }}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('After the optional system message, conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif %}
    {%- if message["role"] == "user" %}
        {%- if loop.first and system_message is defined %}
            {{- " [INST] " + system_message + "\\n\\n" + message["content"] + " [/INST]" }}
        {%- else %}
            {{- " [INST] " + message["content"] + " [/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"] + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
"""
MISTRAL_V3 = """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}

{#- This block checks for alternating user/assistant messages, skipping tool calling messages #}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}

{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
            {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {%- if not message.tool_call_id is defined or message.tool_call_id|length != 9 %}
            {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
        {%- endif %}
        {{- '"call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
"""
TINYLLAMA = "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n" \
    "{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n" \
    "{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n" \
    "{% endif %}\n{% endfor %}"

S, LLAMA3, R1 = ("<s>", "</s>"), ("<|begin_of_text|>", "<|eot_id|>"), ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>")
QWEN = (None, "<|im_end|>")
# name of ours, text, BOS and EOS, arguments, where the text is from
TEMPLATES = [
    ("chatml", CHATML, QWEN, {}, "OpenAI's ChatML as in transformers' documentation"),
    ("smollm2", SMOLLM2, QWEN, {}, "HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0)"),
    ("qwen2", "qwen2_5.jinja", QWEN, {}, "Qwen/Qwen2.5-7B-Instruct (Apache-2.0)"),
    ("qwen3", "qwen3.jinja", QWEN, {}, "Qwen/Qwen3-8B (Apache-2.0)"),
    ("qwen3", "Qwen-Qwen3-0.6B.jinja", QWEN, {}, "Qwen/Qwen3-0.6B as first published (Apache-2.0)"),
    ("qwen3_no_think", "qwen3.jinja", QWEN, {"enable_thinking": False}, "Qwen/Qwen3-8B (Apache-2.0)"),
    ("qwen3_instruct", "qwen3_instruct_2507.jinja", QWEN, {}, "Qwen/Qwen3-4B-Instruct-2507 (Apache-2.0)"),
    ("llama2", LLAMA2, S, {}, "meta-llama/Llama-2-7b-chat-hf"),
    ("llama3", "llama3.jinja", LLAMA3, {}, "meta-llama/Meta-Llama-3-8B-Instruct"),
    ("llama3_1", "llama3_1.jinja", LLAMA3, {}, "meta-llama/Llama-3.1-8B-Instruct, Llama-3.3-70B-Instruct"),
    ("-", "llama3_2.jinja", LLAMA3, {}, "meta-llama/Llama-3.2-1B-Instruct"),
    ("mistral", MISTRAL, S, {}, "mistralai/Mistral-7B-Instruct-v0.2, Mixtral-8x7B-Instruct-v0.1, as first published (Apache-2.0)"),
    ("mistral_v1", MISTRAL_V1, S, {}, "mistralai/Mistral-7B-Instruct-v0.2 since 2024 (Apache-2.0)"),
    ("mistral_v3", MISTRAL_V3, S, {}, "mistralai/Mistral-Large-Instruct-2407; to the recipe of Mistral-7B-Instruct-v0.3"),
    ("deepseek_r1", "deepseek_r1_distill.jinja", R1, {}, "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B (MIT)"),
    ("tinyllama", TINYLLAMA, S, {}, "TinyLlama/TinyLlama-1.1B-Chat-v1.0, HuggingFaceH4/zephyr-7b-beta (Apache-2.0, MIT)"),
]
CHATS = [
    [("user", "What is the capital of France?")],
    [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "  12 + 30?\n")],
    [("user", "\u4f60\u597d \U0001f600"), ("assistant", "")],
    [("user", "Hi"), ("assistant", "  Hello! \n"), ("user", "\u3000And?\u00a0\n\n"), ("assistant", "<think>\nHm, well.\n</think>\n\nThat is all.")],
    [("system", " \nBe brief.\n"), ("user", "1"), ("assistant", "<think>\n\n</think>\n\n2"), ("user", "3"), ("assistant", "a</think>b</think>\n\nc")],
    [("system", "Only this.")],
    [("assistant", "def f():\n\treturn 1"), ("user", "<tool_response>x</tool_response>")],
    [("user", "a"), ("system", "late"), ("user", "b")],
    [("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d")],
    [("assistant", "def f():\n\treturn 1"), ("tool", "{}")],
    [("user", "call it"), ("assistant", "I shall"), ("tool", "{}")],
]
TOOLS = {"chatml", "smollm2"}  # these write any role; for the others we refuse what they would make of a tool turn


def render(tokenizer, template, messages, ask, arguments, tokens):
    bos, eos = tokens
    try:
        compiled = transformers.utils.chat_template_utils._compile_jinja_template(template)
        return compiled.render(messages=messages, add_generation_prompt=ask, bos_token=bos or "", eos_token=eos, **arguments)
    except jinja2.exceptions.TemplateError:
        return None


def main():
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(GOLDEN / "bpe/tokenizer.json"))
    templates, cases = [], []
    for name, text, tokens, arguments, source in TEMPLATES:
        if text.endswith(".jinja"):
            folder = TRL if (TRL / text).exists() else pathlib.Path(sys.argv[1]) / "vendor/llama.cpp/models/templates"
            text, source = (folder / text).read_text(), f"{source}; from {folder.parent.name}/{folder.name}/{text}"
        if name == "-" or not arguments:
            templates.append({"name": name, "source": source, "text": text})
        for chat in CHATS if name != "-" else []:
            messages = [{"role": role, "content": content} for role, content in chat]
            for ask in (False, True):
                rendered = render(tokenizer, text, messages, ask, arguments, tokens)
                if any(role == "tool" for role, _ in chat) and name not in TOOLS:
                    rendered = None
                if any(role == "system" for role, _ in chat[1:]) and name == "llama2":
                    rendered = None  # the template leaves such a turn out without a word
                case = {"template": name, "messages": chat, "ask": ask, "text": rendered}
                if name in TOOLS:
                    case["ids"] = tokenizer.apply_chat_template(messages, chat_template=text, add_generation_prompt=ask, return_dict=False)
                    assert tokenizer.apply_chat_template(messages, chat_template=text, add_generation_prompt=ask, tokenize=False) == rendered
                cases.append(case)
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    head = json.dumps({"versions": VERSIONS, "templates": templates}, ensure_ascii=True, indent=1)[:-2]
    (GOLDEN / "chat.json").write_text(head + ',\n "cases": [\n' + lines + "\n ]\n}\n")
    print(len(cases), "cases,", sum(case["text"] is None for case in cases), "refused")


if __name__ == "__main__":
    main()
