// The one-page answer: for each claim of the debate what its experiment found, in one line, with the caveat that
// matters most. Claim and number are read from the shipped pages; the verdict is worded here, and says "open" wherever
// the declared interval holds no difference.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/report/csv_rows.h"
#include "core/report/format.h"
#include "experiments/provider/policy_report.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;

struct Known {
  const char *experiment, *verdict, *caveat;
};
// In the order of the argument: what samples do, what they cost, what others can see or do about it.
constexpr Known kKnown[] = {
    {"few_samples", "holds in a small world",
     "a student of 115 000 parameters that has every part of the skill; a small model's N90 is not a frontier model's"},
    {"trace_anatomy", "a difference was measured", "one small world, one grammar of worked answers"},
    {"graded_answers", "in part: judging helps, here, beside chance at the same rate",
     "the judge is the teacher; the student's exploration sets a floor"},
    {"catching_up_cost", "in part: cheaper only while what was there before counts as nothing",
     "tiny networks; the base's pretraining is what a frontier lab's students stand on, too"},
    {"student_families", "pretraining matters; that family does is not shown",
     "two families of one make, small and short"},
    {"curation", "a difference was measured", "at equal N of a small heap, not a thousand of a large one"},
    {"signal_limits", "holds for a task of chance, not for one of rules",
     "hiding probabilities leaves the text, and text is what most distillers have"},
    {"open_teacher", "holds here: no provider sees a request", "strength of the teacher bounds the student"},
    {"withheld_capability", "does not hold here without loss: those who distilled the rest relearn it faster",
     "against an undistilled base, from 64 own examples; one capability that lies near what was released"},
    {"needle", "holds under these assumptions, for accounts that stay ordinary",
     "all accounts are synthetic; text features are assumed"},
    {"know_your_customer", "does not hold under these assumptions; it adds cost more than delay",
     "nearly every constant is assumed; what-ifs move it"},
    {"address_blocking", "does not hold under these assumptions; campaigns are over, or move on, before a block",
     "nearly every constant is assumed; blocks here come with a lag of days to weeks"},
    {"provenance", "measured afterwards, and only of small students",
     "a flag says neither how it came about nor whether it was allowed"},
};

std::string WithoutPrefix(std::string text) {
  for (const char* prefix : {"Declared in the configuration: ", "Declared in the program: "}) {
    if (text.starts_with(prefix)) text.erase(0, std::string(prefix).size());
  }
  return text;
}

// "0 of 3 456 prompts could be seen by a provider; "
std::string SeenRequests(const fs::path& folder) {
  const char* const columns[] = {"prompts", "seen"};
  double prompts = 0, seen = 0;
  ForEachCsvRow(folder / "requests.csv", columns, "make it again by scripts/results", [&](const CsvRow& row) {
    prompts += row.Number("prompts");
    seen += row.Number("seen");
  });
  return fmt::format("{} of {} prompts could be seen by a provider; ", Count(seen), Count(prompts));
}

}  // namespace

std::vector<ClaimAnswer> ReadAnswers(const fs::path& results, const PolicyInputs& inputs) {
  std::vector<ClaimAnswer> answers;
  for (const Known& known : kKnown) {
    const fs::path file = results / known.experiment / "page.json";
    if (!fs::exists(file)) continue;
    const nlohmann::json page = ParseJson(ReadFile(file), {.file = file.string()});
    const auto claim = page.find("claim"), verdicts = page.find("verdicts");
    if (!page.is_object() || claim == page.end() || !claim->is_string() || verdicts == page.end() ||
        !verdicts->is_array() || verdicts->empty() || !verdicts->front().is_string()) {
      throw Error({.file = file.string()}, "has no claim with a verdict", "make it again by scripts/results");
    }
    ClaimAnswer answer{known.experiment, claim->get<std::string>(), known.verdict,
                       WithoutPrefix(verdicts->front().get<std::string>()), known.caveat};
    if (answer.number.find("the interval holds no difference") != std::string::npos) {
      answer.verdict = "open: the interval holds no difference";
    }
    if (answer.experiment == "few_samples" && inputs.n50 > 0) {
      answer.number =
          fmt::format("N50 {} and N90 {} samples; {}", Fixed(inputs.n50, 1), Fixed(inputs.n90, 0), answer.number);
    }
    if (answer.experiment == "open_teacher") answer.number = SeenRequests(results / known.experiment) + answer.number;
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace retort::provider
