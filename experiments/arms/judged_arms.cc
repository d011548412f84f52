#include "experiments/arms/judged_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/random.h"
#include "experiments/design/derive.h"
#include "experiments/design/graded.h"
#include "experiments/design/verdicts.h"

namespace retort::lab {
namespace {

using Verdict = ArmContext::Verdict;

// Prompts are looked at so many at once, so that few are answered that no budget reaches.
constexpr int kChunk = 64;

// The answers to one prompt, with what the teacher charged for them.
struct Prompt {
  std::vector<Sample> answers;
  std::vector<Verdict> verdicts;  // of a judged one, as many
  Usage usage;                    // of the teacher
};

// The pool's prompts behind the warm start, as long as the budget bears them. `look` gives those from `begin` on.
template <class Look>
std::vector<Prompt> Within(ArmContext& context, int64_t budget, uint64_t seed, const Look& look) {
  std::vector<Prompt> all;
  int64_t spent = 0;
  const auto pool = static_cast<int>(context.Pool(seed).size());
  for (int begin = context.warm_prompts(); begin < pool; begin += kChunk) {
    for (Prompt& prompt : look(begin, std::min(kChunk, pool - begin))) {
      if (spent + prompt.usage.Total() > budget) return all;
      spent += prompt.usage.Total();
      all.push_back(std::move(prompt));
    }
  }
  throw Error(
      fmt::format("the pool of seed {} has {} prompts, too few for {} tokens of the teacher; raise "
                  "collect.pool_size or lower n",
                  seed, pool, budget));
}

// Rows prompt by prompt, `attempts` each, from prompt `begin` on.
std::vector<Prompt> Group(SampleSet rows, int begin, int attempts) {
  std::vector<Prompt> prompts;
  for (size_t i = static_cast<size_t>(begin) * static_cast<size_t>(attempts); i < rows.samples.size(); ++i) {
    if (i % static_cast<size_t>(attempts) == 0) prompts.emplace_back();
    prompts.back().answers.push_back(std::move(rows.samples[i]));
  }
  return prompts;
}

// So many of the student's answers to each prompt, with the teacher's verdicts.
std::vector<Prompt> Judged(ArmContext& context, int64_t budget, uint64_t seed, int attempts) {
  return Within(context, budget, seed, [&](int begin, int count) {
    std::vector<Prompt> prompts = Group(context.StartChoices(begin + count, attempts, seed), begin, attempts);
    std::vector<Sample> asked;
    for (const Prompt& prompt : prompts) asked.insert(asked.end(), prompt.answers.begin(), prompt.answers.end());
    const std::vector<Verdict> verdicts = context.Verdicts(asked, seed);
    std::set<std::string> paid;  // an answer that was given before is not judged again
    for (size_t i = 0; i < verdicts.size(); ++i) {
      Prompt& prompt = prompts[i / static_cast<size_t>(attempts)];
      prompt.verdicts.push_back(verdicts[i]);
      if (paid.insert(VerdictName(asked[i])).second) prompt.usage += verdicts[i].usage;
    }
    return prompts;
  });
}

bool Accepted(const ArmContext& context, const Verdict& verdict) {
  return verdict.parsed && verdict.score >= context.judging().accept;
}

class Rows {
 public:
  // The student's own answers, as they were drawn.
  Rows(ArmContext& context, uint64_t seed, int attempts) {
    set_.manifest = context.StartChoices(context.warm_prompts() + 1, attempts, seed).manifest;
  }
  explicit Rows(Manifest manifest) { set_.manifest = std::move(manifest); }

  void Add(Sample sample) {
    sample.usage = {};  // what was paid stands in the manifest: for answers that are dropped, too
    set_.samples.push_back(std::move(sample));
  }
  void Measure(std::string_view name, double value) { set_.manifest.measures[std::string(name)] = value; }

  SampleSet Take(const std::string& how, const std::vector<Prompt>& prompts, bool paid) {
    Usage usage;
    if (paid) {
      for (const Prompt& prompt : prompts) usage += prompt.usage;
    }
    MeasureAsked(set_, usage, prompts.size());
    MarkDerived(set_, how);
    return std::move(set_);
  }

