#include "core/lm/local_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/numerics.h"
#include "core/lm/chat.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/lora.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

// One message on the side that the prompt is on: chat if the prompt has roles.
std::vector<Message> Completion(const std::vector<Message>& prompt, std::string text) {
  const bool chat = !prompt.empty() && !prompt.front().role.empty();
  return {{chat ? "assistant" : "", std::move(text)}};
}

std::vector<TokenLogprob> Logprobs(const Tokenizer& tokenizer, const DecodeResult& result) {
  std::vector<TokenLogprob> logprobs;
  for (size_t i = 0; i < result.logprobs.size(); ++i) {
    const DecodeResult::TokenInfo& info = result.logprobs[i];
    TokenLogprob token{.bytes = tokenizer.TokenBytes(result.ids[i]), .id = result.ids[i], .logprob = info.logprob};
    for (const auto& [id, logprob] : info.top) token.top.push_back({tokenizer.TokenBytes(id), id, logprob});
    logprobs.push_back(std::move(token));
  }
  return logprobs;
}

}  // namespace

LocalModel::LocalModel(const std::filesystem::path& folder, const ModelOptions& options)
    : folder_(folder),
      options_(options),
      transformer_(LoadCheckpoint(folder, {.keep_layers = options.keep_layers, .keep_narrow = !UsesReference()})),
      tokenizer_(LoadTokenizer(TokenizerFolder(folder))),
      chat_template_(options.chat_template.empty() ? DetectChatTemplate(TokenizerFolder(folder))
                                                   : options.chat_template) {
  const std::vector<std::string>& names = ChatTemplateNames();
  if (std::find(names.begin(), names.end(), chat_template_) == names.end()) {
    throw Error(fmt::format("unknown chat_template \"{}\"; known are {}", chat_template_, fmt::join(names, ", ")));
  }
  if (tokenizer_->vocab_size() > transformer_->config().vocab_size) {
    throw Error({.file = folder.string()},
                fmt::format("the tokenizer has {} ids, the model's vocabulary only {}", tokenizer_->vocab_size(),
                            transformer_->config().vocab_size),
                "they do not belong together");
  }
}

LocalModel::~LocalModel() = default;

Scorer LocalModel::MakeScorer() const {
  constexpr int kRows = 4096;  // tokens of one pass
  const Transformer* model = transformer_.get();
  return {.name = folder_.filename().string(),
          .identity = HashCheckpoint(folder_),
          .token_map = tokenizer_->Hash(),
          .logits = [model](std::span<const ScorerSequence> sequences) {
            const at::NoGradGuard no_grad;  // what is made under InferenceMode could enter no loss
            int64_t rows = 0, filled = 0;
            for (const auto& [ids, first] : sequences) rows += static_cast<int64_t>(ids.size()) - first;
            at::Tensor all = at::empty({rows, model->config().vocab_size});
            ForEachLogits(*model, sequences, kRows, [&](const at::Tensor& logits) {
              all.narrow(0, filled, logits.size(0)).copy_(logits);
              filled += logits.size(0);
            });
            return all;
          }};
}

void LocalModel::AddAdapters(const LoraConfig& config, uint64_t seed) {
  if (std::filesystem::exists(folder_ / kAdapterConfig)) {
    throw Error({.file = folder_.string()}, "holds adapters, and new ones would have no base that a file names",
                "train with merge=true first, and start from that checkpoint");
  }
  transformer_->AddAdapters(config, seed);
}

void LocalModel::MergeAdapters() { transformer_->MergeAdapters(); }

void LocalModel::Save(const std::filesystem::path& folder, const std::string& model_card) const {
  if (transformer_->adapters() == nullptr) {
    SaveCheckpoint(*transformer_, folder, TokenizerFolder(folder_), model_card);
    return;
  }
  WriteFileAtomic(folder / "README.md", model_card);
  SaveAdapters(*transformer_->adapters(), folder, std::filesystem::absolute(folder_).lexically_normal().string());
}

int LocalModel::batch_size() const {
  if (options_.batch_size > 0) return options_.batch_size;
  // Small networks are bound by dispatch, large ones by memory: measured on two cores.
  return transformer_->config().ParameterCount() < 5'000'000 ? 256 : 16;
}

