// Replays a file of answers. One streaming pass keeps for each row a hash of its prompt and where the row stands, 32
// bytes; the answers are read again when they are asked for. So a file of any length costs little memory, and each
// answer a second parse of its row.
//
// A request finds its rows by the text of its last user message: what stands before it (a system turn, earlier turns)
// differs between who asked then and who asks now, and is not compared.
#include "teacher/replay_teacher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/trim.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxLineBytes = size_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A regular file that stays open: where it is replaced by another one, this reads the old one to the end.
class RowFile {
 public:
  explicit RowFile(const std::string& path) : path_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) Fail();
    struct stat status {};
    if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(fd_);
      throw Error({.file = path_}, "is no regular file", "rows are read a second time: give a file that stays");
    }
    seen_ = Stamp(status);
  }
  ~RowFile() { close(fd_); }
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  // Calls `on_line(line, line_number, offset)` for each line, without newline, carriage return and byte order mark.
  // `hash` gets every byte, so that it is the hash of just what was seen.
  void ForEachLine(Sha256& hash, const std::function<void(std::string_view, int, int64_t)>& on_line) const {
    std::string line, buffer(size_t{1} << 18, '\0');
    int64_t line_begin = 0, offset = 0;
    int number = 0;
    const auto emit = [&] {
      std::string_view text = line;
      int64_t begin = line_begin;
      if (number == 0 && text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
        begin += static_cast<int64_t>(kByteOrderMark.size());
      }
      if (text.ends_with('\r')) text.remove_suffix(1);
      on_line(text, ++number, begin);
    };
    while (const size_t n = ReadSome(buffer.data(), buffer.size(), offset)) {
      std::string_view rest(buffer.data(), n);
      hash.Update(rest);
      while (!rest.empty()) {
        const size_t end = rest.find('\n');
        const std::string_view part = rest.substr(0, end);
        if (line.size() + part.size() > kMaxLineBytes) {
          throw Error({.file = path_, .line = number + 1}, fmt::format("line over {} bytes", kMaxLineBytes));
        }
        line += part;
        offset += static_cast<int64_t>(part.size());
        if (end == std::string_view::npos) break;
        emit();
        line.clear();
        line_begin = ++offset;
        rest.remove_prefix(end + 1);
      }
    }
    if (!line.empty()) emit();
  }

  std::string Read(int64_t offset, size_t size) const {
    std::string text(size, '\0');
    for (size_t got = 0; got < size;) {
      const size_t n = ReadSome(text.data() + got, size - got, offset + static_cast<int64_t>(got));
      if (n == 0) ThrowChanged();
      got += n;
    }
    return text;
  }

  // The identity of the answers was taken from what the file held when it was opened.
  void CheckUnchanged() const {
    struct stat status {};
    if (fstat(fd_, &status) != 0) Fail();
    if (Stamp(status) != seen_) ThrowChanged();
  }
  [[noreturn]] void ThrowChanged() const { throw Error({.file = path_}, "changed while it was in use", "start again"); }

 private:
  [[noreturn]] void Fail() const { throw Error({.file = path_}, fmt::format("cannot read: {}", std::strerror(errno))); }
  size_t ReadSome(char* to, size_t size, int64_t offset) const {
    for (;;) {
      const ssize_t n = pread(fd_, to, size, offset);
      if (n >= 0) return static_cast<size_t>(n);
      if (errno != EINTR) Fail();
    }
  }
  static std::pair<int64_t, int64_t> Stamp(const struct stat& status) {
    return {status.st_size, int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
  }

  std::string path_;
  int fd_;
  std::pair<int64_t, int64_t> seen_;  // size, time of the last change
};

// The value at a dotted path; nullptr where it is absent or null. A name may hold dots itself: the longest goes first.
const Json* Find(const Json& value, std::string_view path) {
  if (!value.is_object()) return nullptr;
  for (size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('.', end - 1)) {
    const auto member = value.find(std::string(path.substr(0, end)));
    if (member == value.end()) continue;
    const Json* found = end == path.size() ? &*member : Find(*member, path.substr(end + 1));
    if (found != nullptr && !found->is_null()) return found;
  }
  return nullptr;
}

