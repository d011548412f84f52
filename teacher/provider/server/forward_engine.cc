#include "teacher/provider/server/forward_engine.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/server/answer_text.h"
#include "teacher/provider/server/fair_queue.h"

namespace retort {
namespace {

class ForwardEngine : public Engine {
 public:
  ForwardEngine(TeacherFactory make, const ForwardOptions& options, std::function<void(std::function<void()>)> post)
      : make_(std::move(make)), seconds_(options.seconds), post_(std::move(post)) {
    threads_.reserve(static_cast<size_t>(options.threads));
    for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~ForwardEngine() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = cancels_all_ = true;
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
      if (!cancels_all_) {
        const std::string owner = job.owner;
        waiting_.Push(owner, name, std::move(job));
        wake_.notify_one();
        return name;
      }
    }
    Report(std::move(job), {.error = "cancelled"});
    return name;
  }

  // A teacher that is being asked already may still be answering, and counting: nobody knows how much.
  void Cancel(int64_t job) override {
    std::optional<EngineJob> gone;
    {
      const std::lock_guard lock(mutex_);
      if (asked_.contains(job)) cancelled_.insert(job);
      gone = waiting_.Remove(job);
    }
    if (gone) Report(std::move(*gone), {.error = "cancelled"});
  }

  void CancelAll() override {
    FairQueue<EngineJob> gone;
    {
      const std::lock_guard lock(mutex_);
      cancels_all_ = true;
      std::swap(gone, waiting_);
    }
    while (!gone.empty()) Report(gone.Pop().second, {.error = "cancelled"});
  }

 private:
  void Work() {
    std::unique_ptr<Teacher> teacher;
    Asked asked;
    for (;;) {
      EngineJob job;
      int64_t name = 0;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ends_ || !waiting_.empty(); });
        if (ends_) return;
        std::tie(name, job) = waiting_.Pop();
        asked_.insert(name);
      }
      Reply reply;
      try {
        if (job.only_prompt) {
          reply.finish_reason = "length";
        } else {
          asked = {.name = name, .end = MonotonicSeconds() + seconds_};
          if (!teacher) teacher = make_([this, &asked] { return MustEnd(asked); });
          reply = AskOne(*teacher, asked, job.request);
        }
      } catch (const std::exception&) {
        reply = {.error = "the teacher failed"};
      }
      {
        const std::lock_guard lock(mutex_);
        asked_.erase(name);
        cancelled_.erase(name);
      }
      Report(std::move(job), std::move(reply));
    }
  }

  struct Asked {  // by one thread
    int64_t name = 0;
    double end = 0;
  };

  bool IsCancelled(int64_t name) {
    const std::lock_guard lock(mutex_);
    return cancels_all_ || cancelled_.contains(name);
  }
  bool MustEnd(const Asked& asked) {
    return IsCancelled(asked.name) || (seconds_ > 0 && MonotonicSeconds() > asked.end);
  }

  Reply AskOne(Teacher& teacher, const Asked& asked, const Request& request) {
    Reply answer{.error = "the teacher gave no answer"};
    bool answered = false;
    teacher.Ask({&request, 1}, [&](Reply reply) {
      answer = std::move(reply);
      answered = true;
      return true;
    });
    // Whoever leaves while it is asked is charged the most that it can have taken, else leaving would make it free.
    if (!answered && IsCancelled(asked.name)) answer.usage.completion_tokens = request.sampling.max_new_tokens;
    if (!answer.error.empty()) answer.error = answer.refused ? "the teacher refused" : "the teacher failed";
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

  TeacherFactory make_;
  const double seconds_;
  std::function<void(std::function<void()>)> post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false, cancels_all_ = false;
  int64_t next_ = 1;
  FairQueue<EngineJob> waiting_;
  std::set<int64_t> asked_, cancelled_;  // the second: of the first
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Engine> MakeForwardEngine(TeacherFactory make, const ForwardOptions& options,
                                          std::function<void(std::function<void()>)> post) {
  return std::make_unique<ForwardEngine>(std::move(make), options, std::move(post));
}

}  // namespace retort
