#include "experiments/provider/disclosure_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/config/program.h"
#include "core/data/disclosure.h"
#include "core/data/student_card.h"
#include "core/report/format.h"
#include "experiments/design/block.h"
#include "teacher/card.h"

namespace retort::provider {
namespace {

std::string Owed(const Card& card) {
  if (card.training_allowed == "no") return "no training on outputs";
  if (card.disclosure.empty() && card.name_prefix.empty()) return "nothing";
  std::string owed = card.disclosure.empty() ? "" : fmt::format(R"("{}")", card.disclosure);
  if (!card.name_prefix.empty()) {
    owed += fmt::format(R"({}a name that begins with "{}")", owed.empty() ? "" : ", and ", card.name_prefix);
  }
  return owed;
}

// What the lint says of a card in one word.
std::string Outcome(const Card& card, const std::string& readme) {
  const size_t problems = DisclosureProblems(card, readme).size();
  return problems == 0 ? "discloses" : fmt::format("{} missing", problems);
}

// Of somebody who took the card's form and left out what is shown.
std::string HiddenCard(const Card& card) {
  return fmt::format("---\nmodel_name: my-student\ndisclosure: {}\n---\n# my-student\n\n<!-- {} -->\n",
                     YamlString(card.disclosure), card.disclosure);
}

}  // namespace

std::vector<std::pair<std::string, Card>> ShippedLicences(const std::filesystem::path& config_dir) {
  std::vector<std::pair<std::string, Card>> licences;
  for (const auto& entry : std::filesystem::directory_iterator(config_dir / "card")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".toml" || name == "unknown") continue;
    const auto config = Load<CardConfig>({.config_dir = config_dir / "card", .config_name = name, .overrides = {}});
    licences.emplace_back(name, WithConfig({}, config));
  }
  std::ranges::sort(licences, {}, &std::pair<std::string, Card>::first);
  return licences;
}

OwnSection DisclosureSection(const std::vector<std::pair<std::string, Card>>& licences) {
  Table table{
      .title = "What a student's card owes, and what the lint says of three cards",
      .header = {"card", "licence", "owed", "as written here", "renamed", "hidden"},
      .text_columns = 6,
      .note =
          "As written here: by `train` and the lab. Renamed: the same with another name. Hidden: the text in the "
          "front matter and in a comment only. The lint reads a card; whether the student had that teacher is the "
          "other question. What licences say was read at the date in configs/card; this is no legal advice."};
  DataTable data{.file = "disclosure.csv",
                 .about = "what a licence asks of a student's model card, and the problems that the lint finds",
                 .columns = {{"card", "text", "file of configs/card", ""},
                             {"licence", "text", "SPDX id or the provider's name of it", ""},
                             {"owed", "text", "by the card of a student", ""},
                             {"as_written", "problems", "of the card that this project writes", ""},
                             {"renamed", "problems", "of the same card under another name", ""},
                             {"hidden", "problems", "of a card with the text where nobody sees it", ""}},
                 .rows = {}};
  size_t owing = 0;
  for (const auto& [name, card] : licences) {
    const std::string written = StudentCardHead(card, "my-student", "");
    Card unnamed = card;
    unnamed.name_prefix.clear();
    const std::string renamed = StudentCardHead(unnamed, "my-student", ""), hidden = HiddenCard(card);
    owing += card.training_allowed == "with disclosure" ? 1 : 0;
    table.rows.push_back(
        {name, card.licence, Owed(card), Outcome(card, written), Outcome(card, renamed), Outcome(card, hidden)});
    const auto count = [&](const std::string& readme) {
      return static_cast<int64_t>(DisclosureProblems(card, readme).size());
    };
    data.rows.push_back({name, card.licence, Owed(card), count(written), count(renamed), count(hidden)});
  }
  OwnSection section{
      .page = {.id = "disclosure",
               .title = "Does the model card disclose it?",
               .paragraphs = {"A question apart: some licences permit training on a model's answers if the new "
                              "model's card says so. The lint (core/data/disclosure.h) reads a card against the "
                              "teacher's licence; it does not ask who taught the model."},
               .tables = {std::move(table)}},
      .data = {std::move(data)}};
  if (owing > 0) {
    section.verdicts.push_back(
        fmt::format("Disclosure, the other question: {} of the {} licences on file permit training on outputs and ask "
                    "for words on the "
                    "student's card; cards written here have them.",
                    owing, licences.size()));
  }
  return section;
}

OwnSection DisclosureSection(const lab::SectionsInput& input) {
  return DisclosureSection(ShippedLicences(input.blocks.front()->context->config_dir()));
}

}  // namespace retort::provider
