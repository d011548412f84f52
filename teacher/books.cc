#include "teacher/books.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace retort {
namespace {

Sample ToSample(const Request& request, Reply reply) {
  return {.id = request.id,
          .attempt = request.attempt,
          .prompt = request.prompt,
          .completion = std::move(reply.completion),
          .reasoning = std::move(reply.reasoning),
          .finish_reason = std::move(reply.finish_reason),
          .usage = reply.usage,
          .grade = std::nullopt,
          .logprobs = std::move(reply.logprobs)};
}

Reply ToReply(Sample sample) {
  return {.id = std::move(sample.id),
          .attempt = sample.attempt,
          .error = "",
          .completion = std::move(sample.completion),
          .reasoning = std::move(sample.reasoning),
          .finish_reason = std::move(sample.finish_reason),
          .usage = sample.usage,
          .logprobs = std::move(sample.logprobs)};
}

}  // namespace

void Describe(Describer& d, BudgetConfig& config) {
  d.Field("requests", config.requests,
          {.help = "never send more, retries and earlier runs included; 0: no limit", .min = 0, .numerics = false});
  d.Field("tokens", config.tokens,
          {.help = "never be charged for more, read and written; 0: no limit",
           .unit = "tokens",
           .min = 0,
           .numerics = false});
  d.Field(
      "dollars", config.dollars,
      {.help = "never be charged for more, by `prices`; 0: no limit", .unit = "dollars", .min = 0, .numerics = false});
}

BudgetConfig SharedBudget::For(const std::string& who) const {
  BudgetConfig left = whole_;
  for (const auto& [name, spent] : spent_) {
    if (name == who) continue;
    if (whole_.requests > 0) left.requests = std::max<int64_t>(1, left.requests - spent.requests);
    if (whole_.tokens > 0) left.tokens = std::max<int64_t>(1, left.tokens - spent.tokens);
    if (whole_.dollars > 0) left.dollars = std::max(1e-9, left.dollars - spent.dollars);
  }
  return left;
}

BudgetConfig SharedBudget::Share(int count) const {
  BudgetConfig left = For("");
  if (left.requests > 0) left.requests = std::max<int64_t>(1, left.requests / count);
  if (left.tokens > 0) left.tokens = std::max<int64_t>(1, left.tokens / count);
  left.dollars /= count;
  return left;
}

void SharedBudget::Spent(const std::string& who, const Manifest& manifest) {
  const auto sent = manifest.counts.find("sent");
  spent_[who] = {.requests = sent == manifest.counts.end() ? 0 : sent->second,
                 .tokens = manifest.usage.Total(),
                 .dollars = manifest.dollars};
}

Books::Books(Teacher& teacher, Journal& journal, const BudgetConfig& budget, const PriceConfig& price)
    : teacher_(teacher), journal_(journal), budget_(budget), price_(price), paid_(teacher.UseLedger(this)) {
  if (budget.dollars > 0 && paid_ && price.input == 0 && price.output == 0) {
    throw Error({.file = "", .line = 0, .place = "collect.budget.dollars"}, "needs a price, and none is given",
                "choose one, as prices=gpt_4o, or set prices.input and prices.output");
  }
}

Books::~Books() { teacher_.UseLedger(nullptr); }

void Books::Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) {
  std::vector<Request> missing;
  std::vector<uint64_t> keys;  // of the missing
  for (const Request& request : requests) {
    const uint64_t key = RequestKey(request);
    if (journal_.HasAnswer(key)) {
      if (!on_reply(ToReply(ParseSample(journal_.AnswerJson(key), "journal", 0)))) return;
    } else if (journal_.WasRefused(key)) {
      Reply reply{.id = request.id, .attempt = request.attempt, .error = "the teacher refused it before"};
      reply.refused = true;
      if (!on_reply(std::move(reply))) return;
    } else {
      missing.push_back(request);
      keys.push_back(key);
    }
  }
  if (missing.empty()) return;
  std::map<std::pair<std::string, int>, size_t> place;
  for (size_t i = 0; i < missing.size(); ++i) place.emplace(std::pair(missing[i].id, missing[i].attempt), i);
  const double began = MonotonicSeconds();
  teacher_.Ask(missing, [&](Reply reply) {
    const auto found = place.find({reply.id, reply.attempt});
    if (found == place.end()) return true;  // an answer that nobody asked for
    const uint64_t key = keys[found->second];
    if (reply.error.empty()) {
      const Sample sample = ToSample(missing[found->second], std::move(reply));
      journal_.Answered(key, sample, paid_);
      return on_reply(ToReply(sample));
    }
    ++failed_;
    if (reply.refused) {
      ++refused_;
      journal_.Refused(key, reply.error);
    }
    return on_reply(std::move(reply));
  });
  if (!paid_) journal_.Seconds(MonotonicSeconds() - began);
  journal_.Sync();
}

double Books::dollars() const {
  return Dollars(price_, journal_.totals().charged) + Dollars(price_, Usage{}, journal_.totals().seconds);
}

bool Books::Open(int64_t sending, const Usage& most) {
  const Journal::Totals& totals = journal_.totals();
  if (budget_.requests > 0 && totals.sendings + 1 > budget_.requests) return false;
  if (budget_.tokens > 0 && (totals.charged + most).Total() > budget_.tokens) return false;
  if (budget_.dollars > 0 && Dollars(price_, totals.charged) + Dollars(price_, most) > budget_.dollars) return false;
  in_flight_[sending] = {.number = journal_.Sent(most), .most = most};
  return true;
}

void Books::Close(int64_t sending, const Usage& charged) {
  const auto found = in_flight_.find(sending);
  journal_.Closed(found->second.number, found->second.most, charged);
  in_flight_.erase(found);
}

}  // namespace retort
