#include "student/live_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace retort {
namespace {

constexpr int64_t kKept = int64_t{128} << 20;  // logits of given examples that are kept: 512 MB

int64_t SupervisedOf(const Example& example) {
  return static_cast<int64_t>(example.ids.size()) - example.prompt_length;
}

// Tokens that the teacher is fed: all but the last, which is only predicted.
int64_t TokensRead(const Example& example) { return static_cast<int64_t>(example.ids.size()) - 1; }

}  // namespace

LiveTeacher::LiveTeacher(const Scorer& scorer, const ObjectiveConfig& config, int vocab,
                         std::span<const Example> examples)
    : scorer_(scorer), budget_(config.max_teacher_tokens), vocab_(vocab), examples_(examples) {
  int64_t rows = 0;
  for (const Example& example : examples) rows += SupervisedOf(example);
  keeps_ = budget_ == 0 && config.lmbda < 1 && rows * vocab <= kKept;
}

bool LiveTeacher::IsGiven(const Example* example) const {
  return !std::less<>()(example, examples_.data()) && std::less<>()(example, examples_.data() + examples_.size());
}

bool LiveTeacher::Charge(std::span<const Example* const> examples) {
  int64_t tokens = 0;
  for (const Example* example : examples) {
    if (!IsGiven(example) || !read_.contains(example)) tokens += TokensRead(*example);
  }
  if (budget_ > 0 && charged_ + tokens > budget_) return false;
  charged_ += tokens;
  for (const Example* example : examples) {
    if (IsGiven(example)) read_.insert(example);
  }
  return true;
}

void LiveTeacher::Restore(int64_t charged, std::span<const Example* const> read) {
  charged_ = charged;
  read_.insert(read.begin(), read.end());
}

std::vector<LiveTeacher::Kept> LiveTeacher::Ask(std::span<const Example* const> examples) const {
  std::vector<ScorerSequence> sequences;
  for (const Example* example : examples) sequences.push_back({example->ids, example->prompt_length});
  const at::Tensor logits = scorer_.logits(sequences);
  const at::NoGradGuard no_grad;
  std::vector<Kept> replies;
  int64_t first = 0;
  for (const Example* example : examples) {
    const int64_t rows = SupervisedOf(*example);
    if (logits.dim() != 2 || first + rows > logits.size(0) || logits.size(1) < vocab_) {
      throw Error(fmt::format("the teacher {} gave logits of another shape than it was asked for", scorer_.name));
    }
    Kept& reply = replies.emplace_back();
    reply.rows = logits.narrow(0, first, rows).narrow(1, 0, vocab_).to(at::kFloat).contiguous();
    first += rows;
    std::vector<int64_t> targets(example->ids.begin() + example->prompt_length, example->ids.end());
    const at::Tensor index = at::tensor(targets, at::kLong).unsqueeze(1);
    reply.logprob = (reply.rows.gather(1, index).squeeze(1) - reply.rows.logsumexp(1)).sum().item<double>();
    reply.sha256 = Sha256Hex({static_cast<const char*>(reply.rows.const_data_ptr()), reply.rows.nbytes()});
  }
  return replies;
}

at::Tensor LiveTeacher::Rows(std::span<const Example* const> examples) {
  const at::NoGradGuard no_grad;
  if (keeps_ && kept_.empty()) {  // all at once and in their order: the same bits whenever a run begins
    std::vector<const Example*> given;
    for (const Example& example : examples_) given.push_back(&example);
    std::vector<Kept> replies = Ask(given);
    for (size_t i = 0; i < given.size(); ++i) kept_[given[i]] = std::move(replies[i]);
  }
  std::vector<Kept> replies;
  if (keeps_ && IsGiven(examples.front())) {
    for (const Example* example : examples) replies.push_back(kept_.at(example));
  } else {
    replies = Ask(examples);
  }
  std::vector<at::Tensor> parts;
  for (const Kept& reply : replies) {
    parts.push_back(reply.rows);
    logprob_ += reply.logprob;
    hashes_ += reply.sha256;
  }
  return parts.size() == 1 ? parts[0] : at::cat(parts, 0);
}

LiveTeacher::Replies LiveTeacher::TakeReplies() {
  Replies replies{.logprob = logprob_, .sha256 = Sha256Hex(hashes_)};
  logprob_ = 0;
  hashes_.clear();
  return replies;
}

}  // namespace retort
