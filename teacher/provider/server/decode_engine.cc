#include "teacher/provider/server/decode_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/lm/chat.h"
#include "core/lm/decoder.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "teacher/provider/server/answer_text.h"
#include "teacher/provider/server/fair_queue.h"

namespace retort {
namespace {

TokenLogprob Named(const Tokenizer& tokenizer, int id, const DecodeResult::TokenInfo& info) {
  TokenLogprob token{.bytes = tokenizer.TokenBytes(id), .id = id, .logprob = info.logprob, .top = {}};
  token.top.reserve(info.top.size());
  for (const auto& [other, logprob] : info.top) token.top.push_back({tokenizer.TokenBytes(other), other, logprob});
  return token;
}

// One job from Submit to its end. What the loop touches is the loop's alone.
struct Running {
  EngineJob job;
  int64_t prompt_tokens = 0;
  std::optional<AnswerText> text;      // where the answer is looked at as it comes
  std::vector<TokenLogprob> logprobs;  // of a stream
  size_t logprobs_sent = 0;
};

class DecodeEngine : public Engine {
 public:
  DecodeEngine(std::unique_ptr<LocalModel> model, int threads, std::function<void(std::function<void()>)> post)
      : model_(std::move(model)),
        stops_(model_->stop_ids()),
        post_(std::move(post)),
        loop_([this, threads] { Loop(threads); }) {}

  ~DecodeEngine() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_one();
    loop_.join();
  }

  std::vector<int> Encode(const std::vector<Message>& prompt) const override {
    const std::string& chat = model_->chat_template();
    return EncodePrompt(model_->tokenizer(), IsPlain(prompt) ? "plain" : chat, prompt);
  }

  std::string Decode(const std::vector<int>& ids) const override {
    CheckVocabulary(ids, model_->transformer().config());
    return model_->tokenizer().Decode(ids);
  }

  int64_t context() const override { return model_->transformer().config().MaxPositions(); }
  bool scores_prompts() const override { return true; }

  int64_t Submit(EngineJob job) override {
    int64_t name = 0;
    {
      const std::lock_guard lock(mutex_);
      name = next_++;
      submitted_.emplace_back(name, std::move(job));
    }
    wake_.notify_one();
    return name;
  }

  void Cancel(int64_t job) override {
    {
      const std::lock_guard lock(mutex_);
      cancelled_.push_back(job);
    }
    wake_.notify_one();
  }

  void CancelAll() override {
    {
      const std::lock_guard lock(mutex_);
      cancels_all_ = true;
    }
    wake_.notify_one();
  }

 private:
  void Loop(int threads) {
    if (threads > 0) SetThreads(threads);
    std::unique_ptr<Decoder> decoder = NewDecoder();
    std::vector<std::pair<int64_t, EngineJob>> submitted;
    std::vector<int64_t> cancelled;
    bool cancels_all = false;
    for (bool busy = false;;) {
      {
        std::unique_lock lock(mutex_);
        if (!busy)
          wake_.wait(
              lock, [&] { return ends_ || cancels_all_ != cancels_all || !submitted_.empty() || !cancelled_.empty(); });
        if (ends_) return;
        cancels_all = cancels_all_;
        submitted.swap(submitted_);
        cancelled.swap(cancelled_);
      }
      for (auto& [name, job] : submitted) Wait(name, std::move(job));
      submitted.clear();
      for (const int64_t name : cancelled) Leave(*decoder, name);
      cancelled.clear();
      if (cancels_all) {
        FailAll(*decoder, "cancelled");
        while (!waiting_.empty()) Fail(waiting_.Pop().second, "cancelled", 0);
      }
      try {
        Fill(*decoder);
        busy = decoder->Step([&](DecodeResult result) { Done(std::move(result)); }) || !waiting_.empty();
      } catch (const std::exception&) {  // memory, or a LogitsProcessor: whoever waits is told, and the loop goes on
        FailAll(*decoder, "the model failed");
        decoder = NewDecoder();
        busy = !waiting_.empty();
      }
    }
  }

