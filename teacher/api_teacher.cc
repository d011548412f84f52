// The scheduling of requests: what waits, what is in flight, what is asked again. A failure is asked again after a wait
// that doubles; a limit that the server names holds everything back; what can never work (a wrong key) stops the rest.
#include "teacher/api_teacher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/random.h"
#include "teacher/api_access.h"
#include "teacher/http_client.h"
#include "teacher/ledger.h"
#include "teacher/openai_protocol.h"
#include "teacher/rate_limit.h"
#include "teacher/server_limits.h"

namespace retort {
namespace {

constexpr double kLongestRetryAfter = 900;  // seconds; a server that asks for more is taken at its word: it is closed
constexpr double kStep = 0.2;               // seconds until an interrupt is looked for
// The chat format around a message, and a system prompt that a server may put in front.
constexpr int64_t kTokensAMessage = 16, kTokensARequest = 64;

bool MayWorkLater(int status) { return status == 408 || status == 409 || status == 429 || status >= 500; }

// Whether counts can be those of this text: each answer has a token, and none has more than 256 bytes.
bool Plausible(const Usage& usage, size_t answers, size_t bytes) {
  return usage.completion_tokens >= static_cast<int64_t>(bytes == 0 ? 0 : answers) &&
         usage.completion_tokens * 256 >= static_cast<int64_t>(bytes);
}

// Whether the two are attempts of one question, asked in the same way.
bool Alike(const Request& a, const Request& b) {
  return a.id == b.id && a.attempt != b.attempt && a.prompt == b.prompt && a.sampling == b.sampling;
}

class ApiTeacher : public Teacher {
 public:
  ApiTeacher(const ApiTeacherConfig& config, std::function<bool()> stop)
      : config_(config),
        stop_(std::move(stop)),
        key_(ReadApiKey(config)),
        url_(CheckedBaseUrl(config, !key_.empty()) +
             (config.endpoint == "chat" ? "/chat/completions" : "/completions")),
        requests_(config.requests_per_minute, 1.0 / 60, 1),
        tokens_(config.tokens_per_minute, 0.25, 1) {
    if (!config.ca_file.empty()) ReadFile(config.ca_file, 16 << 20);  // now, and not at the first request
  }

  Card card() const override {
    std::string identity = fmt::format("{} {}", url_, config_.model);
    for (const std::string& stop : config_.stop) identity += " stop=" + stop;
    return {.name = config_.model, .kind = "api", .identity = identity, .licence = "unknown"};
  }

  bool UseLedger(Ledger* ledger) override {
    ledger_ = ledger;
    return true;
  }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    if (!client_) client_ = std::make_unique<HttpClient>(Options());
    requests_asked_ = requests;
    on_reply_ = &on_reply;
    stopped_ = false;
    stop_reason_.clear();
    Plan();
    try {
      Work();
    } catch (...) {
      GiveUp();
      throw;
    }
    GiveUp();
  }

 private:
  // Answers to one prompt, asked for together.
  struct Job {
    std::vector<size_t> asked;  // which requests
    int tries = 0;
  };
  struct Flight {
    Job job;
    Usage most;
  };

  void Work() {
    std::vector<HttpReply> done;
    for (;;) {
      const double wait = SendWhatMay();
      const bool idle = waiting_.empty() && later_.empty() && in_flight_.empty();
      if (stopped_ || idle || Interrupted() || (stop_ && stop_())) return;
      done.clear();
      client_->Step(std::min(wait, kStep), done);
      for (const HttpReply& reply : done) {
        if (!stopped_) Handle(reply);
      }
    }
  }

  HttpOptions Options() const {
    HttpOptions options{.ca_file = config_.ca_file,
                        .connect_timeout = config_.connect_timeout,
                        .first_byte_timeout = config_.first_byte_timeout,
                        .total_timeout = config_.total_timeout,
                        .max_bytes = static_cast<size_t>(config_.max_response_mb) << 20,
                        .headers = {"Content-Type: application/json", "Expect:"}};
    if (!key_.empty()) options.headers.push_back("Authorization: Bearer " + key_);
    return options;
  }

  // One job for each prompt's attempts that stand together, n_per_request at most.
  void Plan() {
    waiting_.clear();
    later_.clear();
    for (size_t i = 0; i < requests_asked_.size(); ++i) {
      const Request& request = requests_asked_[i];
      const std::vector<size_t>* last = waiting_.empty() ? nullptr : &waiting_.back().asked;
      if (last != nullptr && last->size() < static_cast<size_t>(config_.n_per_request) &&
          Alike(requests_asked_[last->front()], request)) {
        waiting_.back().asked.push_back(i);
      } else {
        waiting_.push_back({.asked = {i}});
      }
    }
  }

  int MaxTokens(const Request& request) const {
    return request.sampling.max_new_tokens > 0 ? request.sampling.max_new_tokens : config_.max_tokens;
  }

