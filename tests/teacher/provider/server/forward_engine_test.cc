// A teacher that waits for others, and what its failures tell.
#include "teacher/provider/server/forward_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/clock.h"

namespace retort {
namespace {

// "hang": until it is told to stop. "refuse", "fail": in words that are nobody's business. Else an answer.
class Stub : public Teacher {
 public:
  Stub(std::function<bool()> stop, std::atomic<int>& hanging) : stop_(std::move(stop)), hanging_(hanging) {}
  Card card() const override { return {.name = "stub", .identity = "x"}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      const std::string& text = request.prompt.back().content;
      if (text == "hang") {
        ++hanging_;
        while (!stop_()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return;
      }
      Reply reply{.id = request.id, .attempt = request.attempt};
      if (text == "refuse" || text == "fail") {
        reply.error = "HTTP 400: organisation org-secret at http://10.0.0.7";
        reply.refused = text == "refuse";
      } else {
        reply.completion = AnswerTo(request.prompt, "yes");
        reply.usage = {.prompt_tokens = 1, .completion_tokens = 1};
      }
      on_reply(std::move(reply));
    }
  }

 private:
  std::function<bool()> stop_;
  std::atomic<int>& hanging_;  // how often it has begun to
};

class ForwardEngineTest : public testing::Test {
 protected:
  void Open(double seconds) {
    engine_ = MakeForwardEngine(
        [this](std::function<bool()> stop) { return std::make_unique<Stub>(std::move(stop), hanging_); },
        {.threads = 1, .seconds = seconds});
  }
  int64_t Submit(const std::string& text) {
    EngineJob job{.request = {.id = text, .prompt = {{"", text}}, .sampling = {.max_new_tokens = 50}},
                  .ids = {},
                  .stop = {},
                  .on_delta = {},
                  .on_done = {}};
    job.on_done = [this](EngineReply reply) {
      const std::lock_guard lock(mutex_);
      replies_.push_back(std::move(reply.reply));
      changed_.notify_all();
    };
    return engine_->Submit(std::move(job));
  }
  Reply Wait(size_t index) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return replies_.size() > index; })) return {};
    return replies_[index];
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reply> replies_;
  std::atomic<int> hanging_ = 0;
  std::unique_ptr<Engine> engine_;
};

TEST_F(ForwardEngineTest, WhatATeacherSaysOfAFailureIsToldToNobody) {
  Open(0);
  Submit("refuse");
  Submit("fail");
  EXPECT_EQ(Wait(0).error, "the teacher refused");
  EXPECT_TRUE(Wait(0).refused);
  EXPECT_EQ(Wait(1).error, "the teacher failed");
}

TEST_F(ForwardEngineTest, ATeacherThatHangsKeepsNobodyWaiting) {
  Open(0.1);
  const double start = MonotonicSeconds();
  Submit("hang");
  Submit("go");
  EXPECT_FALSE(Wait(0).error.empty());
  EXPECT_EQ(Wait(0).usage, Usage{});  // it is not the client's fault
  EXPECT_EQ(Text(Wait(1).completion), "yes");
  EXPECT_LT(MonotonicSeconds() - start, 5);
}

TEST_F(ForwardEngineTest, WhoLeavesMakesRoomAndPaysTheMost) {
  Open(0);
  const int64_t hangs = Submit("hang");
  const int64_t waits = Submit("hang");
  for (int i = 0; i < 10'000 && hanging_ == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_EQ(hanging_, 1);
  engine_->Cancel(waits);
  EXPECT_EQ(Wait(0).usage, Usage{});  // the teacher has not heard of it
  engine_->Cancel(hangs);
  EXPECT_EQ(Wait(1).usage.completion_tokens, 50);
  Submit("go");
  EXPECT_EQ(Text(Wait(2).completion), "yes");
}

TEST_F(ForwardEngineTest, AllCanBeEnded) {
  Open(0);
  Submit("hang");
  Submit("go");
  engine_->CancelAll();
  EXPECT_FALSE(Wait(0).error.empty());
  EXPECT_FALSE(Wait(1).error.empty());
  Submit("go");
  EXPECT_FALSE(Wait(2).error.empty());
}

}  // namespace
}  // namespace retort