  // Answers side by side; and how many more for owners who have none among them, who would wait for others' whole
  // answers else.
  size_t batch_size() const { return static_cast<size_t>(std::max(1, model_->batch_size())); }
  size_t spare() const { return std::max<size_t>(1, batch_size() / 4); }

  std::unique_ptr<Decoder> NewDecoder() const {
    return std::make_unique<Decoder>(model_->transformer(), static_cast<int>(batch_size() + spare()),
                                     model_->tokenizer().vocab_size());
  }

  // Hands on only what the decoder takes now: its own queue knows no turns.
  void Fill(Decoder& decoder) {
    while (running_.size() < batch_size() && !waiting_.empty()) {
      auto [name, next] = waiting_.Pop();
      Join(decoder, name, std::move(next));
    }
    if (waiting_.empty()) return;
    std::set<std::string> owners;
    for (const auto& [handle, entry] : running_) owners.insert(entry.second->job.owner);
    while (running_.size() < batch_size() + spare()) {
      auto next = waiting_.PopOf([&](const std::string& owner) { return !owners.contains(owner); });
      if (!next) return;
      owners.insert(next->second->job.owner);
      Join(decoder, next->first, std::move(next->second));
    }
  }

  void FailAll(Decoder& decoder, const char* error) {
    for (auto& [handle, entry] : running_) Fail(entry.second, error, decoder.Cancel(handle));
    running_.clear();
    handles_.clear();
  }

  void Wait(int64_t name, EngineJob job) {
    auto running = std::make_shared<Running>();
    running->prompt_tokens = static_cast<int64_t>(job.ids.size());
    running->job = std::move(job);
    waiting_.Push(running->job.owner, name, running);
  }

  void Join(Decoder& decoder, int64_t name, std::shared_ptr<Running> running) {
    const Request& request = running->job.request;
    try {
      if (running->job.ids.empty()) running->job.ids = Encode(request.prompt);
      running->prompt_tokens = static_cast<int64_t>(running->job.ids.size());
      DecodeRequest decode{.prompt = running->job.ids,
                           .sampling = request.sampling,
                           .stop_ids = stops_,
                           .random_name = fmt::format("{}/{}", request.id, request.attempt),
                           .prompt_logprobs = running->job.prompt_logprobs,
                           .only_prompt = running->job.only_prompt,
                           .report_stop = running->job.prompt_logprobs >= 0,
                           .on_token = {}};
      if (running->job.on_delta || !running->job.stop.empty()) {
        running->text.emplace(model_->tokenizer(), running->job.stop);
        decode.on_token = [this, running = running.get()](int id, const DecodeResult::TokenInfo* info) {
          return Hear(*running, id, info);
        };
      }
      const int64_t handle = decoder.Submit(std::move(decode));
      handles_[name] = handle;
      running_[handle] = {name, std::move(running)};
    } catch (const Error& error) {
      const EngineReply reply{
          .reply = {.id = request.id, .attempt = request.attempt, .error = error.what(), .refused = true}};
      Post([running, reply] { running->job.on_done(reply); });
    }
  }

  void Leave(Decoder& decoder, int64_t name) {
    if (const auto waited = waiting_.Remove(name)) return Fail(*waited, "cancelled", 0);
    const auto found = handles_.find(name);
    if (found == handles_.end()) return;
    const int64_t drawn = decoder.Cancel(found->second);
    const std::shared_ptr<Running> running = std::move(running_.extract(found->second).mapped().second);
    handles_.erase(found);
    Fail(running, "cancelled", drawn);
  }

  void Fail(const std::shared_ptr<Running>& running, const char* error, int64_t drawn) const {
    const Request& request = running->job.request;
    EngineReply reply{.reply = {.id = request.id, .attempt = request.attempt, .error = error}, .prompt = {}};
    reply.reply.usage = {.prompt_tokens = running->prompt_tokens, .completion_tokens = drawn};
    Post([running, reply = std::move(reply)] { running->job.on_done(reply); });
  }

  bool Hear(Running& running, int id, const DecodeResult::TokenInfo* info) {
    const bool goes_on = running.text->Push(id);
    if (!running.job.on_delta) return goes_on;
    if (info != nullptr) running.logprobs.push_back(Named(model_->tokenizer(), id, *info));
    Send(running);
    return goes_on;
  }

