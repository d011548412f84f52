#include "student/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/lm/chat.h"
#include "core/lm/tokenizer.h"

namespace retort {
namespace {

constexpr double kMassError = 1e-3;  // by which rounded log-probabilities may add up to more than 1

std::string Place(const Sample& sample) {
  return fmt::format("sample {} attempt {}", Excerpt(sample.id), sample.attempt);
}

// Ids by bytes, for servers that name tokens by their bytes alone.
class TokensByBytes {
 public:
  explicit TokensByBytes(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    for (int id = 0; id < tokenizer.vocab_size(); ++id) {
      // Later ids win: those that stand for a single byte come first where there is a piece of the same bytes.
      if (!tokenizer.IsSpecial(id)) ids_[tokenizer.TokenBytes(id)] = id;
    }
  }
  // -1: there is no such token.
  template <class Token>
  int Find(const Token& token) const {
    if (token.id >= 0) {
      const bool same = token.id < tokenizer_.vocab_size() && tokenizer_.TokenBytes(token.id) == token.bytes;
      return same ? token.id : -1;
    }
    const auto found = ids_.find(token.bytes);
    return found == ids_.end() ? -1 : found->second;
  }

 private:
  const Tokenizer& tokenizer_;
  std::map<std::string, int> ids_;
};

double Probability(double logprob, const std::string& place) {
  if (std::isnan(logprob) || logprob > kMassError) {
    throw Error({.place = place}, fmt::format("{} is no log-probability", logprob), "take the row out");
  }
  return std::min(1.0, std::exp(logprob));
}

KnownTokens Known(const TokenLogprob& token, int drawn, const TokensByBytes& tokens, int top_k,
                  const std::string& place) {
  const size_t count = top_k > 0 ? static_cast<size_t>(top_k) : token.top.size();
  if (token.top.empty() || token.top.size() < count) {
    throw Error(
        {.place = place},
        fmt::format("shows {} of the likeliest tokens, {} are wanted", token.top.size(), std::max(count, size_t{1})),
        "collect with a larger collect.sampling.top_logprobs, or lower top_k");
  }
  KnownTokens known;
  double mass = 0;
  const auto add = [&](int id, double logprob) {
    const double probability = Probability(logprob, place);
    known.ids.push_back(id);
    known.probabilities.push_back(static_cast<float>(probability));
    mass += probability;
  };
  std::set<std::string> seen;
  for (size_t i = 0; i < count; ++i) {
    if (!seen.insert(token.top[i].bytes + "/" + std::to_string(token.top[i].id)).second) {
      throw Error({.place = place}, fmt::format("top names {} twice", Excerpt(token.top[i].bytes)), "take the row out");
    }
    const int id = tokens.Find(token.top[i]);
    Probability(token.top[i].logprob, place);
    // A token that this tokenizer has no name for is one of the rest, and so is a special one without bytes.
    if (id < 0 && token.top[i].id < 0) continue;
    if (id < 0) {
      throw Error({.place = place},
                  fmt::format("id {} does not stand for {} here", token.top[i].id, Excerpt(token.top[i].bytes)),
                  "the teacher has another tokenizer: choose a student of the same one");
    }
    if (std::ranges::find(known.ids, id) == known.ids.end()) add(id, token.top[i].logprob);
  }
  if (std::ranges::find(known.ids, drawn) == known.ids.end()) add(drawn, token.logprob);
  if (mass > 1 + kMassError) {
    throw Error({.place = place}, fmt::format("its probabilities add up to {:.4f}", mass), "take the row out");
  }
  if (mass > 1) {
    for (float& probability : known.probabilities) probability = static_cast<float>(probability / mass);
  }
  known.rest = static_cast<float>(std::max(0.0, 1 - mass));
  return known;
}

// The completion by the tokens that the teacher drew; `ends`: behind them stands the last that it has.
void TakeLogprobs(const Tokenizer& tokenizer, const TokensByBytes& tokens, const Sample& sample, int top_k, bool ends,
                  std::vector<int>& completion, std::vector<KnownTokens>& known) {
  const int end = ends ? completion.back() : -1;
  completion.clear();
  for (const TokenLogprob& token : sample.logprobs) {
    const std::string place = fmt::format("{}, token {}", Place(sample), completion.size());
    const int id = tokens.Find(token);
    if (id < 0) {
      throw Error({.place = place}, fmt::format("{} is no token of the student", Excerpt(token.bytes)),
                  "topk needs a teacher and a student of the same tokenizer");
    }
    known.push_back(Known(token, id, tokens, top_k, place));
    completion.push_back(id);
  }
  const std::string text = Text(sample.completion);
  if (tokenizer.Decode(completion) != text) {
    throw Error(
        {.place = Place(sample)},
        fmt::format("its logprobs spell {}, its answer is {}", Excerpt(tokenizer.Decode(completion)), Excerpt(text)),
        "they belong to another answer: take the row out");
  }
  if (ends) {
    completion.push_back(end);
    known.emplace_back();
  }
}

}  // namespace

std::vector<Example> Tokenise(const Tokenizer& tokenizer, const std::string& chat_template,
                              std::span<const Sample> samples, int max_length, const ObjectiveConfig& objective) {
  const Needs needs = InfoOf(objective).needs;
  CheckSamples(objective, samples);
  std::optional<TokensByBytes> tokens;
  if (needs == Needs::kTopK) tokens.emplace(tokenizer);
  const bool has_end = !StopIds(tokenizer, chat_template).empty();
  const auto encode = [&](const std::vector<Message>& text, const std::string& finish_reason) {
    std::vector<int> ids = EncodeCompletion(tokenizer, chat_template, text);
    // An answer that was cut off did not end there: its end must not be learnt.
    if (has_end && finish_reason == "length") ids.pop_back();
    return ids;
  };
  const auto cut = [&](const Sample& sample, std::vector<int>& ids, int prompt_length) {
    if (static_cast<int>(ids.size()) == prompt_length) {
      throw Error({.place = Place(sample)}, "an answer has no token to learn: it was cut off before its first",
                  "take the row out");
    }
    if (static_cast<int>(ids.size()) > max_length) ids.resize(static_cast<size_t>(max_length));
    if (static_cast<int>(ids.size()) > prompt_length) return;
    throw Error(fmt::format("sample {}: the prompt alone has {} tokens, max_length is {}", sample.id, prompt_length,
                            max_length));
  };
  std::vector<Example> examples;
  for (const Sample& sample : samples) {
    Example example{.ids = EncodePrompt(tokenizer, chat_template, sample.prompt)};
    example.name = fmt::format("{}/{}", sample.id, sample.attempt);
    example.prompt_length = static_cast<int>(example.ids.size());
    std::vector<int> completion = encode(sample.completion, sample.finish_reason);
    if (needs == Needs::kPairs) {
      const std::vector<int> rejected = encode(sample.rejected, sample.rejected_finish_reason);
      example.rejected = example.ids;
      example.rejected.insert(example.rejected.end(), rejected.begin(), rejected.end());
      cut(sample, example.rejected, example.prompt_length);
    }
    if (needs == Needs::kTopK) {
      const bool ends = has_end && sample.finish_reason != "length";
      TakeLogprobs(tokenizer, *tokens, sample, objective.top_k, ends, completion, example.known);
    }
    example.ids.insert(example.ids.end(), completion.begin(), completion.end());
    cut(sample, example.ids, example.prompt_length);
    if (needs == Needs::kTopK) example.known.resize(example.ids.size() - static_cast<size_t>(example.prompt_length));
    if (needs == Needs::kPairs && example.rejected == example.ids) {
      throw Error({.place = Place(sample)}, "chosen and rejected are the same tokens: such a pair says nothing",
                  "take the row out, or raise max_length if they differ later");
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace retort
