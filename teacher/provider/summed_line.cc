#include "teacher/provider/summed_line.h"

#include <fmt/format.h>

#include "core/base/hash.h"

namespace retort {
namespace {

constexpr std::string_view kSum = R"(,"sum":")", kEnd = R"("})";
constexpr size_t kSumDigits = 16;

std::string Begin(std::string_view name) { return fmt::format(R"({{"{}":)", name); }

std::string Sum(int version, std::string_view text) {
  return fmt::format("{:016x}", StableHash(static_cast<uint64_t>(version), text));
}

}  // namespace

std::string SummedLine(std::string_view name, int version, std::string_view text) {
  return fmt::format("{}{}{}{}{}", Begin(name), text, kSum, Sum(version, text), kEnd);
}

std::optional<std::string_view> TextOfSummedLine(std::string_view name, int version, std::string_view line) {
  const std::string begin = Begin(name);
  const size_t tail = kSum.size() + kSumDigits + kEnd.size();
  if (line.size() <= begin.size() + tail || !line.starts_with(begin) || !line.ends_with(kEnd) ||
      !line.substr(line.size() - tail).starts_with(kSum)) {
    return std::nullopt;
  }
  const std::string_view text = line.substr(begin.size(), line.size() - begin.size() - tail);
  if (line.substr(line.size() - kEnd.size() - kSumDigits, kSumDigits) != Sum(version, text)) return std::nullopt;
  return text;
}

}  // namespace retort
