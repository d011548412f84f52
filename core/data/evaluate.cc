// Ask, grade, put in order. What an Answerer gets wrong (a failed, doubled or missing reply) is an Error: a mean over
// some of the items would look like a mean over all.
#include "core/data/evaluate.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numbers>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/data/json_fields.h"

namespace retort {

std::vector<ItemScore> Evaluate(Answerer& answerer, std::span<const Item> items, Grader& grader,
                                const Sampling& sampling) {
  std::vector<Request> requests;
  std::unordered_map<std::string, size_t> places;
  for (const Item& item : items) {
    if (!places.emplace(item.id, requests.size()).second) {
      throw Error(fmt::format("two items to evaluate have the id {}", Excerpt(item.id)));
    }
    requests.push_back({.id = item.id, .attempt = 0, .prompt = item.prompt, .sampling = sampling});
  }
  std::vector<ItemScore> scores(items.size());
  std::vector<bool> answered(items.size());
  size_t missing = items.size();
  std::string problem;
  answerer.Ask(requests, [&](const Reply& reply) {
    const auto place = places.find(reply.id);
    if (!reply.error.empty()) {
      problem = fmt::format("item {}: {}", Excerpt(reply.id), reply.error);
    } else if (place == places.end() || answered[place->second]) {
      problem = fmt::format("an answer to item {} came that nobody waits for", Excerpt(reply.id));
    } else {
      const Item& item = items[place->second];
      const std::string answer = Text(reply.completion);
      const Grade grade = grader.Judge(item, answer);
      scores[place->second] = {.id = item.id,
                               .score = grade.score,
                               .parsed = grade.parsed,
                               .step_accuracy = grade.step_accuracy,
                               .reference_nats = std::nullopt,
                               .completion_tokens = reply.usage.completion_tokens,
                               .answer = answer};
      answered[place->second] = true;
      --missing;
    }
    return problem.empty();
  });
  if (problem.empty() && missing > 0) problem = fmt::format("{} of {} items got no answer", missing, items.size());
  if (!problem.empty()) throw Error("cannot evaluate: " + problem);
  return scores;
}

std::vector<ItemScore> EvaluateLikelihood(LikelihoodScorer& scorer, std::span<const Item> items, const Task& task) {
  std::vector<LikelihoodScorer::Pair> pairs;
  for (const Item& item : items) {
    std::optional<std::string> reference = task.Reference(item);
    if (!reference || reference->empty()) {
      throw Error(fmt::format("cannot evaluate: item {} has no reference solution", Excerpt(item.id)));
    }
    pairs.push_back({.prompt = item.prompt, .completion = std::move(*reference)});
  }
  const std::vector<Likelihood> likelihoods = scorer.Score(pairs);
  if (likelihoods.size() != pairs.size()) {
    throw Error(fmt::format("cannot evaluate: {} likelihoods for {} items", likelihoods.size(), pairs.size()));
  }
  std::vector<ItemScore> scores;
  for (size_t i = 0; i < items.size(); ++i) {
    const Likelihood& likelihood = likelihoods[i];
    scores.push_back({.id = items[i].id,
                      .score = -likelihood.nats / std::numbers::ln2 / static_cast<double>(pairs[i].completion.size()),
                      .parsed = true,
                      .step_accuracy = std::nullopt,
                      .reference_nats = likelihood.nats,
                      .completion_tokens = likelihood.tokens,
                      .answer = {}});
  }
  return scores;
}

std::string ToJsonLine(const ItemScore& score) {
  nlohmann::json json = {{"id", score.id},
                         {"score", score.score},
                         {"parsed", score.parsed},
                         {"completion_tokens", score.completion_tokens},
                         {"answer", score.answer}};
  if (score.step_accuracy) json["step_accuracy"] = *score.step_accuracy;
  if (score.reference_nats) json["reference_nats"] = *score.reference_nats;
  return DumpJson(json);
}

ItemScore ParseItemScore(std::string_view line, const std::string& file, int line_number) {
  const Where where{.file = file, .line = line_number};
  const nlohmann::json json = ParseJson(line, where);
  const JsonFields fields(json, where);
  ItemScore score;
  fields.Get("id");
  fields.Get("score");
  fields.Read("id", score.id);
  fields.Read("score", score.score);
  fields.Read("parsed", score.parsed);
  fields.Read("step_accuracy", score.step_accuracy);
  fields.Read("reference_nats", score.reference_nats);
  fields.Read("completion_tokens", score.completion_tokens);
  fields.Read("answer", score.answer);
  return score;
}

Means Average(std::span<const ItemScore> scores) {
  Means means;
  if (scores.empty()) return means;
  double score = 0, parsed = 0, steps = 0, nats = 0;
  int64_t with_steps = 0, with_nats = 0;
  for (const ItemScore& item : scores) {
    score += item.score;
    parsed += item.parsed ? 1 : 0;
    steps += item.step_accuracy.value_or(0);
    with_steps += item.step_accuracy ? 1 : 0;
    nats += item.reference_nats.value_or(0);
    with_nats += item.reference_nats ? 1 : 0;
  }
  means.score = score / static_cast<double>(scores.size());
  means.parse_rate = parsed / static_cast<double>(scores.size());
  if (with_steps > 0) means.step_accuracy = steps / static_cast<double>(with_steps);
  if (with_nats > 0) means.reference_nats = nats / static_cast<double>(with_nats);
  return means;
}

}  // namespace retort
