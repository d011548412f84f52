// The simple filters, and the table of all. A new filter is a class and a row in kFilters.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "teacher/decontaminate.h"
#include "teacher/filter.h"
#include "teacher/judge.h"
#include "teacher/keep_if.h"
#include "teacher/near_duplicates.h"
#include "teacher/words.h"

namespace retort {
namespace {

class FinishReasonFilter : public Filter {
 public:
  explicit FinishReasonFilter(std::vector<std::string> reasons) : reasons_(std::move(reasons)) {}
  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      KeepIf(prompt.answers,
             [&](const Sample& sample) { return std::ranges::find(reasons_, sample.finish_reason) != reasons_.end(); });
    }
  }

 private:
  std::vector<std::string> reasons_;
};

class LengthFilter : public Filter {
 public:
  LengthFilter(int min, int max) : min_(static_cast<size_t>(min)), max_(static_cast<size_t>(max)) {}
  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      KeepIf(prompt.answers, [&](const Sample& sample) {
        const size_t length = CountCharacters(Text(sample.completion));
        return length >= min_ && length <= max_;
      });
    }
  }

 private:
  size_t min_, max_;
};

// The same answer to the same question, whatever the ids; to another question it is no duplicate.
class ExactDuplicateFilter : public Filter {
 public:
  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      std::string question;
      for (const Message& message : prompt.item->prompt) question += FoldCaseAndSpace(message.content) + '\n';
      const uint64_t question_hash = StableHash(0, question);
      KeepIf(prompt.answers, [&](const Sample& sample) {
        return kept_.insert(StableHash(question_hash, FoldCaseAndSpace(Text(sample.completion)))).second;
      });
    }
  }

 private:
  std::unordered_set<uint64_t> kept_;  // a million answers collide by chance once in 30 million runs
};

class GradeFilter : public Filter {
 public:
  GradeFilter(Grader& grader, double min_score) : grader_(grader), min_score_(min_score) {}
  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      for (Sample& sample : prompt.answers) sample.grade = grader_.Judge(*prompt.item, Text(sample.completion));
      KeepIf(prompt.answers, [&](const Sample& sample) { return sample.grade->score >= min_score_; });
    }
  }

 private:
  Grader& grader_;
  double min_score_;
};

// Highest grade first (none is below all), then the shortest, then the earliest.
class BestOfFilter : public Filter {
 public:
  explicit BestOfFilter(int keep) : keep_(static_cast<size_t>(keep)) {}
  void Apply(std::span<PromptAnswers> prompts) override {
    struct Rank {
      double minus_score;
      size_t length, index;
      auto operator<=>(const Rank&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm of clang-tidy 14
    };
    for (PromptAnswers& prompt : prompts) {
      if (prompt.answers.size() <= keep_) continue;
      std::vector<Rank> ranks;
      for (const Sample& sample : prompt.answers) {
        ranks.push_back({.minus_score = sample.grade ? -sample.grade->score : 1,
                         .length = CountCharacters(Text(sample.completion)),
                         .index = ranks.size()});
      }
      std::ranges::sort(ranks, [](const Rank& a, const Rank& b) { return a < b; });
      std::vector<bool> best(ranks.size());
      for (size_t i = 0; i < keep_; ++i) best[ranks[i].index] = true;
      size_t index = 0;
      KeepIf(prompt.answers, [&](const Sample& /*sample*/) { return best[index++]; });
    }
  }

 private:
  size_t keep_;
};

using Maker = std::unique_ptr<Filter> (*)(const FilterConfig&, const FilterContext&);
constexpr std::array<std::pair<std::string_view, Maker>, 8> kFilters = {{
    {"finish_reason",
     [](const FilterConfig& config, const FilterContext&) -> std::unique_ptr<Filter> {
       return std::make_unique<FinishReasonFilter>(config.finish_reasons);
     }},
    {"length",
     [](const FilterConfig& config, const FilterContext&) -> std::unique_ptr<Filter> {
       if (config.min_characters > config.max_characters) {
         throw Error({.place = "filter length"},
                     fmt::format("no text has at least {} and at most {} characters", config.min_characters,
                                 config.max_characters),
                     "raise max_characters");
       }
       return std::make_unique<LengthFilter>(config.min_characters, config.max_characters);
     }},
    {"exact_duplicate",
     [](const FilterConfig&, const FilterContext&) -> std::unique_ptr<Filter> {
       return std::make_unique<ExactDuplicateFilter>();
     }},
    {"near_duplicate",
     [](const FilterConfig& config, const FilterContext&) { return MakeNearDuplicateFilter(config); }},
    {"decontaminate",
     [](const FilterConfig& config, const FilterContext& context) {
       if (context.held_out.empty()) {
         throw Error({.place = "filter decontaminate"}, "there are no held-out prompts to compare with",
                     "take it out of the filters, or give the task held-out items");
       }
       return MakeDecontaminateFilter(config, context.held_out);
     }},
    {"grade",
     [](const FilterConfig& config, const FilterContext& context) -> std::unique_ptr<Filter> {
       if (context.grader == nullptr) {
         throw Error({.place = "filter grade"}, "the task has no grader",
                     "take it out of the filters, or name a grader in the task");
       }
       return std::make_unique<GradeFilter>(*context.grader, config.min_score);
     }},
    {"judge",
     [](const FilterConfig& config, const FilterContext& context) {
       if (context.judge == nullptr) {
         throw Error({.place = "filter judge"}, "there is no judge", "name a model that judges");
       }
       return MakeJudgeFilter(config, *context.judge);
     }},
    {"best_of",
     [](const FilterConfig& config, const FilterContext&) -> std::unique_ptr<Filter> {
       return std::make_unique<BestOfFilter>(config.keep);
     }},
}};

std::vector<std::string_view> FilterNames() {
  std::vector<std::string_view> names;
  names.reserve(kFilters.size());
  for (const auto& [name, make] : kFilters) names.push_back(name);
  return names;
}

}  // namespace

