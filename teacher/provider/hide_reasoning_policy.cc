// Where it is unclear what is reasoning, it is hidden: an answer may lose more than it had to. What a pattern finds in
// an answer that was cut short is the end of whatever came before the cut: a client who chooses the cut could read all.
#include <algorithm>
#include <cmath>

#include "core/base/trim.h"
#include "core/config/toml_text.h"
#include "core/data/answer_pattern.h"
#include "teacher/provider/policies.h"

namespace retort {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>";

// What is shown of a text: its part [begin, begin + size). One part, so that tokens can be told by their place.
struct Shown {
  size_t begin = 0, size = 0;
};

class HideReasoningPolicy : public Policy {
 public:
  explicit HideReasoningPolicy(const HideReasoningPolicyConfig& config) : config_(config) {
    if (!config.answer_pattern.empty()) pattern_.emplace(config.answer_pattern);
  }

  void OnReply(Exchange& exchange, Reply& reply) override {
    if (!reply.error.empty()) {  // a teacher's own words of a failure may quote what it thought
      if (!exchange.denial) reply.error = "the teacher failed, and what it said of that is hidden with its reasoning";
      reply.completion.clear();
      reply.reasoning.clear();
      reply.logprobs.clear();
      return;
    }
    size_t hidden = reply.reasoning.size(), shown_bytes = 0;
    reply.reasoning.clear();
    const std::string whole = Text(reply.completion);
    const bool one = reply.completion.size() == 1;
    const bool ended = reply.finish_reason == "stop";
    const bool open = config_.reasoning_first || LeavesReasoningOpen(exchange.forwarded.prompt);
    for (Message& message : reply.completion) {
      const Shown shown = !ended && pattern_ ? Shown{} : ShownOf(message.content, open);
      if (one) KeepTokens(reply.logprobs, whole, shown);
      hidden += message.content.size() - shown.size;
      shown_bytes += shown.size;
      message.content = message.content.substr(shown.begin, shown.size);
    }
    if (!one) reply.logprobs.clear();
    if (hidden == 0) return;
    exchange.Did("reasoning.hidden");
    if (config_.usage == "shown") {
      const double share = static_cast<double>(shown_bytes) / static_cast<double>(shown_bytes + hidden);
      reply.usage.completion_tokens = std::llround(static_cast<double>(reply.usage.completion_tokens) * share);
    }
  }

  bool needs_whole_reply() const override { return true; }

  Card OnCard(Card card) const override {
    std::string settings = NumericsToml(config_);
    if (pattern_) settings += "of answers that ended\n";  // others were shown in earlier versions
    if (config_.reasoning_first) settings += "reasoning_first\n";
    return ChangedBy(std::move(card), "hide_reasoning", settings);
  }

 private:
  // A prompt may begin the reasoning itself, as some chat formats do; then nothing in the answer says so.
  static bool LeavesReasoningOpen(const std::vector<Message>& prompt) {
    const std::string text = Text(prompt);
    const size_t open = text.rfind(kOpen), close = text.rfind(kClose);
    return open != std::string::npos && (close == std::string::npos || close < open);
  }

  Shown ShownOf(const std::string& text, bool begins_open) const {
    Shown shown{.begin = 0, .size = text.size()};
    const size_t open = text.find(kOpen), close = text.rfind(kClose);
    if (close != std::string::npos) {
      shown.begin = close + kClose.size();
      while (shown.begin < text.size() && (text[shown.begin] == '\n' || text[shown.begin] == ' ')) ++shown.begin;
      shown.size = text.size() - shown.begin;
    } else if (begins_open || open != std::string::npos) {
      shown = {.begin = text.size(), .size = 0};  // cut off while it thought
    }
    // Behind the last end of reasoning another one may begin, and be cut off.
    if (const size_t again = text.find(kOpen, shown.begin); again != std::string::npos)
      shown.size = again - shown.begin;
    if (!pattern_) return shown;
    const std::string rest = text.substr(shown.begin, shown.size);
    const auto answer = pattern_->Last(rest);
    if (!answer) return {.begin = shown.begin, .size = 0};
    return {.begin = shown.begin + rest.rfind(*answer), .size = answer->size()};
  }

  // Tokens that lie wholly in the part that is shown; none where tokens and text do not agree.
  static void KeepTokens(std::vector<TokenLogprob>& tokens, const std::string& text, const Shown& shown) {
    std::string bytes;
    for (const TokenLogprob& token : tokens) bytes += token.bytes;
    if (!bytes.starts_with(text)) {
      tokens.clear();
      return;
    }
    size_t at = 0;
    std::erase_if(tokens, [&](const TokenLogprob& token) {
      const size_t begin = at;
      at += token.bytes.size();
      return token.bytes.empty() || begin < shown.begin || at > shown.begin + shown.size;
    });
  }

  HideReasoningPolicyConfig config_;
  std::optional<AnswerPattern> pattern_;
};

}  // namespace

void Describe(Describer& d, HideReasoningPolicyConfig& config) {
  d.Field(
      "answer_pattern", config.answer_pattern,
      {.help = "PCRE2: group 1 of its last match in an answer is all that is shown of it; an answer without a match "
               "is shown empty, and so is one that was cut short. Empty: all but what stands apart as reasoning, or in "
               "<think> tags"});
  d.Field(
      "usage", config.usage,
      {.help = "whether completion_tokens count the hidden tokens (billed), or are cut to the share of the text that "
               "is shown (shown)",
       .choices = {"billed", "shown"}});
  // In the teacher's identity where it is set (OnCard): those of the time before it stay as they are.
  d.Field("reasoning_first", config.reasoning_first,
          {.help = "every answer begins with reasoning, as where a chat format opens it: one without </think> is shown "
                   "empty",
           .numerics = false});
}

std::unique_ptr<Policy> MakeHideReasoningPolicy(const HideReasoningPolicyConfig& config) {
  return std::make_unique<HideReasoningPolicy>(config);
}

}  // namespace retort
