#include "core/data/disclosure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace retort {
namespace {

// Lower case, with one space for each run of white space, so that a line break does not hide a text.
std::string Folded(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!folded.empty() && folded.back() != ' ') folded += ' ';
    } else {
      folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return folded;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Without HTML comments; one that is not closed hides all that follows.
std::string WithoutComments(std::string_view text) {
  std::string shown;
  while (true) {
    const size_t begin = text.find("<!--");
    shown += text.substr(0, begin);
    if (begin == std::string_view::npos) return shown;
    const size_t end = text.find("-->", begin + 4);
    if (end == std::string_view::npos) return shown;
    text.remove_prefix(end + 3);
  }
}

struct Readme {
  std::string_view front_matter;
  std::string shown;
};

Readme Parse(std::string_view text) {
  std::string_view front_matter;
  if (text.starts_with("---\n") || text.starts_with("---\r\n")) {
    const size_t begin = text.find('\n') + 1;
    // The closing line may follow at once, and may be the last one.
    const size_t end = text.substr(begin).starts_with("---") ? begin : text.find("\n---", begin);
    if (end != std::string_view::npos) {
      front_matter = text.substr(begin, end - begin);
      const size_t rest = text.find('\n', end + 1);
      text = rest == std::string_view::npos ? std::string_view() : text.substr(rest + 1);
    }
  }
  return {front_matter, WithoutComments(text)};
}

// What stands after "key:" at the start of a line, without quotes; "" where nothing does.
std::string_view Value(std::string_view front_matter, std::string_view key) {
  while (!front_matter.empty()) {
    const size_t end = front_matter.find('\n');
    std::string_view line = front_matter.substr(0, end);
    if (line.starts_with(key) && line.substr(key.size()).starts_with(":")) {
      line = Trimmed(line.substr(key.size() + 1));
      if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
        line = line.substr(1, line.size() - 2);
      }
      return line;
    }
    if (end == std::string_view::npos) break;
    front_matter.remove_prefix(end + 1);
  }
  return {};
}

std::string NameOf(const Readme& readme) {
  if (const std::string_view name = Value(readme.front_matter, "model_name"); !name.empty()) return std::string(name);
  const size_t heading = readme.shown.starts_with("# ") ? 0 : readme.shown.find("\n# ");
  if (heading == std::string::npos) return "";
  const size_t begin = readme.shown.find("# ", heading) + 2;
  return std::string(Trimmed(std::string_view(readme.shown).substr(begin, readme.shown.find('\n', begin) - begin)));
}

}  // namespace

std::vector<std::string> DisclosureProblems(const Card& teacher, std::string_view readme) {
  std::vector<std::string> problems;
  const Readme card = Parse(readme);
  if (teacher.training_allowed == "no") {
    problems.push_back(fmt::format("the licence {} allows no training on outputs, which no text makes up for",
                                   teacher.licence.empty() ? "of the teacher" : teacher.licence));
  }
  if (const std::string owed = Folded(Trimmed(teacher.disclosure));
      !owed.empty() && Folded(card.shown).find(owed) == std::string::npos) {
    problems.push_back(fmt::format(R"("{}" is not displayed)", Trimmed(teacher.disclosure)));
  }
  if (!teacher.name_prefix.empty()) {
    const std::string name = NameOf(card);
    if (name.empty()) {
      problems.push_back(fmt::format(R"(the model has no name, which must begin with "{}")", teacher.name_prefix));
    } else if (!name.starts_with(teacher.name_prefix)) {
      problems.push_back(fmt::format(R"(the name "{}" does not begin with "{}")", name, teacher.name_prefix));
    }
  }
  return problems;
}

}  // namespace retort
