// Every arm keeps the prompts, so that arms differ in what is learnt from them and in nothing else.
#include "experiments/arms/arms.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/folds.h"
#include "experiments/design/derive.h"

namespace retort::lab {
namespace {

// Of another skill, on other digits, as many of them.
std::string UnrelatedFold(const ParsedPrompt& prompt, RandomStream& random) {
  const std::string& skill = BaseSkills()[random.Below(BaseSkills().size())];
  const FoldOp& op = FindFoldOp(skill);
  const auto digits = static_cast<int>(prompt.digits.size());
  return FoldCompletion(op, DrawDigits(op, digits, digits, random), prompt.form);
}

// `bytes` of prose from the start of a word on; the text goes round.
std::string UnrelatedProse(const std::string& prose, size_t bytes, RandomStream& random) {
  const size_t space = prose.find(' ', random.Below(prose.size()));
  size_t at = space == std::string::npos ? 0 : space + 1;
  std::string text;
  while (text.size() < bytes) {
    text += prose.substr(at, bytes - text.size());
    at = 0;
  }
  return text;
}

}  // namespace

SampleSet TeacherAnswers(ArmContext& context, int n, uint64_t seed) { return context.TeacherRows(n, seed); }

SampleSet AnswersOnly(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  for (Sample& sample : set.samples) SetCompletion(sample, LastWord(Text(sample.completion)));
  MarkDerived(set, "answers cut to their last word");
  return set;
}

SampleSet References(ArmContext& context, int n, uint64_t seed) {
  SampleSet set;
  set.manifest.teacher = {.name = "reference solutions",
                          .kind = "oracle",
                          .identity = "oracle " + context.task().ContentHash(),
                          .licence = "as the task's"};
  set.manifest.task_hash = context.task().ContentHash();
  set.manifest.seed = seed;
  for (const Item& item : context.Prompts(n, seed)) {
    const std::optional<std::string> reference = context.task().Reference(item);
    if (!reference) throw Error(fmt::format("the task has no reference solution for prompt '{}'", item.id));
    Sample sample{.id = item.id, .prompt = item.prompt, .finish_reason = "stop"};
    SetCompletion(sample, *reference);
    set.samples.push_back(std::move(sample));
  }
  set.manifest.samples_sha256 = HashSamples(set.samples);
  return set;
}

SampleSet Unrelated(ArmContext& context, int n, uint64_t seed) {
  SampleSet set = context.TeacherRows(n, seed);
  const bool folds = std::holds_alternative<FoldsConfig>(context.task_config());
  const std::filesystem::path file = context.config_dir() / "data" / "unrelated.txt";
  const std::string prose = folds ? "" : ReadFile(file);
  if (!folds && prose.empty()) throw Error({.file = file.string()}, "is empty");
  for (Sample& sample : set.samples) {
    RandomStream random(seed, fmt::format("unrelated/{}/{}", sample.id, sample.attempt));
    const std::optional<ParsedPrompt> prompt = folds ? ParseFoldPrompt(Text(sample.prompt)) : std::nullopt;
    SetCompletion(sample, prompt ? UnrelatedFold(*prompt, random)
                                 : UnrelatedProse(prose, Text(sample.completion).size(), random));
    sample.usage = {};
  }
  MarkDerived(set, "answers replaced by unrelated text of the same length");
  return set;
}

}  // namespace retort::lab