// The dotted paths that a row has, for a message.
void ListKeys(const Json& object, const std::string& prefix, std::string& keys) {
  for (const auto& [name, value] : object.items()) {
    if (keys.size() > 400) {
      if (!keys.ends_with("...")) keys += " ...";
      return;
    }
    if (value.is_object() && !value.empty()) {
      ListKeys(value, prefix + name + ".", keys);
    } else {
      keys += (keys.empty() ? "" : " ") + Excerpt(prefix + name, 60);
    }
  }
}
std::string KeysOf(const Json& object) {
  std::string keys;
  ListKeys(object, "", keys);
  return keys.empty() ? "there are no keys" : "there are: " + keys;
}

Where At(Where where, const std::string& key) {
  where.place = "key " + Excerpt(key);
  return where;
}

[[noreturn]] void WrongType(const Where& at, std::string_view expected, const Json& value) {
  throw Error(at, fmt::format("must be {}, not {}", expected, value.is_number() ? value.dump() : value.type_name()));
}

// One message of a list, checked. `content` is nullptr where it is absent or null (a tool call).
struct MessageView {
  const std::string* role;
  const std::string* content;
};
MessageView ViewMessage(const Json& message, const Where& at) {
  if (!message.is_object()) WrongType(at, "a list of {role, content}", message);
  const Json *role = Find(message, "role"), *content = Find(message, "content");
  if (role == nullptr) throw Error(at, "a message has no \"role\"", KeysOf(message));
  if (!role->is_string()) WrongType(at, "a list of messages with a text as \"role\"", *role);
  if (content != nullptr && !content->is_string()) {
    WrongType(at, "a list of messages with a text as \"content\"", *content);
  }
  return {role->get_ptr<const std::string*>(), content == nullptr ? nullptr : content->get_ptr<const std::string*>()};
}

std::string PromptText(const Json& value, const Where& at) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) WrongType(at, "a text or a list of messages", value);
  const std::string* last = nullptr;
  for (const Json& entry : value) {
    const MessageView message = ViewMessage(entry, at);
    if (*message.role == "user" && message.content != nullptr) last = message.content;
  }
  if (last == nullptr) throw Error(at, "has no message of the role \"user\" with a text");
  return *last;
}

// nullopt: no answer (a tool call).
std::optional<std::string> AnswerText(const Json& value, const Where& at) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) WrongType(at, "a text or a list of messages", value);
  if (value.empty()) return std::nullopt;
  const MessageView last = ViewMessage(value.back(), at);
  if (*last.role != "assistant") {
    throw Error(at, fmt::format("ends with a message of the role {}", Excerpt(*last.role)),
                "the answer is the last message, of the role \"assistant\"");
  }
  return last.content == nullptr ? std::nullopt : std::optional(*last.content);
}

struct Row {
  std::string prompt;  // trimmed
  std::vector<std::string> answers;
  std::optional<std::string> reasoning, finish_reason;
};

std::optional<std::string> OptionalText(const Json& json, const std::string& key, const Where& where) {
  const Json* value = key.empty() ? nullptr : Find(json, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) WrongType(At(where, key), "a text", *value);
  return value->get<std::string>();
}

Json ParseObject(std::string_view line, const Where& where) {
  constexpr std::string_view kOneALine = "give one JSON object a line (jq -c '.[]' makes them of a list)";
  if (const std::string_view text = TrimText(line); text == "[" || text == "{") {
    throw Error(where, "JSON over several lines", kOneALine);
  }
  Json json = ParseJson(line, where);
  if (!json.is_object()) throw Error(where, fmt::format("must be a JSON object, not {}", json.type_name()), kOneALine);
  return json;
}

