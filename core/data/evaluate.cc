// Ask, grade, put in order. What an Answerer gets wrong (a failed, doubled or missing reply) is an Error: a mean over
// some of the items would look like a mean over all.
#include "core/data/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numbers>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/data/json_fields.h"

namespace retort {

namespace {

struct Answer {
  std::string text;
  int64_t tokens = 0;
  bool there = false;
};

ItemScore ScoreAnswers(const Item& item, const std::vector<Answer>& answers, Grader& grader) {
  ItemScore score{.id = item.id, .answer = answers.front().text};
  SampledAnswers sampled;
  std::vector<std::optional<std::string>> votes;
  double sum = 0, steps = 0;
  int with_steps = 0;
  for (const Answer& answer : answers) {
    const Grade grade = grader.Judge(item, answer.text);
    sum += grade.score;
    steps += grade.step_accuracy.value_or(0);
    with_steps += grade.step_accuracy ? 1 : 0;
    score.completion_tokens += answer.tokens;
    if (votes.empty()) score.parsed = grade.parsed;
    votes.push_back(answers.size() > 1 && grade.parsed ? grader.Vote(item, answer.text) : std::nullopt);
    sampled.parsed += grade.parsed ? 1 : 0;
    sampled.answers.push_back(answer.text);
    sampled.scores.push_back(grade.score);
  }
  score.score = sum / static_cast<double>(answers.size());
  if (with_steps > 0) score.step_accuracy = steps / with_steps;
  if (answers.size() > 1) {
    const auto majority = MajorityAnswer(votes);
    sampled.majority_right = majority && sampled.scores[*majority] >= 1;
    score.sampled = std::move(sampled);
  }
  return score;
}

}  // namespace

std::vector<ItemScore> Evaluate(Answerer& answerer, std::span<const Item> items, Grader& grader,
                                const Sampling& sampling, int samples) {
  std::vector<Request> requests;
  std::unordered_map<std::string, size_t> places;
  for (const Item& item : items) {
    if (!places.emplace(item.id, places.size()).second) {
      throw Error(fmt::format("two items to evaluate have the id {}", Excerpt(item.id)));
    }
    for (int attempt = 0; attempt < samples; ++attempt) {
      requests.push_back({.id = item.id, .attempt = attempt, .prompt = item.prompt, .sampling = sampling});
    }
  }
  std::vector<std::vector<Answer>> answers(items.size(), std::vector<Answer>(static_cast<size_t>(samples)));
  size_t missing = requests.size();
  std::string problem;
  answerer.Ask(requests, [&](const Reply& reply) {
    const auto place = places.find(reply.id);
    const bool known = place != places.end() && reply.attempt >= 0 && reply.attempt < samples;
    Answer* answer = known ? &answers[place->second][static_cast<size_t>(reply.attempt)] : nullptr;
    if (!reply.error.empty()) {
      problem = fmt::format("item {}: {}", Excerpt(reply.id), reply.error);
    } else if (answer == nullptr || answer->there) {
      problem = fmt::format("an answer to item {} came that nobody waits for", Excerpt(reply.id));
    } else {
      *answer = {.text = Text(reply.completion), .tokens = reply.usage.completion_tokens, .there = true};
      --missing;
    }
    return problem.empty();
  });
  if (problem.empty() && missing > 0) problem = fmt::format("{} of {} items got no answer", missing, requests.size());
  if (!problem.empty()) throw Error("cannot evaluate: " + problem);
  std::vector<ItemScore> scores;
  for (size_t i = 0; i < items.size(); ++i) scores.push_back(ScoreAnswers(items[i], answers[i], grader));
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
  if (score.sampled) {
    json["answers"] = score.sampled->answers;
    json["scores"] = score.sampled->scores;
    json["parsed_answers"] = score.sampled->parsed;
    json["right_answers"] = score.sampled->right();
    json["majority_right"] = score.sampled->majority_right;
  }
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
  if (fields.Find("answers") != nullptr) {
    SampledAnswers sampled;
    fields.Read("answers", sampled.answers);
    fields.Get("scores");
    fields.Read("scores", sampled.scores);
    fields.Read("parsed_answers", sampled.parsed);
    fields.Read("majority_right", sampled.majority_right);
    if (sampled.answers.empty() || sampled.answers.size() != sampled.scores.size()) {
      fields.Fail("scores", "one score for each of the answers");
    }
    score.sampled = std::move(sampled);
  }
  return score;
}

Means Average(std::span<const ItemScore> scores) {
  Means means;
  if (scores.empty()) return means;
  double score = 0, parsed = 0, steps = 0, nats = 0;
  int64_t with_steps = 0, with_nats = 0;
  std::vector<const SampledAnswers*> sampled;
  for (const ItemScore& item : scores) {
    score += item.score;
    parsed += item.parsed ? 1 : 0;
    if (item.sampled) {
      sampled.push_back(&*item.sampled);
      const auto answers = static_cast<double>(item.sampled->answers.size());
      parsed += item.sampled->parsed / answers - (item.parsed ? 1 : 0);
    }
    steps += item.step_accuracy.value_or(0);
    with_steps += item.step_accuracy ? 1 : 0;
    nats += item.reference_nats.value_or(0);
    with_nats += item.reference_nats ? 1 : 0;
  }
  means.score = score / static_cast<double>(scores.size());
  means.parse_rate = parsed / static_cast<double>(scores.size());
  if (with_steps > 0) means.step_accuracy = steps / static_cast<double>(with_steps);
  if (with_nats > 0) means.reference_nats = nats / static_cast<double>(with_nats);
  const auto answers = [](const SampledAnswers* item) { return item->answers.size(); };
  if (sampled.size() == scores.size() &&
      std::ranges::adjacent_find(sampled, std::ranges::not_equal_to{}, answers) == sampled.end()) {
    means.sampled = AverageSampled(sampled);
  }
  return means;
}

}  // namespace retort
