// Everything about the held-out prompts is hashed once; an answer then costs one look-up a word.
#include "teacher/decontaminate.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "teacher/keep_if.h"
#include "teacher/words.h"

namespace retort {
namespace {

using Words = std::vector<uint64_t>;
using Hashes = std::unordered_set<uint64_t>;
constexpr size_t kFewestContained = 5;

void Append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

Words PromptWords(const std::vector<Message>& prompt) {
  Words words;
  for (const Message& message : prompt) {
    if (message.role != "system") Append(words, WordHashes(message.content));
  }
  if (!words.empty()) return words;
  for (const Message& message : prompt) Append(words, WordHashes(message.content));  // nothing but system turns
  return words;
}

bool SharesRun(std::span<const uint64_t> words, size_t length, const Hashes& runs) {
  for (size_t i = 0; i + length <= words.size(); ++i) {
    if (runs.contains(SequenceHash(words.subspan(i, length)))) return true;
  }
  return false;
}

class DecontaminateFilter : public Filter {
 public:
  DecontaminateFilter(size_t ngram_words, std::span<const Item> held_out) : ngram_words_(ngram_words) {
    for (const Item& item : held_out) {
      const Words words = PromptWords(item.prompt);
      if (words.empty()) continue;
      whole_.insert(SequenceHash(words));
      if (words.size() < ngram_words_) {
        if (words.size() >= kFewestContained) contained_[words.size()].insert(SequenceHash(words));
        continue;
      }
      for (size_t i = 0; i + ngram_words_ <= words.size(); ++i) {
        ngrams_.insert(SequenceHash(std::span(words).subspan(i, ngram_words_)));
      }
    }
  }

  void Apply(std::span<PromptAnswers> prompts) override {
    for (PromptAnswers& prompt : prompts) {
      const Words question = PromptWords(prompt.item->prompt);
      if (int64_t* const count = Contaminated(question)) {
        *count += static_cast<int64_t>(prompt.answers.size());
        prompt.answers.clear();
        continue;
      }
      // The prompt's own n-grams are clean: only those that reach into the completion are left to look at.
      const size_t tail = std::min(question.size(), ngram_words_ - 1);
      KeepIf(prompt.answers, [&](const Sample& sample) {
        Words words(question.end() - static_cast<std::ptrdiff_t>(tail), question.end());
        Append(words, WordHashes(Text(sample.completion)));
        const bool shares = SharesRun(words, ngram_words_, ngrams_);
        ngram_count_ += shares;
        return !shares;
      });
    }
  }

  std::map<std::string, int64_t> counts() const override {
    return {{"decontaminate.exact", exact_count_},
            {"decontaminate.ngram", ngram_count_},
            {"decontaminate.contained", contained_count_}};
  }

 private:
  // The count that it belongs to; null if the prompt is clean.
  int64_t* Contaminated(const Words& question) {
    if (whole_.contains(SequenceHash(question))) return &exact_count_;
    if (SharesRun(question, ngram_words_, ngrams_)) return &ngram_count_;
    for (const auto& [length, hashes] : contained_) {
      if (SharesRun(question, length, hashes)) return &contained_count_;
    }
    return nullptr;
  }

  size_t ngram_words_;
  Hashes whole_, ngrams_;
  std::map<size_t, Hashes> contained_;  // by number of words
  int64_t exact_count_ = 0, ngram_count_ = 0, contained_count_ = 0;
};

}  // namespace

std::unique_ptr<Filter> MakeDecontaminateFilter(const FilterConfig& config, std::span<const Item> held_out) {
  return std::make_unique<DecontaminateFilter>(static_cast<size_t>(config.ngram_words), held_out);
}

}  // namespace retort