  void Send(Running& running) {
    EngineDelta delta{.text = running.text->Take(), .logprobs = {}};
    const size_t known = std::min(running.text->tokens_taken(), running.logprobs.size());
    for (; running.logprobs_sent < known; ++running.logprobs_sent) {
      delta.logprobs.push_back(running.logprobs[running.logprobs_sent]);
    }
    if (!delta.text.empty() || !delta.logprobs.empty()) running.job.on_delta(std::move(delta));
  }

  void Done(DecodeResult result) {
    auto [name, running] = std::move(running_.extract(result.handle).mapped());
    handles_.erase(name);
    if (running->text) {
      running->text->Finish();
      if (running->job.on_delta) Send(*running);
      if (running->text->stopped()) result.finish_reason = "stop";
    }
    Post([model = model_, running = std::move(running), result = std::move(result)] {
      Report(model->tokenizer(), *running, result);
    });
  }

  static void Report(const Tokenizer& tokenizer, Running& running, const DecodeResult& result) {
    const Request& request = running.job.request;
    EngineReply reply{.reply = {.id = request.id, .attempt = request.attempt}, .prompt = {}};
    std::string text;
    std::vector<TokenLogprob>& logprobs = reply.reply.logprobs;
    if (running.job.on_delta) {
      text = tokenizer.Decode(result.ids);
      StopMatcher matcher(running.job.stop);
      std::string cut = matcher.Push(text);
      text = cut + matcher.Finish();
      logprobs = std::move(running.logprobs);
      logprobs.resize(std::min(logprobs.size(), running.text->tokens_taken()));
    } else {
      text = running.text ? running.text->Take() : tokenizer.Decode(result.ids);
      const size_t shown = running.text ? running.text->tokens_taken() : result.ids.size();
      const size_t count = std::min({result.logprobs.size(), result.ids.size(), shown});
      logprobs.reserve(count);
      for (size_t i = 0; i < count; ++i) {
        logprobs.push_back(Named(tokenizer, result.ids[i], result.logprobs[i]));
      }
    }
    reply.reply.completion = AnswerTo(request.prompt, std::move(text));
    reply.reply.finish_reason = result.finish_reason;
    reply.reply.usage = {.prompt_tokens = running.prompt_tokens,
                         .completion_tokens = static_cast<int64_t>(result.ids.size())};
    if (running.job.prompt_logprobs >= 0) {
      const std::vector<int>& ids = running.job.ids;
      reply.prompt.push_back({.bytes = tokenizer.TokenBytes(ids.front()), .id = ids.front(), .top = {}});
      for (size_t i = 0; i < result.prompt_logprobs.size(); ++i) {
        reply.prompt.push_back(Named(tokenizer, ids[i + 1], result.prompt_logprobs[i]));
      }
      if (result.logprobs.size() > result.ids.size()) {
        reply.stop.push_back(Named(tokenizer, result.stop_id, result.logprobs.back()));
      }
    }
    running.job.on_done(std::move(reply));
  }

  void Post(std::function<void()> work) const {
    if (post_) {
      post_(std::move(work));
    } else {
      work();
    }
  }

  std::shared_ptr<LocalModel> model_;  // shared with replies that are being made
  std::vector<int> stops_;
  std::function<void(std::function<void()>)> post_;
  // Of the loop.
  FairQueue<std::shared_ptr<Running>> waiting_;                              // by name
  std::map<int64_t, int64_t> handles_;                                       // name -> Decoder's
  std::map<int64_t, std::pair<int64_t, std::shared_ptr<Running>>> running_;  // Decoder's -> name, job
  // Between the loop and all others.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false, cancels_all_ = false;
  int64_t next_ = 1;
  std::vector<std::pair<int64_t, EngineJob>> submitted_;
  std::vector<int64_t> cancelled_;
  std::thread loop_;  // last: it uses all above
};

}  // namespace

std::unique_ptr<Engine> MakeDecodeEngine(std::unique_ptr<LocalModel> model, int threads,
                                         std::function<void(std::function<void()>)> post) {
  return std::make_unique<DecodeEngine>(std::move(model), threads, std::move(post));
}

}  // namespace retort