Row ToRow(const Json& json, const ReplayTeacherConfig& config, const Where& where) {
  Row row;
  const Json* prompt = Find(json, config.prompt_key);
  if (prompt == nullptr) {
    throw Error(where, fmt::format("the prompt's key {} is missing", Excerpt(config.prompt_key)), KeysOf(json));
  }
  row.prompt = TrimText(PromptText(*prompt, At(where, config.prompt_key)));
  if (row.prompt.empty()) throw Error(At(where, config.prompt_key), "is empty", "every row needs a prompt");
  for (const std::string& key : config.completion_keys) {
    const Json* value = Find(json, key);
    if (value == nullptr) continue;
    if (auto answer = AnswerText(*value, At(where, key))) row.answers.push_back(std::move(*answer));
  }
  row.reasoning = OptionalText(json, config.reasoning_key, where);
  row.finish_reason = OptionalText(json, config.finish_reason_key, where);
  return row;
}

void CheckKeys(const ReplayTeacherConfig& config) {
  if (config.path.empty()) throw Error("teacher.path is missing; give the file of answers");
  if (config.prompt_key.empty()) throw Error("teacher.prompt_key is empty; name the key of the question");
  if (config.completion_keys.empty()) throw Error("teacher.completion_keys is empty; name the key of the answer");
  std::set<std::string> seen;
  for (const std::string& key : config.completion_keys) {
    if (key.empty()) throw Error("teacher.completion_keys holds an empty key; name the key of the answer");
    if (!seen.insert(key).second) {
      throw Error(fmt::format("teacher.completion_keys names {} twice; name each key once", Excerpt(key)));
    }
  }
}

class ReplayTeacher : public Teacher {
 public:
  explicit ReplayTeacher(const ReplayTeacherConfig& config) : config_(config), file_(config.path) {
    Sha256 hash;
    int64_t rows = 0, reasonings = 0, finish_reasons = 0;
    std::string first_keys;
    file_.ForEachLine(hash, [&](std::string_view line, int number, int64_t offset) {
      if (TrimText(line).empty()) return;
      const Where where{.file = config_.path, .line = number};
      const Json json = ParseObject(line, where);
      const Row row = ToRow(json, config_, where);
      if (rows++ == 0) first_keys = fmt::format("on line {} {}", number, KeysOf(json));
      reasonings += row.reasoning ? 1 : 0;
      finish_reasons += row.finish_reason ? 1 : 0;
      if (row.answers.empty()) {
        ++without_answer_;
        return;
      }
      index_.push_back({.prompt = StableHash(0, row.prompt),
                        .offset = offset,
                        .size = static_cast<uint32_t>(line.size()),
                        .line = number,
                        .answers = static_cast<int>(row.answers.size())});
    });
    if (rows == 0) throw Error({.file = config_.path}, "has no rows", "give a file with one JSON object a line");
    const auto require = [&](bool there, std::string_view option, const std::string& keys) {
      if (there) return;
      throw Error({.file = config_.path},
                  fmt::format("none of its {} rows has what teacher.{} = {} names", rows, option, keys), first_keys);
    };
    std::string keys;
    for (const std::string& key : config_.completion_keys) keys += (keys.empty() ? "" : ", ") + Excerpt(key);
    require(!index_.empty(), "completion_keys", fmt::format("[{}]", keys));
    require(config_.reasoning_key.empty() || reasonings > 0, "reasoning_key", Excerpt(config_.reasoning_key));
    require(config_.finish_reason_key.empty() || finish_reasons > 0, "finish_reason_key",
            Excerpt(config_.finish_reason_key));
    std::ranges::sort(index_, [](const Entry& a, const Entry& b) {
      return std::pair(a.prompt, a.offset) < std::pair(b.prompt, b.offset);
    });
    index_.shrink_to_fit();
    // Other keys of the same file are other answers.
    identity_ = fmt::format("{} {}", hash.Hex(),
                            DumpJson({{"prompt", config_.prompt_key},
                                      {"completions", config_.completion_keys},
                                      {"reasoning", config_.reasoning_key},
                                      {"finish_reason", config_.finish_reason_key}}));
  }

