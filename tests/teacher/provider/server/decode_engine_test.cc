// Many requests in one decode loop: answers are LocalModel's, whatever runs beside.
#include "teacher/provider/server/decode_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <optional>

#include "core/base/clock.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"

namespace retort {
namespace {

const char* const kModel = RETORT_SOURCE_DIR "/configs/models/folds-scholar";

struct Heard {
  std::vector<EngineDelta> deltas;
  std::optional<EngineReply> reply;
};

// Collects what an engine says, by a name of the test's own.
class Listener {
 public:
  EngineJob Job(int name, Request request, bool streams = false) {
    EngineJob job{.request = std::move(request), .ids = {}, .stop = {}, .on_delta = {}, .on_done = {}};
    if (streams) {
      job.on_delta = [this, name](EngineDelta delta) {
        const std::lock_guard lock(mutex_);
        heard_[name].deltas.push_back(std::move(delta));
        changed_.notify_all();
      };
    }
    job.on_done = [this, name](EngineReply reply) {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(heard_[name].reply.has_value()) << name;
      heard_[name].reply = std::move(reply);
      ++done_;
      changed_.notify_all();
    };
    return job;
  }
  void WaitFor(int done) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return done_ >= done; }));
  }
  void WaitForDeltas(int name, size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return heard_[name].deltas.size() >= count; }));
  }
  Heard& operator[](int name) { return heard_[name]; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Heard> heard_;
  int done_ = 0;
};

// Holds the decode loop at this job's delta of that number until the latch is open: what a test does meanwhile comes
// before the next token, however long it takes.
void HoldAt(EngineJob& job, int delta, std::latch& open) {
  job.on_delta = [&open, delta, tell = std::move(job.on_delta), told = 0](const EngineDelta& part) mutable {
    tell(part);
    if (++told == delta) open.wait();
  };
}

Request Dice(int64_t seed, int attempt = 0) {
  return {.id = "answer",
          .attempt = attempt,
          .prompt = {{"", "dice 472951?"}},
          .sampling = {.temperature = 1.3, .max_new_tokens = 60, .seed = seed, .top_logprobs = 2}};
}

Request Endless() {
  Request request = Dice(1);
  request.sampling.ignore_eos = true;
  request.sampling.max_new_tokens = 240;
  return request;
}

Reply Alone(LocalModel& model, const Request& request) {
  Reply answer;
  model.Ask({&request, 1}, [&](Reply reply) {
    answer = std::move(reply);
    return true;
  });
  return answer;
}

void ExpectSame(const Reply& a, const Reply& b) {
  EXPECT_EQ(a.completion, b.completion);
  EXPECT_EQ(a.finish_reason, b.finish_reason);
  EXPECT_EQ(a.usage, b.usage);
  ASSERT_EQ(a.logprobs.size(), b.logprobs.size());
  for (size_t i = 0; i < a.logprobs.size(); ++i) {
    EXPECT_EQ(a.logprobs[i].bytes, b.logprobs[i].bytes);
    EXPECT_NEAR(a.logprobs[i].logprob, b.logprobs[i].logprob, 1e-5);  // sums of a larger batch may round otherwise
    EXPECT_EQ(a.logprobs[i].top.size(), b.logprobs[i].top.size());
  }
}

class DecodeEngineTest : public testing::Test {
 protected:
  DecodeEngineTest() { SetThreads(1); }
  LocalModel model_{kModel};
  Listener listener_;
  std::unique_ptr<Engine> engine_ = MakeDecodeEngine(std::make_unique<LocalModel>(kModel), 1);
};

TEST_F(DecodeEngineTest, AnswersAsAskDoesWhateverRunsBeside) {
  for (int i = 0; i < 12; ++i) engine_->Submit(listener_.Job(i, Dice(i / 2, i % 2), i % 3 == 0));
  std::vector<Reply> alone;
  alone.reserve(12);
  for (int i = 0; i < 12; ++i) alone.push_back(Alone(model_, Dice(i / 2, i % 2)));
  listener_.WaitFor(12);
  for (int i = 0; i < 12; ++i) ExpectSame(listener_[i].reply->reply, alone[static_cast<size_t>(i)]);
  EXPECT_NE(alone[0].completion, alone[1].completion);  // of another attempt
  EXPECT_NE(alone[0].completion, alone[2].completion);  // of another seed
}

