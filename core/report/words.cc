#include "core/report/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/ascii.h"

namespace retort {
namespace {

bool AnyPoint(const Summary& summary, bool (*test)(const PointSummary&)) {
  return std::ranges::any_of(summary.tasks, [&](const TaskSummary& task) {
    return std::ranges::any_of(task.arms, [&](const ArmSummary& arm) { return std::ranges::any_of(arm.points, test); });
  });
}

bool AnyMetric(const Summary& summary, bool higher_is_better) {
  return std::ranges::any_of(summary.tasks,
                             [&](const TaskSummary& task) { return task.higher_is_better == higher_is_better; });
}

}  // namespace

bool IsSampledScore(std::string_view name) {
  return name == "samples" || name.starts_with("avg_at_k") || name.starts_with("pass_at_") ||
         name.starts_with("maj_at_k");
}

std::string ExtraNote(const std::map<std::string, std::string>& notes, const std::string& name) {
  if (const auto note = notes.find(name); note != notes.end()) return note->second;
  if (name == "samples") return "k, answers asked for each item";
  if (name == "avg_at_k") return "share of right answers among all k";
  if (name == "avg_at_k_sd_draws") return "standard deviation of the score from one draw of all items to the next";
  if (name == "maj_at_k") return "share of items where the answer that most of the k agree on is right";
  if (IsSampledScore(name) && name.ends_with("_stderr")) return "standard error over items";
  if (name == "pass_at_k") return "chance that at least one of k answers is right";
  if (IsSampledScore(name)) {
    return "chance that at least one of so many answers is right, unbiased (Chen et al. 2021, equation 1)";
  }
  return "";
}

std::vector<std::string> HowToRead(const Summary& summary) {
  if (summary.tasks.empty()) return {};
  const std::string& unit = summary.tasks.front().n_unit;
  const std::string trained = unit == "samples" ? "on N samples" : "on what N " + unit + " can buy";
  return {
      fmt::format(
          "A small model, the student, is trained {}; its teacher is a larger model. The gap is the distance in "
          "score between the student at N = 0 (the base, 0 %) and the teacher (100 %). N50 is the number of {} "
          "that close half of it, N90 nine tenths; “> 64” says that the largest N tried, 64, was not enough.",
          trained, unit),
      "A range in brackets is a 95 % interval: repeated many times, 95 of 100 such ranges would hold the true value. A "
      "wide range means that the runs do not say more. On the page the number of seeds of a row leads to its runs; the "
      "words are explained at its end."};
}

std::vector<std::pair<std::string, std::string>> Glossary(const ReportInput& input, const Summary& summary) {
  std::vector<std::pair<std::string, std::string>> words;
  if (summary.tasks.empty()) return words;
  words = {
      {"arm", "One way to make training samples. Arms are compared on the same seeds and the same held-out items."},
      {"base", "The student before it learns from any arm: N = 0."},
      {"cell", "One student trained on the samples of one arm, one N and one seed, and then examined."},
  };
  if (AnyMetric(summary, true)) {
    words.emplace_back("exact match", "The share of held-out items that are answered exactly right.");
  }
  if (AnyMetric(summary, false)) {
    words.emplace_back("bits per byte",
                       "How badly the model predicts the reference solution: the bits it would need to write down each "
                       "byte of it. Lower is better.");
  }
  words.emplace_back(
      "gap closed",
      "(score at N − score of the base) / (score of the teacher − score of the base). 0 % is the base, "
      "100 % the teacher; it may lie outside. Not given where the teacher's lead is too small to divide by.");
  words.emplace_back("held-out items", "Questions that no sample shows. All scores are about these.");
  words.emplace_back("interval",
                     "95 % interval, over other seeds and other held-out items of the same kind. Another seed is "
                     "another run, with other samples and, where the config gives each seed its own, another base "
                     "model and another rule of the same kind. Models and tasks of another kind are not in it.");
  if (AnyPoint(summary, [](const PointSummary& p) { return p.reference_nats.has_value(); })) {
    words.emplace_back(
        "log-likelihood",
        "How likely the model finds the reference solution, as a natural logarithm, per item. At most 0; "
        "nearer to 0 is better. It moves smoothly where exact match jumps.");
  }
  if (AnyPoint(summary, [](const PointSummary& p) { return p.memoriser.has_value(); })) {
    words.emplace_back("memoriser",
                       "What a reader would score who knows exactly the steps seen in the samples and nothing "
                       "else. Only what lies above it was generalised.");
  }
  const bool rows = input.n_unit == "samples";
  words.emplace_back(
      "N", rows ? "Number of training samples (rows). The samples of a small N are among those of a larger one."
                : fmt::format("Number of {} that an arm may spend. What a small N buys is part of what a larger "
                              "one does.",
                              input.n_unit));
  words.emplace_back(
      "N50, N90", fmt::format("{} that close half, or nine tenths, of the gap, read off a rising curve through the "
                              "measured points. “<= 4”: the smallest N tried was enough. “> 64”: the largest was not. "
                              "Nothing is extrapolated.",
                              rows ? "Samples" : "The " + input.n_unit));
  const bool any_p = std::ranges::any_of(summary.tasks, [](const TaskSummary& task) {
    return (task.declared && task.declared->p_value) ||
           std::ranges::any_of(task.contrasts, [](const ArmContrast& c) { return c.p_value.has_value(); });
  });
  if (any_p) {
    words.emplace_back(
        "p, p (Holm)",
        "How often chance alone would give a difference at least as large, if there were none. Who looks at many "
        "comparisons "
        "finds some by chance: Holm's method makes up for that. The declared comparison was chosen before "
        "the run and stands by itself.");
  }
  if (AnyPoint(summary, [](const PointSummary& p) { return p.extras.contains("samples"); })) {
    words.emplace_back(
        "avg@k, pass@k, maj@k",
        "Each item is asked k times. avg@k: the share of right answers; pass@k: the chance that at least "
        "one of k is right; maj@k: the share of items where the answer that most of the k agree on is right.");
  }
  words.emplace_back("parsed", "Share of answers in which an answer could be found at all, right or wrong.");
  if (AnyPoint(summary, [](const PointSummary& p) { return p.retained_skill.has_value(); })) {
    words.emplace_back("retained", "Score on old skills after training: what the new lesson left of them.");
  }
  words.emplace_back("seed",
                     "One repetition with other samples, another order of training, and, where the task says so, "
                     "another rule and base.");
  if (AnyPoint(summary, [](const PointSummary& p) { return p.step_accuracy.has_value(); })) {
    words.emplace_back("steps right",
                       "Mean share of the steps of a worked answer that are right. An answer needs all of "
                       "them, so exact match rises late and suddenly; this rises evenly.");
  }
  words.emplace_back("supervised tokens", "Tokens that the student was trained to produce, counted each time.");
  words.emplace_back("teacher model", "The teacher itself, examined like a student: the 100 % of the gap.");
  words.emplace_back("teacher tokens",
                     "Tokens (here: pieces of text) that the teacher read and wrote for the samples.");
  words.emplace_back("training FLOPs", "Floating-point operations of training, as 6 × parameters × tokens.");
  for (const auto& [name, note] : input.extra_notes) {
    std::string word = name;
    std::ranges::replace(word, '_', ' ');
    if (!note.empty()) words.emplace_back(std::move(word), note);
  }
  Sort(words);
  return words;
}

void Sort(std::vector<std::pair<std::string, std::string>>& words) {
  std::ranges::stable_sort(words, [](const auto& a, const auto& b) {
    const auto lower = [](char c) { return AsciiLower(c); };
    return std::ranges::lexicographical_compare(a.first, b.first, {}, lower, lower);
  });
}

std::vector<std::string> Grades(const ReportInput& input) {
  if (input.cells.empty()) return {};
  std::vector<std::string> grades = {
      "Measured here: every score and token count, by this program in the runs that cells.csv names; every interval "
      "and p "
      "value "
      "is computed from these scores.",
      "Computed from counts: training FLOPs (6 × parameters × tokens)."};
  if (std::ranges::any_of(input.cells, [](const CellResult& c) { return c.dollars > 0; })) {
    grades.emplace_back(
        "Published by others: prices. Dollars are counted tokens times the dated price table that the "
        "configuration names.");
  }
  return grades;
}

}  // namespace retort