std::vector<int> LocalModel::stop_ids() const {
  std::vector<int> ids = StopIds(*tokenizer_, chat_template_);
  for (const int id : transformer_->config().eos_token_id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

void LocalModel::Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) {
  Decoder decoder(*transformer_, batch_size(), tokenizer_->vocab_size());
  struct Asked {
    const Request* request;
    int64_t prompt_tokens;
  };
  std::map<int64_t, Asked> asked;
  const std::vector<int> stops = stop_ids();
  for (const Request& request : requests) {
    try {
      std::vector<int> prompt = EncodePrompt(*tokenizer_, chat_template_, request.prompt);
      const auto prompt_tokens = static_cast<int64_t>(prompt.size());
      const int64_t handle = decoder.Submit({.prompt = std::move(prompt),
                                             .sampling = request.sampling,
                                             .stop_ids = stops,
                                             .random_name = fmt::format("{}/{}", request.id, request.attempt)});
      asked[handle] = {&request, prompt_tokens};
    } catch (const Error& error) {
      if (!on_reply({.id = request.id, .attempt = request.attempt, .error = error.what()})) return;
    }
  }
  bool go_on = true;
  const auto on_done = [&](const DecodeResult& result) {
    if (!go_on) return;
    const auto& [asked_request, prompt_tokens] = asked.at(result.handle);
    const Request& request = *asked_request;
    Reply reply{.id = request.id, .attempt = request.attempt};
    reply.completion = Completion(request.prompt, tokenizer_->Decode(result.ids));
    reply.finish_reason = result.finish_reason;
    reply.usage.prompt_tokens = prompt_tokens;
    reply.usage.completion_tokens = static_cast<int64_t>(result.ids.size());
    reply.logprobs = Logprobs(*tokenizer_, result);
    go_on = on_reply(std::move(reply));
  };
  while (go_on && decoder.Step(on_done)) {
  }
}

std::vector<Likelihood> LocalModel::Score(std::span<const Pair> pairs) { return ScoreAll(pairs, true); }

std::vector<LocalModel::ScoredTokens> LocalModel::ScoreEach(std::span<const Pair> pairs) const {
  std::vector<std::vector<int>> sequences;
  sequences.reserve(pairs.size());
  std::vector<ScoredTokens> scored;
  scored.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    const std::vector<Message> completion = Completion(pair.prompt, pair.completion);
    scored.push_back({.before = EncodePrompt(*tokenizer_, chat_template_, pair.prompt),
                      .ids = EncodeCompletion(*tokenizer_, chat_template_, completion),
                      .logprobs = {}});
    std::vector<int>& whole = sequences.emplace_back(scored.back().before);
    whole.insert(whole.end(), scored.back().ids.begin(), scored.back().ids.end());
  }
  const std::vector<std::vector<double>> logprobs = ScoreTokens(*transformer_, sequences);
  for (size_t i = 0; i < scored.size(); ++i) {
    scored[i].logprobs.assign(logprobs[i].end() - static_cast<std::ptrdiff_t>(scored[i].ids.size()), logprobs[i].end());
  }
  return scored;
}

std::vector<Likelihood> LocalModel::ScoreAll(std::span<const Pair> pairs, bool with_end) const {
  const std::vector<int> ends = stop_ids();
  const std::vector<ScoredTokens> scored = ScoreEach(pairs);
  std::vector<Likelihood> likelihoods;
  likelihoods.reserve(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto& [before, ids, logprobs] = scored[i];
    size_t tokens = ids.size();
    if (!with_end && tokens > 0 && std::find(ends.begin(), ends.end(), ids.back()) != ends.end()) --tokens;
    Likelihood likelihood{.tokens = static_cast<int64_t>(tokens),
                          .bytes = static_cast<int64_t>(pairs[i].completion.size())};
    for (size_t t = 0; t < tokens; ++t) likelihood.nats += logprobs[t];
    likelihoods.push_back(likelihood);
  }
  return likelihoods;
}

}  // namespace retort
