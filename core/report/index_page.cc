#include "core/report/index_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/ascii.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/report/escape.h"
#include "core/report/page_files.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

// Names of arms that the verdicts have, in words. A name without a "_" reads as a word.
std::string Names(const PageEntry& entry) {
  const auto part = [](char c) {
    return (AsciiLower(c) >= 'a' && AsciiLower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const auto has = [&](const std::string& text, const std::string& name) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      const size_t end = at + name.size();
      if ((at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]))) return true;
    }
    return false;
  };
  std::string words;
  for (const auto& name : entry.names) {
    if (name.first.find('_') == std::string::npos) continue;
    const bool said = std::ranges::any_of(entry.verdicts, [&](const std::string& v) { return has(v, name.first); });
    if (said) words += fmt::format("<dt>{}</dt><dd>{}</dd>\n", HtmlText(name.first), HtmlText(name.second));
  }
  return words.empty() ? "" : "<dl class=\"words\">\n" + words + "</dl>\n";
}

PageSection PagesSection(const std::vector<PageEntry>& entries) {
  PageSection section{.id = "experiments", .title = "The pages"};
  for (const PageEntry& entry : entries) {
    const std::string folder = HtmlText(UrlPath(entry.folder));
    section.raw_html +=
        fmt::format("<article><h3><a href=\"{}/index.html\">{}</a></h3>\n", folder, HtmlText(entry.title));
    if (!entry.claim.empty()) section.raw_html += fmt::format("<p class=\"claim\">{}</p>\n", HtmlText(entry.claim));
    for (const std::string& verdict : entry.verdicts) {
      section.raw_html += fmt::format("<p>{}</p>\n", HtmlText(verdict));
    }
    section.raw_html += Names(entry);
    section.raw_html += fmt::format(
        "<p class=\"note\">{} · Retort {} · {} · sha256 of {}: {} · <a href=\"{}/data-dictionary.md\">what each column "
        "is</a></p></article>\n",
        HtmlText(entry.experiment), HtmlText(entry.version), HtmlText(entry.created_utc.substr(0, 10)),
        HtmlText(entry.results_file), HtmlText(std::string_view(entry.results_sha256).substr(0, 16)), folder);
  }
  return section;
}

PageSection WhatIfSection(const std::vector<std::pair<std::string, std::string>>& what_ifs) {
  PageSection section{
      .id = "what-if",
      .title = "What if an assumption is wrong?",
      .paragraphs = {"Every number that is assumed can be set, and the answer comes in seconds, without "
                     "a model. docs/what-if.md has examples, and what came out of them. In the folder of the built "
                     "program:"}};
  for (const auto& [command, asks] : what_ifs) {
    section.raw_html += fmt::format("<p>{}</p>\n<pre class=\"command\">{}</pre>\n", HtmlText(asks), HtmlText(command));
  }
  return section;
}

}  // namespace

std::vector<PageEntry> ReadIndex(const fs::path& folder, std::vector<std::string>& warnings) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const fs::directory_entry& one : fs::directory_iterator(folder, error)) {
    if (fs::path file = one.path() / "page.json"; fs::exists(file, error)) files.push_back(std::move(file));
  }
  if (!fs::is_directory(folder, error)) {
    throw Error({.file = folder.string()}, "there is no such folder", "give the one that holds the folders of results");
  }
  std::ranges::sort(files);
  std::vector<PageEntry> entries;
  for (const fs::path& file : files) {
    try {
      entries.push_back(ReadPageEntry(file));
    } catch (const Error& problem) {
      warnings.push_back(fmt::format("left out: {}", problem.what()));
    }
  }
  return entries;
}

PageContent IndexPage(const std::vector<PageEntry>& entries, const Claims& claims, const std::string& command) {
  PageContent page{.experiment = "all experiments", .title = "What was found", .command = command};
  if (claims.lines.empty()) {
    page.verdicts = {
        "Each entry: a claim of the debate on distilling AI models, what the experiment found, and a link to its page, "
        "which says how sure that is and what it does not show."};
  } else {
    page.verdicts = {
        ClaimsVerdict(claims.lines),
        "To distil a model is to train another, mostly smaller one, the student, on its answers; who "
        "answers is the teacher. A range in brackets says how far a number is known: in 95 of 100 repeated "
        "experiments such a range would hold the true value, or, where a line speaks of assumptions, 90 of "
        "100 draws from what is assumed lie in it."};
    page.sections.push_back(ClaimsSection(claims.lines));
    page.sections.push_back(ChangesSection(claims.lines));
    page.sections.push_back(WhatIfSection(claims.what_ifs));
    page.caveats = claims.limits;
    page.glossary = claims.words;
  }
  (claims.lines.empty() ? page.sections : page.last_sections).push_back(PagesSection(entries));
  page.version = kVersion;
  for (const PageEntry& entry : entries) {  // no clock: the same pages give the same index
    page.created_utc = std::max(page.created_utc, entry.created_utc);
  }
  return page;
}

std::vector<std::string> WriteIndex(const fs::path& folder, const fs::path& claims) {
  std::vector<std::string> warnings;
  const std::vector<PageEntry> entries = ReadIndex(folder, warnings);
  if (entries.empty()) {
    throw Error({.file = folder.string()}, "no folder in it holds the page of an experiment (page.json)",
                "give the folder above the output folders" + (warnings.empty() ? "" : "; " + warnings.front()));
  }
  if (claims.empty()) {
    WriteFileAtomic(folder / "index.html", RenderPage(IndexPage(entries, {}, "")));
    return warnings;
  }
  const Claims read = ReadClaims(claims, folder);
  const std::string command =
      fmt::format("scripts/results, whose last step is build/report_index {} docs/comparison.json {}",
                  folder.generic_string(), claims.generic_string());
  for (std::string& warning : WritePage(IndexPage(entries, read, command), {ClaimsData(read.lines)}, folder)) {
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace retort
