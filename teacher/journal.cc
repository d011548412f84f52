#include "teacher/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"

namespace retort {
namespace {

constexpr size_t kLongestLine = size_t{64} << 20;
constexpr size_t kHashDigits = 16;

// The lines are JSON, but of one fixed form, so that a million are read in a second: no parser, only what follows here.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : rest_(line) {}
  bool Literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  template <class T>
  bool Number(T& value) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }
  bool Hex(uint64_t& value) {
    if (rest_.size() < kHashDigits) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + kHashDigits, value, 16);
    if (error != std::errc() || end != rest_.data() + kHashDigits) return false;
    rest_.remove_prefix(kHashDigits);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool ReadUsage(Scanner& scanner, Usage& usage) {
  return scanner.Literal(R"("prompt_tokens":)") && scanner.Number(usage.prompt_tokens) &&
         scanner.Literal(R"(,"completion_tokens":)") && scanner.Number(usage.completion_tokens) &&
         usage.prompt_tokens >= 0 && usage.completion_tokens >= 0;
}

std::string UsageText(const Usage& usage) {
  return fmt::format(R"("prompt_tokens":{},"completion_tokens":{})", usage.prompt_tokens, usage.completion_tokens);
}

struct AnswerLine {
  uint64_t key = 0, hash = 0;
  int paid = 0;
  Usage usage;
  std::string_view sample;  // JSON
};

bool ReadAnswer(std::string_view line, AnswerLine& answer) {
  Scanner scanner(line);
  if (!scanner.Literal(R"({"event":"answer","key":")") || !scanner.Hex(answer.key) ||
      !scanner.Literal(R"(","hash":")") || !scanner.Hex(answer.hash) || !scanner.Literal(R"(","paid":)") ||
      !scanner.Number(answer.paid) || !scanner.Literal(",") || !ReadUsage(scanner, answer.usage) ||
      !scanner.Literal(R"(,"sample":)") || !scanner.rest().ends_with('}')) {
    return false;
  }
  answer.sample = scanner.rest().substr(0, scanner.rest().size() - 1);
  return StableHash(answer.key, answer.sample) == answer.hash;
}

}  // namespace

uint64_t RequestKey(const Request& request) {
  // By hand, since this is done for every row of a resumed collection; a further field does not compile until it is
  // here.
  const auto& [temperature, top_p, top_k, max_new_tokens, seed, ignore_eos, top_logprobs, processor] = request.sampling;
  std::string text = fmt::format("{}\n{}\n{} {} {} {} {} {:d} {}\n", request.attempt, request.id, temperature, top_p,
                                 top_k, max_new_tokens, seed, ignore_eos, top_logprobs);
  for (const Message& message : request.prompt) {
    text += fmt::format("{} {} {}\n", message.role, message.content.size(), message.content);
  }
  return StableHash(0, text);
}

Journal::Journal(const std::filesystem::path& file) : file_(file) {
  lines_.emplace(file);  // cuts a torn last line off
  {
    const MappedFile mapped(file);
    const std::string_view bytes = mapped.bytes();
    constexpr size_t kWindow = size_t{16} << 20;  // what was read is given back: the file may be larger than memory
    size_t released = 0;
    int number = 0;
    for (size_t at = 0; at < bytes.size();) {
      const size_t end = bytes.find('\n', at);
      ReadLine(bytes.substr(at, end - at), at, ++number);
      at = end + 1;
      if (at - released > kWindow) {
        mapped.Release(bytes.substr(released, at - released));
        released = at;
      }
    }
    size_ = bytes.size();
  }
  std::ranges::sort(refused_);
  // Whatever is open now was in flight when a run was killed.
  totals_.unanswered = totals_.sendings - closed_;
  fd_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Error({.file = file.string()}, fmt::format("cannot be read: {}", std::strerror(errno)));
}

Journal::~Journal() {
  if (fd_ >= 0) close(fd_);
}

