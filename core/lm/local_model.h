// A checkpoint with its tokenizer and chat template: answers requests and scores texts, in this process. Teacher, base
// and student are all this.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/data/answerer.h"
#include "core/lm/lora_config.h"

namespace retort {

class Tokenizer;
class Transformer;
struct Scorer;

struct ModelOptions {
  std::string chat_template;     // empty: detected from the checkpoint
  std::vector<int> keep_layers;  // empty = all
  int batch_size = 0;            // sequences decoded together; 0: by the model's size
};

class LocalModel : public Answerer, public LikelihoodScorer {
 public:
  explicit LocalModel(const std::filesystem::path& folder, const ModelOptions& options = {});
  ~LocalModel() override;

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override;
  std::vector<Likelihood> Score(std::span<const Pair> pairs) override;
  // The same of texts that may go on: without the token that ends an answer.
  std::vector<Likelihood> ScoreBeginnings(std::span<const Pair> pairs) { return ScoreAll(pairs, false); }
  // A text's tokens: those of the prompt, and those of the completion with the log-probability of each.
  struct ScoredTokens {
    std::vector<int> before, ids;
    std::vector<double> logprobs;  // of ids
  };
  std::vector<ScoredTokens> ScoreEach(std::span<const Pair> pairs) const;

  // The logits of given tokens, for a student that learns from them. This model must outlive it.
  Scorer MakeScorer() const;

  // Low-rank adapters, trained instead of the weights; answers do not see them until they are merged into these.
  void AddAdapters(const LoraConfig& config, uint64_t seed);
  void MergeAdapters();
  // Writes the adapters in PEFT's layout where there are some, else a whole checkpoint with the tokenizer.
  void Save(const std::filesystem::path& folder, const std::string& model_card) const;

  Transformer& transformer() { return *transformer_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const std::string& chat_template() const { return chat_template_; }
  const std::filesystem::path& folder() const { return folder_; }
  int batch_size() const;
  std::vector<int> stop_ids() const;  // those of the chat template and of config.json

 private:
  std::vector<Likelihood> ScoreAll(std::span<const Pair> pairs, bool with_end) const;

  std::filesystem::path folder_;
  ModelOptions options_;
  std::unique_ptr<Transformer> transformer_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::string chat_template_;
};

}  // namespace retort
