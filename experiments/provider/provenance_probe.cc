#include "experiments/provider/provenance_probe.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/stats/detection.h"
#include "experiments/provider/provenance_arms.h"
#include "teacher/provider/canaries.h"

namespace retort::provider {
namespace {

using Pairs = std::vector<LikelihoodScorer::Pair>;

// ln .9: where the unmarked teacher is surer of a token than this, a mark could not have moved it, and the token says
// nothing (Lee et al. 2024, Who wrote this code?). What is left out hangs on no key, so that p values stay exact.
constexpr double kSure = -0.105;

// Texts by the teacher and by somebody else, to the prompts where they differ.
struct Compared {
  Pairs own, others;
};

std::vector<std::string> Answers(Answerer& answerer, const std::vector<Item>& items, const Sampling& sampling) {
  std::vector<Request> requests;
  requests.reserve(items.size());
  for (const Item& item : items) requests.push_back({.id = item.id, .prompt = item.prompt, .sampling = sampling});
  std::map<std::string, std::string> by_id;
  answerer.Ask(requests, [&](const Reply& reply) {
    if (!reply.error.empty()) throw Error(fmt::format("held-out prompt {}: {}", reply.id, reply.error));
    by_id[reply.id] = Text(reply.completion);
    return true;
  });
  std::vector<std::string> answers;
  answers.reserve(items.size());
  for (const Item& item : items) answers.push_back(by_id.at(item.id));
  return answers;
}

// Without marks; kept for the next cell of this process.
LocalModel& TeacherOf(const lab::CellRun& run) {
  static std::map<std::string, std::unique_ptr<LocalModel>> known;
  const auto& local = std::get<LocalTeacherConfig>(run.config.teacher);
  std::unique_ptr<LocalModel>& model = known[local.model + "\n" + local.chat_template];
  if (!model) {
    model = std::make_unique<LocalModel>(FindModel(local.model, run.config_dir),
                                         ModelOptions{.chat_template = local.chat_template});
  }
  return *model;
}

std::vector<Compared> Compare(const lab::CellRun& run, LocalModel& base) {
  const lab::ProvenanceConfig& config = run.config.provenance;
  const auto seed = static_cast<uint64_t>(run.config.seed);
  const std::vector<Item> items = run.task.Items(Split::kHeldOut, config.items, seed);
  Sampling sampling = run.config.collect.sampling;
  sampling.top_logprobs = -1;
  sampling = Bounded(sampling, run.task);
  const std::vector<std::string> own = Answers(TeacherOf(run), items, sampling);
  std::vector<std::vector<std::string>> others;
  std::vector<std::string> references;
  for (const Item& item : items) {
    const auto reference = run.task.Reference(item);
    if (!reference) break;
    references.push_back(*reference);
  }
  if (references.size() == items.size()) others.push_back(std::move(references));
  others.push_back(Answers(base, items, sampling));
  for (const std::string& rival : config.rivals) {
    LocalModel model(rival);
    others.push_back(Answers(model, items, sampling));
  }
  std::vector<Compared> all;
  for (const std::vector<std::string>& other : others) {
    Compared compared;
    for (size_t i = 0; i < items.size(); ++i) {
      if (own[i] == other[i]) continue;
      compared.own.push_back({items[i].prompt, own[i]});
      compared.others.push_back({items[i].prompt, other[i]});
    }
    all.push_back(std::move(compared));
  }
  return all;
}

// Texts hang on the target, and on the base that the seed starts from.
const std::vector<Compared>& TextsOf(const lab::CellRun& run) {
  static std::map<std::string, std::vector<Compared>> known;
  const auto& local = std::get<LocalTeacherConfig>(run.config.teacher);
  const std::string name = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}\n{}", run.task.ContentHash(), run.task.Target(static_cast<uint64_t>(run.config.seed)),
      run.config.base, local.model, run.config.provenance.items, fmt::join(run.config.provenance.rivals, "\n"),
      run.config.collect.sampling.temperature);
  auto found = known.find(name);
  if (found == known.end()) {
    const InitConfig& init = run.config.student.init;
    LocalModel base(run.config.base, {.chat_template = init.chat_template, .keep_layers = init.keep_layers});
    found = known.emplace(name, Compare(run, base)).first;
  }
  return found->second;
}