void Describe(Describer& d, FilterConfig& config) {
  d.Field("filters", config.filters,
          {.help = "what an answer must pass to become a sample, applied in this order", .choices = FilterNames()});
  d.Field("finish_reasons", config.finish_reasons, {.help = "finish_reason keeps answers that ended so"});
  d.Field("min_characters", config.min_characters,
          {.help = "length keeps answers of at least so many", .unit = "Unicode characters", .min = 0});
  d.Field("max_characters", config.max_characters,
          {.help = "length keeps answers of at most so many", .unit = "Unicode characters", .min = 0});
  d.Field("shingle_words", config.shingle_words,
          {.help = "near_duplicate compares runs of so many words; a shorter answer only with those to the same prompt",
           .unit = "words",
           .min = 1,
           .max = 100});
  d.Field("near_duplicate", config.near_duplicate,
          {.help = "near_duplicate drops an answer from this share of common runs with an earlier one on (MinHash "
                   "estimate of the Jaccard similarity)",
           .min = 0.1,
           .max = 1});
  d.Field("ngram_words", config.ngram_words,
          {.help = "decontaminate drops an answer that has so many words in a row in common with a held-out prompt; a "
                   "shorter held-out prompt counts as a whole",
           .unit = "words",
           .min = 2,
           .max = 100});
  d.Field("min_score", config.min_score,
          {.help = "grade keeps answers that the task's grader gives at least this", .min = 0, .max = 1});
  d.Field("min_judge_score", config.min_judge_score,
          {.help = "judge keeps answers with at least this mean of its two scores", .min = 1, .max = 10});
  d.Field("max_disagreement", config.max_disagreement,
          {.help = "judge drops answers whose two scores lie further apart", .min = 0, .max = 9});
  d.Field("rubric", config.rubric, {.help = "what the judge is to score by"});
  d.Field("keep", config.keep, {.help = "best_of keeps so many attempts of a prompt", .min = 1});
}

std::vector<NamedFilter> MakeFilters(const FilterConfig& config, const FilterContext& context) {
  std::vector<NamedFilter> filters;
  for (const std::string& name : config.filters) {
    const auto known = std::ranges::find(kFilters, name, [](const auto& row) { return row.first; });
    if (known == kFilters.end()) {
      throw Error({.place = "filters"}, fmt::format("there is no filter {}", Excerpt(name)),
                  fmt::format("the filters are {}", fmt::join(FilterNames(), ", ")));
    }
    if (std::ranges::find(filters, name, &NamedFilter::name) != filters.end()) {
      throw Error({.place = "filters"}, fmt::format("{} stands there twice", name), "name each filter once");
    }
    filters.push_back({name, known->second(config, context)});
  }
  return filters;
}

void ApplyFilters(std::span<const NamedFilter> filters, std::span<PromptAnswers> prompts,
                  std::map<std::string, int64_t>& dropped) {
  const auto left = [&] {
    int64_t sum = 0;
    for (const PromptAnswers& prompt : prompts) sum += static_cast<int64_t>(prompt.answers.size());
    return sum;
  };
  for (const NamedFilter& step : filters) {
    const int64_t before = left();
    step.filter->Apply(prompts);
    dropped[step.name] += before - left();
  }
}

}  // namespace retort