 private:
  SampleSet set_;
};

double Share(int part, int whole) { return whole == 0 ? 0 : static_cast<double>(part) / whole; }

// How good the student was when it answered, and how good the judge of it.
void MeasureJudge(const ArmContext& context, const std::vector<Prompt>& prompts, const Graded& truth, Rows& rows) {
  int right = 0, wrong = 0, right_accepted = 0, wrong_accepted = 0;
  for (const Prompt& prompt : prompts) {
    for (size_t i = 0; i < prompt.verdicts.size(); ++i) {
      const bool is_right = truth.Right(prompt.answers[i]), accepted = Accepted(context, prompt.verdicts[i]);
      ++(is_right ? right : wrong);
      if (accepted) ++(is_right ? right_accepted : wrong_accepted);
    }
  }
  rows.Measure("exploration_floor", Share(right, right + wrong));
  rows.Measure("accepted_share", Share(right_accepted + wrong_accepted, right + wrong));
  if (right > 0) rows.Measure("judge_true_positive_rate", Share(right_accepted, right));
  if (wrong > 0) rows.Measure("judge_false_positive_rate", Share(wrong_accepted, wrong));
}

size_t Best(const Prompt& prompt) {
  return static_cast<size_t>(std::ranges::max_element(prompt.verdicts, {}, &Verdict::score) - prompt.verdicts.begin());
}

size_t Worst(const Prompt& prompt) {
  return static_cast<size_t>(std::ranges::min_element(prompt.verdicts, {}, &Verdict::score) - prompt.verdicts.begin());
}

}  // namespace

SampleSet Imitation(ArmContext& context, int tokens, uint64_t seed) {
  Manifest manifest;
  const std::vector<Prompt> prompts = Within(context, tokens, seed, [&](int begin, int count) {
    SampleSet rows = context.TeacherRows(begin + count, seed);
    manifest = rows.manifest;
    std::vector<Prompt> more = Group(std::move(rows), begin, 1);
    for (Prompt& prompt : more) prompt.usage = prompt.answers[0].usage;
    return more;
  });
  Rows rows(std::move(manifest));
  for (const Prompt& prompt : prompts) rows.Add(prompt.answers[0]);
  return rows.Take("as many as the budget bears", prompts, true);
}

SampleSet TeacherAccepts(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, 1);
  Rows rows(context, seed, 1);
  for (const Prompt& prompt : prompts) {
    if (Accepted(context, prompt.verdicts[0])) rows.Add(prompt.answers[0]);
  }
  MeasureJudge(context, prompts, Graded(context, seed), rows);
  return rows.Take("its own answers that the teacher accepted; judge: " + context.teacher_name(), prompts, true);
}

SampleSet OracleAccepts(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, 1);
  const Graded truth(context, seed);
  Rows rows(context, seed, 1);
  for (const Prompt& prompt : prompts) {
    if (truth.Right(prompt.answers[0])) rows.Add(prompt.answers[0]);
  }
  return rows.Take("its own answers that are right", prompts, false);
}

SampleSet RandomAccepts(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, 1);
  RandomStream random(seed, "random_accepts");
  Rows rows(context, seed, 1);
  std::vector<const Sample*> waiting;  // seen, and not drawn
  for (const Prompt& prompt : prompts) {
    waiting.push_back(prompt.answers.data());
    if (!Accepted(context, prompt.verdicts[0])) continue;
    std::swap(waiting[random.Below(waiting.size())], waiting.back());  // one for each that the teacher accepts
    rows.Add(*waiting.back());
    waiting.pop_back();
  }
  return rows.Take("as many of its own answers, drawn at random", prompts, false);
}