  // At worst: no token has less than a byte, and no answer more tokens than were asked for.
  Usage Most(const Job& job) const {
    const Request& request = requests_asked_[job.asked.front()];
    Usage most{.prompt_tokens = kTokensARequest};
    for (const Message& message : request.prompt) {
      most.prompt_tokens += kTokensAMessage + static_cast<int64_t>(message.content.size());
    }
    most.completion_tokens = int64_t{MaxTokens(request)} * static_cast<int64_t>(job.asked.size());
    return most;
  }

  // Sends what the limits allow. Returns the seconds until more may be sent.
  double SendWhatMay() {
    const double now = MonotonicSeconds();
    while (!later_.empty() && later_.begin()->first <= now) {
      waiting_.push_front(std::move(later_.begin()->second));
      later_.erase(later_.begin());
    }
    while (!waiting_.empty() && !stopped_) {
      if (!stop_reason_.empty()) {
        const Job job = std::move(waiting_.front());
        waiting_.pop_front();
        Fail(job, stop_reason_);
        continue;
      }
      if (in_flight_.size() >= static_cast<size_t>(config_.concurrency)) break;
      if (paused_until_ > now) return paused_until_ - now;
      const Usage most = Most(waiting_.front());
      const auto tokens = static_cast<double>(most.Total());
      if (const double wait = std::max(requests_.Wait(1, now), tokens_.Wait(tokens, now)); wait > 0) return wait;
      Job job = std::move(waiting_.front());
      waiting_.pop_front();
      const Request& request = requests_asked_[job.asked.front()];
      if (const std::string problem = Unfit(request); !problem.empty()) {
        Fail(job, problem, true);
        continue;
      }
      std::string body = RequestBody(config_, request, static_cast<int>(job.asked.size()), MaxTokens(request));
      const int64_t sending = next_sending_++;
      if (ledger_ != nullptr && !ledger_->Open(sending, most)) {
        Stop("the budget (collect.budget) is spent");
        Fail(job, stop_reason_);
        continue;
      }
      requests_.Take(1);
      tokens_.Take(tokens);
      in_flight_.emplace(sending, Flight{.job = std::move(job), .most = most});
      client_->Post(sending, url_, std::move(body));
    }
    return later_.empty() ? kStep : std::max(0.0, later_.begin()->first - now);
  }

  std::string Unfit(const Request& request) const {
    if (!IsPlain(request.prompt) && config_.endpoint != "chat")
      return "the completions endpoint takes plain text, not chat messages";
    if (request.sampling.processor) return "a server takes no logits processor";
    return "";
  }

  void Stop(const std::string& reason) {
    stop_reason_ = reason;
    for (auto& [time, job] : later_) waiting_.push_back(std::move(job));
    later_.clear();
  }

  void Settle(int64_t sending, const Usage& charged) {
    const Usage most = in_flight_.at(sending).most;
    in_flight_.erase(sending);
    tokens_.GiveBack(static_cast<double>(most.Total() - charged.Total()));
    if (ledger_ != nullptr) ledger_->Close(sending, charged);
  }

  // It stays in flight until its cost is settled: if a caller throws, or stops, it is then charged at its most.
  void Handle(const HttpReply& http) {
    const Flight flight = in_flight_.at(http.ticket);
    // What the server says is left: nothing goes out that it would refuse.
    if (const double wait = UntilMoreIsAllowed(http.limits); wait > 0 && wait <= kLongestRetryAfter) {
      paused_until_ = std::max(paused_until_, MonotonicSeconds() + wait);
    }
    if (!http.error.empty()) {
      Settle(http.ticket, http.maybe_received ? flight.most : Usage{});
      Retry(flight.job, http.error, 0);
    } else if (http.status >= 200 && http.status < 300) {
      HandleAnswer(http, flight);
    } else {
      Settle(http.ticket, {});
      HandleRefusal(http, flight.job);
    }
  }

  void HandleRefusal(const HttpReply& http, const Job& job) {
    const std::string text = fmt::format("HTTP {}: {}", http.status, ErrorText(http.body, key_));
    if (http.status < 400) {
      Stop(fmt::format("HTTP {}: the server sends elsewhere, and nothing is sent there: mend teacher.base_url",
                       http.status));
      Fail(job, stop_reason_);
    } else if (http.status == 401 || http.status == 403 || http.status == 404) {
      const std::string_view mend = http.status == 401   ? "; see to teacher.api_key_env or teacher.api_key_file"
                                    : http.status == 404 ? "; see to teacher.base_url and teacher.model"
                                                         : "";
      Stop(fmt::format("{}{}", text, mend));
      Fail(job, stop_reason_);  // so it will be for every other
    } else if (!MayWorkLater(http.status)) {
      Fail(job, text, true);
    } else {
      const double asked = RetryAfter(http.limits);
      if (asked > kLongestRetryAfter) {
        Stop(fmt::format("{} (the server asks to wait {:.0f} seconds)", text, asked));
        Fail(job, stop_reason_);
        return;
      }
      if (asked > 0) paused_until_ = std::max(paused_until_, MonotonicSeconds() + asked);
      Retry(job, text, asked);
    }
  }

