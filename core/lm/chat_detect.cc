// Which of the named chat templates a checkpoint's Jinja text is. A text is known by the fingerprint of its canonical
// form, in which two texts are equal only if they write the same: what stands outside the tags counts to the last
// newline, as Transformers' Jinja would leave it; within them white space and the kind of quotes do not. Rules that
// guess a family by its markers would take a template that differs by one space for the one it was made from.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/lm/chat.h"
#include "core/lm/normalizer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpaces = " \t\r\n\f\v";
constexpr char kQuote = '\x01', kBegin = '\x02', kEnd = '\x03';  // in no template

// A string literal from its opening quote on; its escapes are undone.
std::string TakeLiteral(std::string_view& rest) {
  const char quote = rest.front();
  rest.remove_prefix(1);
  std::string text;
  while (!rest.empty() && rest.front() != quote) {
    char c = rest.front();
    if (c == '\\' && rest.size() > 1) {
      rest.remove_prefix(1);
      c = rest.front();
      if (c == 'n')
        c = '\n';
      else if (c == 't')
        c = '\t';
      else if (c == 'r')
        c = '\r';
      else if (c != '\\' && c != '\'' && c != '"')
        text += '\\';
    }
    text += c;
    rest.remove_prefix(1);
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return text;
}

std::string_view TakeName(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && (std::isalnum(static_cast<unsigned char>(text[n])) != 0 || text[n] == '_')) ++n;
  return text.substr(0, n);
}

// What stands between the marks of a tag; `rest` goes on behind its `close`. a.b is a['b'].
std::string TakeCode(std::string_view close, std::string_view& rest) {
  std::string code;
  while (!rest.empty() && !rest.starts_with(close)) {
    const char c = rest.front();
    if (c == '"' || c == '\'') {
      code += kQuote + TakeLiteral(rest) + kQuote;
      continue;
    }
    rest.remove_prefix(1);
    const std::string_view name = TakeName(rest);
    if (c == '.' && !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0) {
      code += fmt::format("[{}{}{}]", kQuote, name, kQuote);
      rest.remove_prefix(name.size());
    } else if (kSpaces.find(c) == std::string_view::npos) {
      code += c;
    }
  }
  rest.remove_prefix(std::min(rest.size(), close.size()));
  return code;
}

void TrimRight(std::string_view spaces, std::string& text) {
  const size_t last = text.find_last_not_of(spaces);
  text.erase(last == std::string::npos ? 0 : last + 1);
}

// Jinja's lexer as Transformers sets it: trim_blocks, lstrip_blocks, no trailing newline.
std::string Canonical(std::string source) {
  ReplaceAll("\r\n", "\n", source);
  if (source.ends_with('\n')) source.pop_back();
  std::string out, data;
  bool line_start = true;
  const auto flush = [&] {
    if (!data.empty()) out += kBegin + data + kEnd;
    data.clear();
  };
  for (std::string_view rest = source; !rest.empty();) {
    size_t open = 0;
    while (open < rest.size() && !(rest[open] == '{' && open + 1 < rest.size() &&
                                   std::string_view("{%#").find(rest[open + 1]) != std::string_view::npos)) {
      ++open;
    }
    std::string text(rest.substr(0, open));
    rest.remove_prefix(open);
    if (rest.empty()) {
      data += text;
      break;
    }
    const char kind = rest[1];
    rest.remove_prefix(2);
    const char mark = rest.empty() ? '\0' : rest.front();
    if (mark == '-') {
      TrimRight(kSpaces, text);
    } else if (kind != '{' && mark != '+') {
      const size_t line = text.find_last_of('\n');
      const size_t from = line == std::string::npos ? 0 : line + 1;
      if ((from > 0 || line_start) && text.find_first_not_of(" \t", from) == std::string::npos) text.erase(from);
    }
    if (mark == '-' || mark == '+') rest.remove_prefix(1);
    data += text;
    const std::string close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
    std::string code;
    if (kind == '#') {
      const size_t end = std::min(rest.find(close), rest.size());
      code = rest.substr(0, end);
      rest.remove_prefix(std::min(rest.size(), end + close.size()));
    } else {
      code = TakeCode(close, rest);
      if (code.ends_with('+') && kind == '%') code.pop_back();
    }
    line_start = false;
    if (code.ends_with('-')) {
      code.pop_back();
      rest.remove_prefix(std::min(rest.find_first_not_of(kSpaces), rest.size()));
    } else if (kind != '{' && rest.starts_with('\n')) {
      rest.remove_prefix(1);
      line_start = true;
    }
    if (kind == '#') continue;
    flush();
    out += fmt::format("{{{}{}{}", kind, code, close);
  }
  flush();
  ReplaceAll(fmt::format("{}+{}", kQuote, kQuote), "", out);  // a literal cut in two
  // Always defined where Transformers renders.
  ReplaceAll("{%ifnotadd_generation_promptisdefined%}{%setadd_generation_prompt=false%}{%endif%}", "", out);
  return out;
}