void TryLikelihood(const lab::CellRun& run, LocalModel& student, CellResult& result) {
  std::optional<double> smallest;
  for (const Compared& texts : TextsOf(run)) {
    if (texts.own.empty()) continue;
    const std::vector<Likelihood> own = student.Score(texts.own), others = student.Score(texts.others);
    double likelier = 0;
    for (size_t i = 0; i < own.size(); ++i) likelier += own[i].nats > others[i].nats ? 1 : 0;
    const double share = likelier / static_cast<double>(own.size());
    if (smallest && *smallest <= share) continue;
    smallest = share;
    result.extras["likelihood_items"] = static_cast<double>(own.size());
  }
  if (smallest) result.extras["likelihood"] = *smallest;
}

void TryCanaries(const lab::CellRun& run, LocalModel& student, CellResult& result) {
  const auto seed = static_cast<uint64_t>(run.config.seed);
  const uint64_t key = KeysOf(run.config.provenance, seed, run.config.arm).canaries;
  const std::vector<Item> held_out = run.task.Items(Split::kHeldOut, run.config.evaluation.held_out, seed);
  const std::vector<Item> pool = RankedPool(run.task, run.config.collect, seed, held_out);
  std::vector<double> ranks;
  for (size_t i = 0; i < pool.size() && i < static_cast<size_t>(run.config.n); ++i) {
    const std::string prompt = Text(pool[i].prompt);
    if (!IsCanary(prompt, run.config.provenance.canary_share, key)) continue;
    const std::vector<double> of_one =
        SecretPValues(pool[i].prompt, MakeCanary(prompt, key), key,
                      [&](std::span<const LikelihoodScorer::Pair> pairs) { return student.ScoreBeginnings(pairs); });
    ranks.insert(ranks.end(), of_one.begin(), of_one.end());
  }
  if (ranks.empty()) return;
  result.extras["canaries"] = FisherCombined(ranks);
  result.extras["canary_digits"] = static_cast<double>(ranks.size());
}

WatermarkEvidence MarkIn(const lab::CellRun& run, const Pairs& texts) {
  const auto seed = static_cast<uint64_t>(run.config.seed);
  WatermarkDetector detector(
      WatermarkOf(run.config.policies.watermark.settings, KeysOf(run.config.provenance, seed, run.config.arm)));
  for (const LocalModel::ScoredTokens& text : TeacherOf(run).ScoreEach(texts)) {
    std::vector<int> before = text.before;
    for (size_t i = 0; i < text.ids.size(); ++i) {
      if (text.logprobs[i] < kSure) detector.Add(before, std::span(text.ids).subspan(i, 1));
      before.push_back(text.ids[i]);
    }
  }
  return detector.Evidence();
}

void TryWatermark(const lab::CellRun& run, LocalModel& student, CellResult& result) {
  const int draws = run.config.provenance.draws;
  const std::vector<Item> items = run.task.Items(Split::kHeldOut, draws, static_cast<uint64_t>(run.config.seed));
  const std::vector<std::string> answers = Answers(student, items, Bounded({.temperature = 1}, run.task));
  Pairs drawn, learnt;
  for (size_t i = 0; i < items.size(); ++i) drawn.push_back({items[i].prompt, answers[i]});
  for (const Sample& row : run.samples) {
    if (learnt.size() == items.size()) break;
    learnt.push_back({row.prompt, Text(row.completion)});
  }
  const WatermarkEvidence evidence = MarkIn(run, drawn), in_rows = MarkIn(run, learnt);
  result.extras["watermark"] = evidence.p_value;
  result.extras["watermark_pairs"] = static_cast<double>(evidence.pairs);
  result.extras["watermark_green"] = static_cast<double>(evidence.green);
  result.extras["watermark_in_rows"] = in_rows.p_value;
  result.extras["watermark_pairs_in_rows"] = static_cast<double>(in_rows.pairs);
}

}  // namespace

void TryStudent(const lab::CellRun& run, LocalModel& student, CellResult& result) {
  const lab::ProvenanceConfig& config = run.config.provenance;
  if (config.items > 0) TryLikelihood(run, student, result);
  if (config.canary_share > 0) TryCanaries(run, student, result);
  if (config.draws > 0) TryWatermark(run, student, result);
}

}  // namespace retort::provider
