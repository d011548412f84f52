#include "core/config/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/config/tree.h"

namespace retort {
namespace {

// Levenshtein distance (insertion, deletion, substitution) where two swapped neighbours count as one edit.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

void Problems::Add(const Where& where, std::string_view problem, std::string_view mend) {
  if (lines_.size() >= kMaxKept) {
    ++dropped_;
  } else {
    Add(where, Error(where, problem, mend));
  }
}

void Problems::Add(const Where& where, const Error& error) {
  Line line{where.file == kCommandLine, where.file, where.line, error.what()};
  const auto same = [&](const Line& other) { return other.message == line.message; };
  for (char& c : line.message) {  // keys and values from outside: a problem stays on its line
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  // Past what is shown, duplicates no longer matter: a hostile file must not cost quadratic time.
  if (!full() && std::any_of(lines_.begin(), lines_.end(), same)) return;
  lines_.push_back(std::move(line));
}

void Problems::ThrowIfAny() const {
  if (lines_.empty()) return;
  std::vector<Line> lines = lines_;
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(a.command_line, a.file, a.line) < std::tie(b.command_line, b.file, b.line);
  });
  std::string message;
  for (size_t i = 0; i < std::min(lines.size(), kMaxLines); ++i) message += (i == 0 ? "" : "\n") + lines[i].message;
  const size_t more = lines.size() + dropped_ - std::min(lines.size(), kMaxLines);
  if (more > 0) message += fmt::format("\nand {} more problems", more);
  throw Error(message);
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongest = 80;  // nobody mistypes more, and the distance is quadratic
  std::string nearest;
  size_t least = (word.size() < 4 ? 1 : std::max<size_t>(2, word.size() / 3)) + 1;
  for (const std::string& candidate : candidates) {
    if (word.size() > kLongest || candidate.size() > kLongest) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < least) std::tie(nearest, least) = std::pair(candidate, distance);
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : fmt::format("did you mean {}?", nearest);
}

}  // namespace retort