void Journal::ReadLine(std::string_view line, uint64_t offset, int number) {
  AnswerLine answer;
  if (ReadAnswer(line, answer)) {
    if (Offset(answer.key) != kNowhere) return;  // the first counts
    Insert(answer.key, offset);
    ++totals_.answers;
    if (answer.paid == 0) totals_.unpaid += answer.usage;
    return;
  }
  Scanner scanner(line);
  Usage usage;
  int64_t sending = 0;
  if (scanner.Literal(R"({"event":"sent","sending":)") && scanner.Number(sending) && scanner.Literal(",") &&
      ReadUsage(scanner, usage) && scanner.rest() == "}") {
    ++totals_.sendings;
    totals_.charged += usage;
    return;
  }
  scanner = Scanner(line);
  Usage most;
  if (scanner.Literal(R"({"event":"closed","sending":)") && scanner.Number(sending) &&
      scanner.Literal(R"(,"most":{)") && ReadUsage(scanner, most) && scanner.Literal("},") &&
      ReadUsage(scanner, usage) && scanner.rest() == "}") {
    ++closed_;
    totals_.charged -= most;
    totals_.charged += usage;
    return;
  }
  scanner = Scanner(line);
  uint64_t key = 0;
  if (scanner.Literal(R"({"event":"refused","key":")") && scanner.Hex(key) && scanner.rest().ends_with("\"}")) {
    refused_.push_back(key);
    ++totals_.refused;
    return;
  }
  scanner = Scanner(line);
  double seconds = 0;
  if (scanner.Literal(R"({"event":"worked","seconds":)") && scanner.Number(seconds) && scanner.rest() == "}") {
    totals_.seconds += seconds;
    return;
  }
  throw Error({.file = file_.string(), .line = number}, "is no line of a journal, or was changed",
              "put the file back as it was, or remove the folder and collect again");
}

uint64_t Journal::Offset(uint64_t key) const {
  if (slots_.empty()) return kNowhere;
  for (size_t i = key & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    if (slots_[i].offset == 0) return kNowhere;
    if (slots_[i].key == key) return slots_[i].offset - 1;
  }
}

void Journal::Insert(uint64_t key, uint64_t offset) {
  if (used_ * 4 >= slots_.size() * 3) {
    std::vector<Slot> old(std::max<size_t>(1024, slots_.size() * 2));
    old.swap(slots_);
    used_ = 0;
    for (const Slot& slot : old) {
      if (slot.offset != 0) Insert(slot.key, slot.offset - 1);
    }
  }
  size_t i = key & (slots_.size() - 1);
  while (slots_[i].offset != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {key, offset + 1};
  ++used_;
}

void Journal::Append(const std::string& line) {
  lines_->Append(line);
  size_ += line.size() + 1;
  if (const double now = MonotonicSeconds(); now - synced_ > 1) {
    lines_->Sync();
    synced_ = now;
  }
}

int64_t Journal::Sent(const Usage& most) {
  const int64_t sending = totals_.sendings++;
  totals_.charged += most;
  Append(fmt::format(R"({{"event":"sent","sending":{},{}}})", sending, UsageText(most)));
  return sending;
}

void Journal::Closed(int64_t sending, const Usage& most, const Usage& charged) {
  ++closed_;
  totals_.charged -= most;
  totals_.charged += charged;
  Append(fmt::format(R"({{"event":"closed","sending":{},"most":{{{}}},{}}})", sending, UsageText(most),
                     UsageText(charged)));
}

void Journal::Answered(uint64_t key, const Sample& sample, bool paid) {
  if (HasAnswer(key)) return;
  const std::string json = ToJsonLine(sample);
  Insert(key, size_);
  ++totals_.answers;
  if (!paid) totals_.unpaid += sample.usage;
  Append(fmt::format(R"({{"event":"answer","key":"{:016x}","hash":"{:016x}","paid":{:d},{},"sample":{}}})", key,
                     StableHash(key, json), paid, UsageText(sample.usage), json));
}

void Journal::Refused(uint64_t key, const std::string& problem) {
  if (WasRefused(key)) return;
  refused_.insert(std::ranges::lower_bound(refused_, key), key);
  ++totals_.refused;
  const nlohmann::json text = problem;
  Append(fmt::format(R"({{"event":"refused","key":"{:016x}","problem":{}}})", key, DumpJson(text)));
}

void Journal::Seconds(double seconds) {
  totals_.seconds += seconds;
  Append(fmt::format(R"({{"event":"worked","seconds":{:.3f}}})", seconds));
}

bool Journal::WasRefused(uint64_t key) const { return std::ranges::binary_search(refused_, key); }

std::string Journal::AnswerJson(uint64_t key) const {
  const uint64_t offset = Offset(key);
  std::string line;
  std::array<char, 8192> buffer{};
  size_t end = std::string::npos;
  while (end == std::string::npos && line.size() < kLongestLine) {
    const ssize_t n = pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset + line.size()));
    if (n <= 0) break;
    const size_t had = line.size();
    line.append(buffer.data(), static_cast<size_t>(n));
    end = line.find('\n', had);
  }
  AnswerLine answer;
  if (end == std::string::npos || !ReadAnswer(std::string_view(line).substr(0, end), answer) || answer.key != key) {
    throw Error({.file = file_.string(), .place = fmt::format("byte {}", offset)}, "was changed while it was read");
  }
  return std::string(answer.sample);
}

void Journal::Sync() {
  lines_->Sync();
  synced_ = MonotonicSeconds();
}

}  // namespace retort
