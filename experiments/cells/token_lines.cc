#include "experiments/cells/token_lines.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/lm/chat.h"
#include "core/lm/tokenizer.h"

namespace retort::lab {
namespace {

std::vector<int> Ids(const nlohmann::json& array, const Where& where) {
  if (!array.is_array()) throw Error(where, "\"ids\" is no list", "write {\"ids\": [1, 2]}");
  std::vector<int> ids;
  for (const nlohmann::json& id : array) {
    if (!id.is_number_integer() || id < 0 || id > std::numeric_limits<int>::max()) {
      throw Error(where, fmt::format("\"ids\" holds {}, which is no token id", id.dump()));
    }
    ids.push_back(id.get<int>());
  }
  if (ids.empty()) throw Error(where, "\"ids\" is empty", "give at least one id");
  return ids;
}

}  // namespace

std::vector<int> ReadTokenLine(std::string_view line, int number, const LocalModel& model, bool chat) {
  const Where where{.file = "stdin", .line = number};
  const nlohmann::json json = ParseJson(line, where);
  if (!json.is_object() || json.contains("ids") == json.contains("text")) {
    throw Error(where, "needs either \"ids\" or \"text\"", "write {\"text\": \"..\"} or {\"ids\": [..]}");
  }
  if (json.contains("ids")) return Ids(json["ids"], where);
  if (!json["text"].is_string()) throw Error(where, "\"text\" is no string");
  const std::string text = json["text"];
  const Tokenizer& tokenizer = model.tokenizer();
  if (chat) {
    const std::vector<Message> turn = {{.role = "user", .content = text}};
    return EncodePrompt(tokenizer, model.chat_template(), turn);
  }
  std::vector<int> ids = tokenizer.EncodeWithSpecials(text);
  if (tokenizer.adds_bos()) ids.insert(ids.begin(), tokenizer.bos_id());
  if (ids.empty()) throw Error(where, "the text has no tokens", "give at least one character");
  return ids;
}

}  // namespace retort::lab