  void HandleAnswer(const HttpReply& http, const Flight& flight) {
    const size_t n = flight.job.asked.size();
    WireReply wire = ParseReply(http.body, config_.stream, static_cast<int>(n), key_);
    size_t bytes = 0, answers = 0;
    for (const std::optional<WireChoice>& choice : wire.choices) {
      if (!choice) continue;
      ++answers;
      bytes += choice->text.size() + choice->reasoning.size();
    }
    const bool known = wire.error.empty() && wire.usage && Plausible(*wire.usage, answers, bytes);
    const Usage charged = known ? *wire.usage : flight.most;
    if (!wire.error.empty()) {
      Settle(http.ticket, charged);
      Retry(flight.job, wire.error, 0);
      return;
    }
    Job missing{.asked = {}, .tries = flight.job.tries};
    Usage left = charged;
    for (size_t i = 0; i < n && !stopped_; ++i) {
      if (!wire.choices[i]) {
        missing.asked.push_back(flight.job.asked[i]);
        continue;
      }
      WireChoice& choice = *wire.choices[i];
      const Request& request = requests_asked_[flight.job.asked[i]];
      Reply reply{.id = request.id, .attempt = request.attempt};
      reply.completion = AnswerTo(request.prompt, std::move(choice.text));
      reply.reasoning = std::move(choice.reasoning);
      reply.finish_reason = std::move(choice.finish_reason);
      reply.logprobs = std::move(choice.logprobs);
      // The prompt is paid for once; what was written, in equal shares.
      reply.usage = {.prompt_tokens = left.prompt_tokens,
                     .completion_tokens = left.completion_tokens / static_cast<int64_t>(answers)};
      left.prompt_tokens = 0;
      left.completion_tokens -= reply.usage.completion_tokens;
      --answers;
      Give(std::move(reply));
    }
    Settle(http.ticket, charged);  // last: a run killed before has the answers all the same
    if (!missing.asked.empty() && !stopped_) Retry(missing, "the reply has fewer answers than were asked for", 0);
  }

  void Retry(Job job, const std::string& problem, double at_least) {
    if (job.tries >= config_.max_retries || !stop_reason_.empty()) {
      Fail(job, fmt::format("{} ({} tries)", problem, job.tries + 1));
      return;
    }
    const Request& request = requests_asked_[job.asked.front()];
    RandomStream jitter(static_cast<uint64_t>(request.attempt), fmt::format("retry {} {}", job.tries, request.id));
    const double longest = std::min(config_.max_backoff, config_.backoff * std::exp2(job.tries));
    const double wait = std::max(at_least, longest * (0.5 + 0.5 * jitter.Uniform()));
    ++job.tries;
    later_.emplace(MonotonicSeconds() + wait, std::move(job));
  }

  void Fail(const Job& job, const std::string& problem, bool refused = false) {
    for (const size_t i : job.asked) {
      if (stopped_) return;
      Reply reply{.id = requests_asked_[i].id, .attempt = requests_asked_[i].attempt};
      reply.error = WithoutKey(problem, key_);  // a server may show us our own
      reply.refused = refused;
      Give(std::move(reply));
    }
  }

  void Give(Reply reply) {
    if (!(*on_reply_)(std::move(reply))) stopped_ = true;
  }

  // What is in flight may be answered and charged, though nobody waits for it any more.
  void GiveUp() {
    waiting_.clear();
    later_.clear();
    if (in_flight_.empty()) return;
    client_.reset();
    while (!in_flight_.empty()) {
      const Usage most = in_flight_.begin()->second.most;
      Settle(in_flight_.begin()->first, most);
    }
  }

  const ApiTeacherConfig config_;
  const std::function<bool()> stop_;
  const std::string key_, url_;
  RateLimit requests_, tokens_;
  Ledger* ledger_ = nullptr;
  std::unique_ptr<HttpClient> client_;
  int64_t next_sending_ = 0;
  double paused_until_ = 0;

  // Of one Ask.
  std::span<const Request> requests_asked_;
  const std::function<bool(Reply)>* on_reply_ = nullptr;
  std::deque<Job> waiting_;
  std::multimap<double, Job> later_;  // by the time when they may be sent again
  std::map<int64_t, Flight> in_flight_;
  bool stopped_ = false;     // nobody wants more replies
  std::string stop_reason_;  // not empty: nothing more is sent, and why
};

}  // namespace

std::unique_ptr<Teacher> MakeApiTeacher(const ApiTeacherConfig& config, std::function<bool()> stop) {
  return std::make_unique<ApiTeacher>(config, std::move(stop));
}

}  // namespace retort
