#include "teacher/provider/server/forward_engine.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "teacher/provider/server/answer_text.h"

namespace retort {
namespace {

class ForwardEngine : public Engine {
 public:
  ForwardEngine(std::function<std::unique_ptr<Teacher>()> make, int threads,
                std::function<void(std::function<void()>)> post)
      : make_(std::move(make)), post_(std::move(post)) {
    threads_.reserve(static_cast<size_t>(threads));
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~ForwardEngine() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::vector<int> Encode(const std::vector<Message>& /*prompt*/) const override { return {}; }
  std::string Decode(const std::vector<int>& /*ids*/) const override {
    throw Error("token ids are not known here: give the prompt as text");
  }
  int64_t context() const override { return 0; }
  bool scores_prompts() const override { return false; }

  int64_t Submit(EngineJob job) override {
    int64_t name = 0;
    {
      const std::lock_guard lock(mutex_);
      name = next_++;
      waiting_.emplace_back(name, std::move(job));
    }
    wake_.notify_one();
    return name;
  }

  // What a teacher is being asked already is answered, and paid for.
  void Cancel(int64_t job) override {
    EngineJob gone;
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::ranges::find(waiting_, job, &std::pair<int64_t, EngineJob>::first);
      if (found == waiting_.end()) return;
      gone = std::move(found->second);
      waiting_.erase(found);
    }
    Report(std::move(gone), {.error = "cancelled"});
  }

 private:
  void Work() {
    std::unique_ptr<Teacher> teacher;
    for (;;) {
      EngineJob job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
        if (ends_) return;
        job = std::move(waiting_.front().second);
        waiting_.pop_front();
      }
      Reply reply;
      try {
        if (job.only_prompt) {
          reply.finish_reason = "length";
        } else {
          if (!teacher) teacher = make_();
          reply = AskOne(*teacher, job.request);
        }
      } catch (const std::exception&) {
        reply = {.error = "the teacher failed"};
      }
      Report(std::move(job), std::move(reply));
    }
  }

  static Reply AskOne(Teacher& teacher, const Request& request) {
    Reply answer{.error = "the teacher gave no answer"};
    teacher.Ask({&request, 1}, [&](Reply reply) {
      answer = std::move(reply);
      return true;
    });
    return answer;
  }

  void Report(EngineJob job, Reply reply) {
    auto work = [job = std::make_shared<EngineJob>(std::move(job)), reply = std::move(reply)]() mutable {
      CutAtStop(job->stop, reply);
      if (job->on_delta && reply.error.empty()) {
        job->on_delta({.text = Text(reply.completion), .logprobs = reply.logprobs});
      }
      job->on_done({.reply = std::move(reply), .prompt = {}, .stop = {}});
    };
    if (post_) {
      post_(std::move(work));
    } else {
      work();
    }
  }

  std::function<std::unique_ptr<Teacher>()> make_;
  std::function<void(std::function<void()>)> post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  int64_t next_ = 1;
  std::deque<std::pair<int64_t, EngineJob>> waiting_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Engine> MakeForwardEngine(std::function<std::unique_ptr<Teacher>()> make, int threads,
                                          std::function<void(std::function<void()>)> post) {
  return std::make_unique<ForwardEngine>(std::move(make), threads, std::move(post));
}

}  // namespace retort
