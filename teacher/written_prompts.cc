#include "teacher/written_prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/random.h"
#include "core/base/trim.h"

namespace retort {
namespace {

// The question itself: the last user turn, or the plain text.
const Message& Question(const Item& item) { return item.prompt.back(); }

std::string InWords(const WrittenPromptsConfig& config, std::span<const Item> examples, const std::string& id,
                    uint64_t seed) {
  RandomStream random(seed, id);
  std::vector<size_t> order(examples.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  random.Shuffle(order);
  order.resize(std::min(order.size(), static_cast<size_t>(config.examples)));
  std::string text = config.instruction + "\n";
  for (const size_t i : order) text += fmt::format("\nQuestion: {}\n", Question(examples[i]).content);
  return text + "\nNew question:";
}

Request Ask(const WrittenPromptsConfig& config, std::span<const Item> examples, const std::optional<FoldKind>& folds,
            const std::string& id, uint64_t seed) {
  std::string text = folds ? folds->Request() : InWords(config, examples, id, seed);
  const bool plain = Question(examples.front()).role.empty();
  return {
      .id = id,
      .prompt = {{plain ? "" : "user", std::move(text)}},
      .sampling = {
          .temperature = config.temperature, .max_new_tokens = config.max_tokens, .seed = static_cast<int64_t>(seed)}};
}

std::string Cleaned(std::string_view text) {
  text = TrimText(text);
  for (const std::string_view label : {"New question:", "Question:"}) {
    if (text.starts_with(label)) text = TrimText(text.substr(label.size()));
  }
  return std::string(text);
}

}  // namespace

void Describe(Describer& d, WrittenPromptsConfig& c) {
  d.Field("seeds", c.seeds, {.help = "prompts of the task that examples are drawn from", .min = 1, .max = 1e6});
  d.Field("examples", c.examples, {.help = "shown at once", .min = 1, .max = 1000});
  d.Field("temperature", c.temperature, {.help = "of the writing", .min = 0, .max = 10});
  d.Field("max_tokens", c.max_tokens, {.help = "of a new prompt", .unit = "tokens", .min = 1, .max = 1e6});
  d.Field(
      "instruction", c.instruction,
      {.help = "what stands before the examples; empty, for digit folds: as their teachers are asked, without words"});
  d.Group("filter", c.filter, "what new prompts must pass, as collect.filter does for answers");
}

PromptWriter::PromptWriter(const WrittenPromptsConfig& config, std::span<const Item> examples, int pool_size,
                           uint64_t seed, const FilterContext& context, Answerer& teacher)
    : config_(config),
      examples_(examples),
      seed_(seed),
      teacher_(teacher),
      filters_(MakeFilters(config.filter, context)) {
  if (examples.empty()) throw Error("collect.prompts=teacher needs a task with at least one prompt to show");
  for (const Item& item : context.held_out) held_out_.insert(Question(item).content);
  if (config.instruction.empty()) {
    std::vector<Item> all(examples.begin(), examples.end());
    all.insert(all.end(), context.held_out.begin(), context.held_out.end());  // they show the shortest and the longest
    folds_ = FoldKindOf(all);
    if (!folds_) {
      throw Error({.place = "collect.written.instruction"},
                  "is empty, and only digit folds are asked for without words",
                  "leave it as it is, or write how a new question is asked for");
    }
  }
  std::vector<std::pair<uint64_t, std::string>> ranked;
  for (int i = 0; i < pool_size; ++i) {
    std::string id = fmt::format("written-{}", i);
    const uint64_t rank = StableHash(seed, id);
    ranked.emplace_back(rank, std::move(id));
  }
  std::ranges::sort(ranked);
  for (auto& [rank, id] : ranked) ids_.push_back(std::move(id));
}

std::vector<Item> PromptWriter::Next(int count) {
  std::vector<Request> requests;
  while (static_cast<int>(requests.size()) < count && next_ + requests.size() < ids_.size()) {
    requests.push_back(Ask(config_, examples_, folds_, ids_[next_ + requests.size()], seed_));
  }
  if (requests.empty() || !failures_.empty()) return {};
  std::map<std::string, Reply> replies;
  teacher_.Ask(requests, [&](Reply reply) {
    std::string id = reply.id;
    replies.insert_or_assign(std::move(id), std::move(reply));
    return !Interrupted();
  });

  // To the filters a new prompt is the answer to one and the same question, so that duplicates are seen among all.
  const Item question{.id = "written", .prompt = {{"", config_.instruction}}};
  std::vector<PromptAnswers> fresh;
  for (const Request& request : requests) {
    const auto reply = replies.find(request.id);
    if (reply == replies.end() || (!reply->second.error.empty() && !reply->second.refused)) {
      if (Interrupted()) return {};
      failures_.push_back(fmt::format("new prompt '{}': {}", request.id,
                                      reply == replies.end() ? "no reply came" : reply->second.error));
      continue;
    }
    if (reply->second.refused) {
      ++dropped_["refused"];
      continue;
    }
    Sample sample{.id = request.id, .prompt = question.prompt};
    sample.completion = {{"", Cleaned(Text(reply->second.completion))}};
    sample.finish_reason = reply->second.finish_reason;
    if (std::ranges::any_of(examples_,
                            [&](const Item& item) { return Question(item).content == Text(sample.completion); })) {
      ++dropped_["example"];
      continue;
    }
    if (folds_ && !folds_->Contains(Text(sample.completion))) {
      ++dropped_["malformed"];
      continue;
    }
    if (held_out_.contains(Text(sample.completion))) {
      ++dropped_["held_out"];
      continue;
    }
    fresh.push_back({.item = &question, .answers = {std::move(sample)}});
  }
  if (!failures_.empty()) return {};  // what comes after a gap would change once the gap is filled
  next_ += requests.size();
  ApplyFilters(filters_, fresh, dropped_);
  std::vector<Item> items;
  for (const PromptAnswers& kept : fresh) {
    if (kept.answers.empty()) continue;
    Item item{.id = kept.answers.front().id, .prompt = examples_.front().prompt};
    item.prompt.back().content = Text(kept.answers.front().completion);
    items.push_back(std::move(item));
  }
  return items;
}

std::map<std::string, int64_t> PromptWriter::counts() const {
  std::map<std::string, int64_t> counts;
  if (next_ > 0) counts["written.asked"] = static_cast<int64_t>(next_);
  for (const auto& [name, number] : dropped_) counts["written.dropped." + name] = number;
  for (const NamedFilter& step : filters_) {
    for (const auto& [name, number] : step.filter->counts()) counts["written." + name] = number;
  }
  return counts;
}

}  // namespace retort