TEST_F(DecodeEngineTest, WhatIsStreamedIsTheWholeInParts) {
  engine_->Submit(listener_.Job(0, Dice(3), true));
  listener_.WaitFor(1);
  std::string text;
  std::vector<TokenLogprob> logprobs;
  for (const EngineDelta& delta : listener_[0].deltas) {
    text += delta.text;
    logprobs.insert(logprobs.end(), delta.logprobs.begin(), delta.logprobs.end());
  }
  const Reply& reply = listener_[0].reply->reply;
  EXPECT_GT(listener_[0].deltas.size(), 5u);
  EXPECT_EQ(text, Text(reply.completion));
  EXPECT_EQ(logprobs, reply.logprobs);
}

TEST_F(DecodeEngineTest, StopStringsEndAnAnswerAndItsWork) {
  const std::string whole = Text(Alone(model_, Dice(3)).completion);
  const std::string stop = whole.substr(6, 3), shown = whole.substr(0, whole.find(stop));
  for (const bool streams : {false, true}) {
    EngineJob job = listener_.Job(streams ? 1 : 0, Dice(3), streams);
    job.stop = {stop, "never"};
    engine_->Submit(std::move(job));
  }
  listener_.WaitFor(2);
  for (const int name : {0, 1}) {
    const Reply& reply = listener_[name].reply->reply;
    EXPECT_EQ(Text(reply.completion), shown);
    EXPECT_EQ(reply.finish_reason, "stop");
    EXPECT_EQ(reply.logprobs.size(), shown.size());  // a token of this tokenizer is a character
    EXPECT_EQ(reply.usage.completion_tokens, static_cast<int64_t>(shown.size() + stop.size()));
  }
  std::string text;
  for (const EngineDelta& delta : listener_[1].deltas) text += delta.text;
  EXPECT_EQ(text, shown);
}

TEST_F(DecodeEngineTest, ACancelledJobTellsWhatItTook) {
  std::latch cancelled(1);
  EngineJob endless = listener_.Job(0, Endless(), true);
  HoldAt(endless, 3, cancelled);
  const int64_t job = engine_->Submit(std::move(endless));
  listener_.WaitForDeltas(0, 3);
  engine_->Cancel(job);
  engine_->Cancel(job);
  engine_->Cancel(777);
  cancelled.count_down();
  listener_.WaitFor(1);
  const Reply& reply = listener_[0].reply->reply;
  EXPECT_FALSE(reply.error.empty());
  EXPECT_GE(reply.usage.completion_tokens, 3);
  EXPECT_LT(reply.usage.completion_tokens, 240);
  EXPECT_EQ(reply.usage.prompt_tokens, 13);
}

TEST_F(DecodeEngineTest, PromptLogprobsAreThoseOfScore) {
  const std::string prompt = "big 4729?", completion = "477 727 798 A8";
  EngineJob job = listener_.Job(0, {.id = "answer", .prompt = {{"", prompt + completion}}, .sampling = {}});
  job.request.sampling = {.max_new_tokens = 1, .top_logprobs = 0};
  job.prompt_logprobs = 1;
  engine_->Submit(std::move(job));
  listener_.WaitFor(1);
  const EngineReply& reply = *listener_[0].reply;
  ASSERT_EQ(reply.prompt.size(), 1 + prompt.size() + completion.size());
  ASSERT_EQ(reply.stop.size(), 1u);  // the answer is whole, so what comes is its end
  double nats = reply.stop.front().logprob;
  for (size_t i = 1 + prompt.size(); i < reply.prompt.size(); ++i) {
    nats += reply.prompt[i].logprob;
    ASSERT_EQ(reply.prompt[i].top.size(), 1u);
    EXPECT_GE(reply.prompt[i].top.front().logprob, reply.prompt[i].logprob);
  }
  const std::vector<LikelihoodScorer::Pair> pairs = {{{{"", prompt}}, completion}};
  EXPECT_NEAR(model_.Score(pairs).front().nats, nats, 1e-5);
}

TEST_F(DecodeEngineTest, WhatCannotBeAnsweredSaysSo) {
  EngineJob job = listener_.Job(0, Dice(0));
  job.ids = std::vector<int>(5000, 5);
  engine_->Submit(std::move(job));
  engine_->Submit(listener_.Job(1, Dice(0)));
  listener_.WaitFor(2);
  EXPECT_NE(listener_[0].reply->reply.error.find("longer than the model's"), std::string::npos);
  EXPECT_TRUE(listener_[0].reply->reply.refused);
  EXPECT_TRUE(listener_[1].reply->reply.error.empty());
}