  Card card() const override {
    Card card;
    card.name = config_.name.empty() ? std::filesystem::path(config_.path).stem().string() : config_.name;
    card.kind = "replay";
    card.identity = identity_;
    card.licence = "unknown";
    return card;
  }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    file_.CheckUnchanged();
    for (const Request& request : requests) {
      if (!on_reply(Answer(request))) return;
    }
  }

 private:
  struct Entry {
    uint64_t prompt;
    int64_t offset;
    uint32_t size;
    int line, answers;
  };

  Reply Answer(const Request& request) const {
    Reply reply{.id = request.id, .attempt = request.attempt};
    const bool plain = request.prompt.empty() || request.prompt.back().role.empty();
    const auto asked = std::find_if(request.prompt.rbegin(), request.prompt.rend(),
                                    [&](const Message& m) { return plain || m.role == "user"; });
    if (asked == request.prompt.rend()) {
      reply.error = "the request has no user message to look for";
      return reply;
    }
    const std::string_view prompt = TrimText(asked->content);
    int there = 0;
    const uint64_t hash = StableHash(0, prompt);
    auto at = std::ranges::lower_bound(index_, hash, {}, &Entry::prompt);
    for (; at != index_.end() && at->prompt == hash; ++at) {
      const Entry& entry = *at;
      if (const int k = request.attempt - there; k < entry.answers) {
        Row row = Read(entry);
        if (row.prompt != prompt || std::cmp_less_equal(row.answers.size(), k)) file_.ThrowChanged();
        reply.completion = AnswerTo(request.prompt, std::move(row.answers[static_cast<size_t>(k)]));
        reply.reasoning = std::move(row.reasoning).value_or("");
        // A file that says nothing of how an answer ended is taken to hold whole ones.
        reply.finish_reason = config_.finish_reason_key.empty() ? "stop" : std::move(row.finish_reason).value_or("");
        return reply;
      }
      there += entry.answers;
    }
    if (there > 0) {
      reply.error = fmt::format("{} has {} answer{} to this prompt, and attempt {} asks for one more", config_.path,
                                there, there == 1 ? "" : "s", request.attempt);
    } else {
      reply.error = fmt::format("{} has no answer to the prompt {}", config_.path, Excerpt(prompt));
      if (without_answer_ > 0) reply.error += fmt::format(" ({} of its rows have none at all)", without_answer_);
    }
    return reply;
  }

  Row Read(const Entry& entry) const {
    const Where where{.file = config_.path, .line = entry.line};
    return ToRow(ParseObject(file_.Read(entry.offset, entry.size), where), config_, where);
  }

  ReplayTeacherConfig config_;
  RowFile file_;
  std::vector<Entry> index_;  // by prompt, then as in the file
  int64_t without_answer_ = 0;
  std::string identity_;
};

}  // namespace

void Describe(Describer& d, ReplayTeacherConfig& config) {
  // What the file holds is part of the teacher's identity, and so of the hash.
  d.Field("path", config.path,
          {.help = "file of answers, a JSON object a line; relative to the current folder",
           .required = true,
           .numerics = false});
  d.Field("name", config.name, {.help = "who gave the answers; empty: the file's stem", .numerics = false});
  d.Field("prompt_key", config.prompt_key,
          {.help = "dotted path to the question's text, or to a list of {role, content} (its last user message)"});
  d.Field("completion_keys", config.completion_keys,
          {.help = "dotted paths to the answers (text, or a list of messages); attempt k is the k-th that is there, "
                   "rows with an equal prompt add up"});
  d.Field("reasoning_key", config.reasoning_key, {.help = "dotted path to what it thought first; empty: none"});
  d.Field("finish_reason_key", config.finish_reason_key,
          {.help = "dotted path to why the answer ended; empty: every answer is whole (stop)"});
}

std::unique_ptr<Teacher> MakeReplayTeacher(const ReplayTeacherConfig& config) {
  CheckKeys(config);
  return std::make_unique<ReplayTeacher>(config);
}

}  // namespace retort