std::string Fingerprint(const std::string& source) { return Sha256().Update(Canonical(source)).Hex().substr(0, 16); }

// Llama 3.2's template.
constexpr std::string_view kWritesToday = "-";

// Made from the texts in scripts/golden/chat.py, which names where each was published; a test renders them all.
const std::map<std::string_view, std::string_view>& KnownTemplates() {
  static const std::map<std::string_view, std::string_view> known = {
      {"05d8af11b1e60621", "chatml"},          // OpenAI's ChatML as in transformers' documentation
      {"77a421afaf5eab0d", "smollm2"},         // HuggingFaceTB/SmolLM2-135M-Instruct
      {"c8d79144569065db", "qwen2"},           // Qwen/Qwen2.5-7B-Instruct
      {"276b3f44db54c79a", "qwen3"},           // Qwen/Qwen3-8B
      {"5369d915fa9f9efe", "qwen3"},           // Qwen/Qwen3-0.6B
      {"858ce4752565df6e", "qwen3_instruct"},  // Qwen/Qwen3-4B-Instruct-2507
      {"6ba5af4f7ce869cd", "llama2"},          // meta-llama/Llama-2-7b-chat-hf
      {"9a84cda057a1e13b", "llama3"},          // meta-llama/Meta-Llama-3-8B-Instruct
      {"7cfc9906295abdad", "llama3_1"},        // meta-llama/Llama-3.1-8B-Instruct
      {"f96c2f0fcc94f511", kWritesToday},      // meta-llama/Llama-3.2-1B-Instruct
      {"00904d694d04108c", "mistral"},         // mistralai/Mistral-7B-Instruct-v0.2
      {"ef44d9e8e2511a16", "mistral_v1"},      // mistralai/Mistral-7B-Instruct-v0.2 since 2024
      {"9b4940369b7a87b4", "mistral_v3"},      // mistralai/Mistral-Large-Instruct-2407
      {"3056b842f8c556b5", "deepseek_r1"},     // deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B (MIT)
      {"ab5b59ff06ed64b7", "tinyllama"},       // TinyLlama/TinyLlama-1.1B-Chat-v1.0
  };
  return known;
}

std::string ReadTemplate(const nlohmann::json& value, const Where& where) {
  const Error wrong(where, "is neither a text nor a list of templates");
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) throw wrong;
  std::string source;
  for (const nlohmann::json& entry : value) {  // several templates by name
    if (!entry.is_object() || !entry.value("name", nlohmann::json()).is_string() ||
        !entry.value("template", nlohmann::json()).is_string()) {
      throw wrong;
    }
    if (source.empty() || entry["name"] == "default") source = entry["template"].get<std::string>();
  }
  return source;
}

}  // namespace

std::string DetectChatTemplate(const fs::path& folder) {
  Where where{.file = (folder / "chat_template.jinja").string()};
  std::string source;
  if (fs::exists(where.file)) {
    source = ReadFile(where.file, size_t{1} << 20);
  } else {
    where = {.file = (folder / "tokenizer_config.json").string(), .place = "key chat_template"};
    if (!fs::exists(where.file)) return "plain";
    const nlohmann::json config = ParseJson(ReadFile(where.file, size_t{64} << 20), {.file = where.file});
    if (!config.is_object() || !config.contains("chat_template") || config["chat_template"].is_null()) return "plain";
    source = ReadTemplate(config["chat_template"], where);
  }
  if (source.empty()) return "plain";
  const std::string fingerprint = Fingerprint(source);
  const auto found = KnownTemplates().find(fingerprint);
  if (found != KnownTemplates().end() && found->second != kWritesToday) return std::string(found->second);
  throw Error(where,
              found == KnownTemplates().end()
                  ? fmt::format("this chat template (fingerprint {}) is not known", fingerprint)
                  : "this chat template writes today's date, so that every day would give other numbers",
              fmt::format("name the one to use in the config, one of {}", fmt::join(ChatTemplateNames(), ", ")));
}

}  // namespace retort
