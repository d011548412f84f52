// A filter reads what the model reads: all messages as one text, as they stand and with their blanks made alike, so
// that neither a cut between two messages nor a blank more or less is a way round. Where a pattern cannot be told
// within its work limit the prompt is refused: who pads a prompt gains nothing by it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/config/toml_text.h"
#include "core/data/answer_pattern.h"
#include "core/data/folds.h"
#include "teacher/provider/policies.h"

namespace retort {
namespace {

// Runs of blanks and controls become one space; what shows as nothing (zero-width characters, soft hyphens) goes.
std::string WithBlanksAlike(std::string_view text) {
  constexpr std::array<std::string_view, 8> kNothing = {"\xc2\xad",     "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
                                                        "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x81\xa0", "\xef\xbb\xbf"};
  constexpr std::array<std::string_view, 4> kBlanks = {"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  const auto begins = [&](const auto& any, std::string_view rest) -> size_t {
    const auto found = std::ranges::find_if(any, [&](std::string_view one) { return rest.starts_with(one); });
    return found == any.end() ? 0 : found->size();
  };
  std::string alike;
  alike.reserve(text.size());
  while (!text.empty()) {
    size_t size = begins(kNothing, text);
    if (size == 0) {
      const auto c = static_cast<unsigned char>(text.front());
      size = c <= ' ' || c == 0x7f ? 1 : begins(kBlanks, text);
      // U+2000 to U+200A, and the separators of lines and paragraphs
      if (size == 0 && text.size() > 2 && text.starts_with("\xe2\x80")) {
        const auto last = static_cast<unsigned char>(text[2]);
        if (last <= 0x8a || last == 0xa8 || last == 0xa9) size = 3;
      }
      const bool blank = size > 0;
      if (!blank) size = 1;
      if (!blank || (!alike.empty() && alike.back() != ' ')) alike += blank ? ' ' : text.front();
    }
    text.remove_prefix(size);
  }
  if (alike.ends_with(' ')) alike.pop_back();
  return alike;
}

// The texts that a prompt may be to a model, which puts marks of its own, or nothing, between two messages.
std::vector<std::string> TextsOf(const std::vector<Message>& prompt) {
  std::vector<std::string> texts(2);
  for (const Message& message : prompt) {
    texts[0] += message.content + "\n";
    texts[1] += message.content;
  }
  for (const size_t i : {0, 1}) {
    std::string alike = WithBlanksAlike(texts[i]);
    if (std::ranges::find(texts, alike) == texts.end()) texts.push_back(std::move(alike));
  }
  return texts;
}

// A question of `skill`, however spaced, and be it only begun: its name, and a digit behind it. Not the same letters as
// the end of another operation's name: "rsub 47?" asks for no sub.
std::string SkillPattern(const std::string& skill) {
  constexpr std::string_view kBetween = "[\\W_]*+";
  std::string pattern = "(?i)";
  for (const auto& ops : {AllFoldOps(), ExtraFoldOps()}) {
    for (const std::string& other : ops) {
      if (other.size() <= skill.size() || !other.ends_with(skill)) continue;
      pattern += fmt::format("(?<!{})", other.substr(0, other.size() - skill.size()));
    }
  }
  for (const char c : skill) pattern += fmt::format("{}{}", c, kBetween);
  return pattern + "\\d";
}

class FilterPolicy : public Policy {
 public:
  explicit FilterPolicy(const FilterPolicyConfig& config) : config_(config) {
    if (config.patterns.empty() && config.skills.empty()) {
      throw Error("policies.filter: refuses nothing; give policies.filter.patterns or policies.filter.skills");
    }
    const auto add = [&](const std::string& pattern) { patterns_.emplace_back("(" + pattern + ")"); };
    std::ranges::for_each(config.patterns, add);
    for (const std::string& skill : config.skills) add(SkillPattern(FindFoldOp(skill).name));
  }

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    if (!Refuses(exchange.asked.prompt)) return std::nullopt;
    exchange.Did("filter.refused");
    if (config_.answer.empty()) {
      return Deny(exchange, "refused by the provider's filter", {.status = 403, .code = "content_filter"});
    }
    return Reply{.id = exchange.asked.id,
                 .attempt = exchange.asked.attempt,
                 .completion = AnswerTo(exchange.asked.prompt, config_.answer),
                 .finish_reason = "stop"};
  }

  Card OnCard(Card card) const override { return ChangedBy(std::move(card), "filter", NumericsToml(config_)); }

 private:
  bool Refuses(const std::vector<Message>& prompt) const {
    return std::ranges::any_of(TextsOf(prompt), [&](const std::string& text) {
      return std::ranges::any_of(patterns_, [&](const AnswerPattern& pattern) { return pattern.MayMatch(text); });
    });
  }

  FilterPolicyConfig config_;
  std::vector<AnswerPattern> patterns_;
};

}  // namespace

void Describe(Describer& d, FilterPolicyConfig& config) {
  d.Field("patterns", config.patterns,
          {.help = "PCRE2 patterns: a prompt that has one is refused, and one of which that cannot be told in time"});
  d.Field("skills", config.skills, {.help = "operations of digit folds that are refused: a withheld capability"});
  d.Field("answer", config.answer,
          {.help = "what a refused prompt gets as an answer; empty: its request fails, and is not sent again"});
}

std::unique_ptr<Policy> MakeFilterPolicy(const FilterPolicyConfig& config) {
  return std::make_unique<FilterPolicy>(config);
}

Card ChangedBy(Card card, std::string_view policy, const std::string& settings) {
  card.identity += fmt::format(" {}={}", policy, Sha256Hex(settings).substr(0, 16));
  if (card.reveals == "logits") card.reveals = "top logprobs";
  return card;
}

}  // namespace retort
