#include "core/report/citation.h"

#include <fmt/format.h>

#include "core/report/escape.h"

namespace retort {
namespace {

constexpr std::string_view kAuthors = "The Retort authors";

std::string Day(const PageContent& content) { return content.created_utc.substr(0, 10); }

std::string KeyText(std::string_view text) {
  std::string key;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    key += plain ? c : '_';
  }
  return key;
}

}  // namespace

std::string CitationText(const PageContent& content) {
  std::string text = fmt::format("{}: {} (experiment {} of Retort {}, {}", kAuthors, content.title, content.experiment,
                                 content.version, Day(content));
  if (!content.results_sha256.empty()) {
    text += fmt::format("; sha256 of {}: {}", content.results_file, content.results_sha256);
  }
  return text + ").";
}

std::string BibTex(const PageContent& content) {
  return fmt::format(
      "@misc{{retort_{}_{},\n  author = {{{{{}}}}},\n  title = {{{}}},\n  year = {{{}}},\n  howpublished = {{Retort "
      "{}, "
      "experiment {}}},\n  note = {{Written {}; sha256 of {}: {}}}\n}}\n",
      KeyText(content.experiment), KeyText(content.results_sha256.substr(0, 8)), kAuthors, LatexText(content.title),
      KeyText(content.created_utc.substr(0, 4)), LatexText(content.version), LatexText(content.experiment),
      LatexText(Day(content)), LatexText(content.results_file), LatexText(content.results_sha256));
}

}  // namespace retort