SampleSet SelfMajority(ArmContext& context, int tokens, uint64_t seed) {
  const size_t judged = Judged(context, tokens, seed, 1).size();  // the same number of answers, several to a prompt
  const int attempts = context.judging().attempts, begin = context.warm_prompts();
  const int count = static_cast<int>(judged) / attempts;
  std::vector<Prompt> prompts = Group(context.StartChoices(begin + count, attempts, seed), begin, attempts);
  const Graded graded(context, seed);
  Rows rows(context, seed, context.judging().attempts);
  for (const Prompt& prompt : prompts) {
    std::vector<std::optional<std::string>> votes;
    std::map<std::string, int> count_of;
    int most = 0;
    for (const Sample& answer : prompt.answers) {
      const auto& vote = votes.emplace_back(graded.Vote(answer));
      if (vote) most = std::max(most, ++count_of[*vote]);
    }
    if (most < std::min(2, attempts)) continue;  // no two agree
    const auto first = std::ranges::find_if(votes, [&](const auto& vote) { return vote && count_of[*vote] == most; });
    rows.Add(prompt.answers[static_cast<size_t>(first - votes.begin())]);
  }
  return rows.Take("its own answers that most of it agree with", prompts, false);
}

SampleSet BestOfK(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, context.judging().attempts);
  Rows rows(context, seed, context.judging().attempts);
  for (const Prompt& prompt : prompts) rows.Add(prompt.answers[Best(prompt)]);
  MeasureJudge(context, prompts, Graded(context, seed), rows);
  return rows.Take("the best of its own answers by the teacher's verdict; judge: " + context.teacher_name(), prompts,
                   true);
}

SampleSet BestAgainstWorst(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, context.judging().attempts);
  Rows rows(context, seed, context.judging().attempts);
  for (const Prompt& prompt : prompts) {
    const size_t best = Best(prompt), worst = Worst(prompt);
    if (!Accepted(context, prompt.verdicts[best]) || Accepted(context, prompt.verdicts[worst])) continue;
    // Of an answer that was cut off nobody knows the end, and a pair would teach one.
    if (prompt.answers[best].finish_reason != "stop" || prompt.answers[worst].finish_reason != "stop") continue;
    Sample pair = prompt.answers[best];
    pair.rejected = prompt.answers[worst].completion;
    rows.Add(std::move(pair));
  }
  MeasureJudge(context, prompts, Graded(context, seed), rows);
  return rows.Take("the best of its own answers against the worst; judge: " + context.teacher_name(), prompts, true);
}

SampleSet StudentChooses(ArmContext& context, int tokens, uint64_t seed) {
  const int attempts = context.judging().attempts;
  Manifest manifest;
  const std::vector<Prompt> prompts = Within(context, tokens, seed, [&](int begin, int count) {
    SampleSet rows = context.TeacherChoices(begin + count, attempts, seed);
    manifest = rows.manifest;
    std::vector<Prompt> more = Group(std::move(rows), begin, attempts);
    for (Prompt& prompt : more) {
      for (const Sample& answer : prompt.answers) prompt.usage += answer.usage;
    }
    return more;
  });
  std::vector<Sample> answers;
  for (const Prompt& prompt : prompts) answers.insert(answers.end(), prompt.answers.begin(), prompt.answers.end());
  const std::vector<double> means = context.StartLikelihoods(answers, seed);
  Rows rows(std::move(manifest));
  for (size_t p = 0, next = 0; p < prompts.size(); ++p) {
    size_t best = 0;
    double likeliest = 0;
    for (size_t i = 0; i < prompts[p].answers.size(); ++i, ++next) {
      if (i == 0 || means[next] > likeliest) best = i, likeliest = means[next];
    }
    rows.Add(prompts[p].answers[best]);
  }
  return rows.Take("of several answers the one that the student finds likeliest", prompts, true);
}

SampleSet OnPolicyPrompts(ArmContext& context, int tokens, uint64_t seed) {
  const std::vector<Prompt> prompts = Judged(context, tokens, seed, 1);
  Rows rows(context, seed, 1);
  for (const Prompt& prompt : prompts) rows.Add(prompt.answers[0]);
  return rows.Take("prompts for its own answers while it learns", prompts, false);
}

}  // namespace retort::lab