// One owner's many do not make another's one wait for all of them; the answers are the same in any order.
TEST(DecodeEngineTurns, OwnersTakeTurns) {
  SetThreads(1);
  const auto engine =
      MakeDecodeEngine(std::make_unique<LocalModel>(std::filesystem::path(kModel), ModelOptions{.batch_size = 2}), 1);
  Listener listener;
  std::mutex mutex;
  std::vector<int> order;
  constexpr int kMany = 40;
  std::latch all_wait(1);
  for (int i = 0; i <= kMany; ++i) {
    EngineJob job = listener.Job(i, i < kMany ? Endless() : Dice(7), i == 0);
    if (i == 0) HoldAt(job, 1, all_wait);
    job.owner = i < kMany ? "many" : "one";
    job.on_done = [&, i, done = job.on_done](EngineReply reply) {
      {
        const std::lock_guard lock(mutex);
        order.push_back(i);
      }
      done(std::move(reply));
    };
    engine->Submit(std::move(job));
  }
  all_wait.count_down();
  listener.WaitFor(kMany + 1);
  const auto place = std::ranges::find(order, kMany) - order.begin();
  EXPECT_LE(place, 2) << "of " << kMany << ": it need not even wait for those that were begun";
  LocalModel model{kModel};
  ExpectSame(listener[kMany].reply->reply, Alone(model, Dice(7)));
}

// More newcomers than there are places for: they wait, and all are answered.
TEST(DecodeEngineTurns, ManyOwnersAreAllAnswered) {
  SetThreads(1);
  const auto engine =
      MakeDecodeEngine(std::make_unique<LocalModel>(std::filesystem::path(kModel), ModelOptions{.batch_size = 4}), 1);
  Listener listener;
  for (int i = 0; i < 60; ++i) {
    EngineJob job = listener.Job(i, i < 6 ? Endless() : Dice(i));
    job.owner = std::to_string(i % 20);
    engine->Submit(std::move(job));
  }
  listener.WaitFor(60);
  LocalModel model{kModel};
  for (const int i : {6, 33, 59}) ExpectSame(listener[i].reply->reply, Alone(model, Dice(i)));
}

TEST(DecodeEngineTurns, WhatStillWaitsCanBeCancelled) {
  SetThreads(1);
  const auto engine =
      MakeDecodeEngine(std::make_unique<LocalModel>(std::filesystem::path(kModel), ModelOptions{.batch_size = 1}), 1);
  Listener listener;
  std::latch one_cancelled(1), all_cancelled(1);
  EngineJob first = listener.Job(0, Endless(), true), another = listener.Job(3, Endless(), true);
  HoldAt(first, 1, one_cancelled);
  HoldAt(another, 1, all_cancelled);
  engine->Submit(std::move(first));
  const int64_t waits = engine->Submit(listener.Job(1, Endless()));
  engine->Submit(listener.Job(2, Dice(7)));
  engine->Cancel(waits);
  one_cancelled.count_down();
  listener.WaitFor(3);
  EXPECT_EQ(listener[1].reply->reply.error, "cancelled");
  EXPECT_EQ(listener[1].reply->reply.usage.completion_tokens, 0);
  EXPECT_TRUE(listener[2].reply->reply.error.empty());
  engine->Submit(std::move(another));
  for (int i = 4; i < 20; ++i) engine->Submit(listener.Job(i, Endless()));
  engine->CancelAll();
  all_cancelled.count_down();
  listener.WaitFor(20);
  for (int i = 4; i < 20; ++i) EXPECT_EQ(listener[i].reply->reply.error, "cancelled");
}

// As memory that runs out does, or a watermark that is broken.
TEST_F(DecodeEngineTest, GoesOnAfterAFailure) {
  struct Broken : LogitsProcessor {
    void Process(std::span<const int> /*ids*/, std::span<float> /*logits*/) override {
      throw std::runtime_error("broken");
    }
  };
  Request request = Dice(0);
  request.sampling.processor = std::make_shared<Broken>();
  engine_->Submit(listener_.Job(0, request));
  listener_.WaitFor(1);
  EXPECT_EQ(listener_[0].reply->reply.error, "the model failed");
  engine_->Submit(listener_.Job(1, Dice(0)));
  listener_.WaitFor(2);
  ExpectSame(listener_[1].reply->reply, Alone(model_, Dice(0)));
}

TEST_F(DecodeEngineTest, EndsWithWorkLeft) {
  for (int i = 0; i < 50; ++i) engine_->Submit(listener_.Job(i, Endless()));
  const double start = MonotonicSeconds();
  engine_.reset();
  EXPECT_LT(MonotonicSeconds() - start, 2);
}

}  // namespace
}  // namespace retort
