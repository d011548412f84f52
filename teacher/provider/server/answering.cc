#include "teacher/provider/server/answering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <optional>
#include <random>
#include <utility>

#include "core/base/error.h"
#include "teacher/provider/server/answer_text.h"

namespace retort {
namespace {

int64_t FreshSeed() {
  static thread_local std::random_device device;
  return static_cast<int64_t>((static_cast<uint64_t>(device()) << 32 | device()) >> 1);
}

}  // namespace

WireError ErrorOf(const Exchange& exchange, const Reply& reply) {
  if (exchange.denial) {
    const Denial& denial = *exchange.denial;
    WireError error(reply.error, "", denial.code, denial.status);
    error.type = denial.type;
    error.retry_after = denial.retry_after;
    return error;
  }
  if (reply.refused) return WireError(reply.error, "", "refused");
  // Why is the provider's own affair.
  WireError error("the model failed to answer", "", "", 500);
  error.type = "server_error";
  return error;
}

Answering::Answering(const Setting& setting, WireRequest request, const WireHead& head, const Caller& caller,
                     HttpHeaders headers, std::shared_ptr<HttpReply> reply)
    : setting_(setting),
      request_(std::move(request)),
      head_(head),
      caller_(caller),
      headers_(std::move(headers)),
      reply_(std::move(reply)),
      streams_(request_.stream && !setting.policies.needs_whole_reply() &&
               !(request_.echo && request_.sampling.top_logprobs >= 0)) {}

Answering::~Answering() = default;

void Answering::Start(int default_tokens, int max_tokens) {
  prompts_.resize(request_.prompts.size());
  for (size_t p = 0; p < prompts_.size(); ++p) {
    prompts_[p].asked = std::move(request_.prompts[p]);
    prompts_[p].choices.resize(static_cast<size_t>(request_.n));
    for (size_t c = 0; c < prompts_[p].choices.size(); ++c) {
      prompts_[p].choices[c].answer.index = static_cast<int>(p) * request_.n + static_cast<int>(c);
    }
    Read(prompts_[p], default_tokens, max_tokens);
    for (Choice& choice : prompts_[p].choices) {
      if (request_.echo) choice.answer.echo = Text(prompts_[p].asked.messages);
    }
  }
  for (size_t p = 0; p < prompts_.size(); ++p) Enter(p);
  for (const Prompt& prompt : prompts_) TakeHeaders(prompt.visit->exchange().headers);
  const std::lock_guard lock(mutex_);
  setting_.answers += static_cast<int>(left_);
  reply_->OnGone([self = weak_from_this(), post = setting_.post] {
    post([self] {
      if (const auto answering = self.lock()) answering->Leave();
    });
  });
  if (left_ == 0) return Finish();
  for (size_t p = 0; p < prompts_.size(); ++p) Submit(p);
}

void Answering::Read(Prompt& prompt, int default_tokens, int max_tokens) {
  WirePrompt& asked = prompt.asked;
  try {
    if (asked.ids.empty()) {
      asked.ids = setting_.engine.Encode(asked.messages);
    } else {
      asked.messages = {{"", setting_.engine.Decode(asked.ids)}};
    }
  } catch (const Error& error) {
    throw WireError(error.what(), request_.chat ? "messages" : "prompt", "invalid_prompt");
  }
  prompt.max_tokens = std::min(request_.max_tokens.value_or(default_tokens), max_tokens);
  const int64_t context = setting_.engine.context(), size = static_cast<int64_t>(asked.ids.size());
  if (context <= 0) return;
  if (size > context) {
    throw WireError(fmt::format("this model's maximum context length is {} tokens; the prompt has {}", context, size),
                    request_.chat ? "messages" : "prompt", "context_length_exceeded");
  }
  prompt.max_tokens = static_cast<int>(std::min<int64_t>(prompt.max_tokens, context - size + 1));
}

Exchange Answering::MakeExchange(const Prompt& prompt, const Caller& caller) const {
  Request asked{.id = "answer", .attempt = 0, .prompt = prompt.asked.messages, .sampling = request_.sampling};
  asked.sampling.max_new_tokens = std::max(prompt.max_tokens, 1);  // 0 would be as many as there is room for
  if (!request_.has_seed) asked.sampling.seed = FreshSeed();
  Exchange exchange{.asked = asked, .forwarded = asked, .caller = caller};
  exchange.model = request_.model;
  exchange.choices = request_.n;
  exchange.prompt_tokens = prompt.asked.ids.empty() ? -1 : static_cast<int64_t>(prompt.asked.ids.size());
  exchange.scores_prompt = request_.echo && request_.sampling.top_logprobs >= 0;
  return exchange;
}

// A policy may answer in the teacher's place: the answer stands for every choice. Where it is a no, the prompts that
// had passed are settled as failed.
void Answering::Enter(size_t index) {
  Prompt& prompt = prompts_[index];
  prompt.visit = std::make_unique<Visit>(setting_.policies, MakeExchange(prompt, caller_));
  std::optional<Reply> reply = prompt.visit->Enter();
  if (!reply) {
    left_ += prompt.choices.size();
    return;
  }
  prompt.visit->End();
  if (!reply->error.empty()) {
    WireError error = ErrorOf(prompt.visit->exchange(), *reply);
    error.headers = prompt.visit->exchange().headers;
    told_ = error.status;
    SettleRest();
    throw error;
  }
  for (Choice& choice : prompt.choices) {
    choice.done = true;
    choice.answer.text = reply->completion.empty() ? "" : reply->completion.back().content;
    choice.answer.finish_reason = reply->finish_reason;
  }
  prompt.shown = reply->usage;
}

void Answering::Submit(size_t index) {
  Prompt& prompt = prompts_[index];
  if (prompt.choices.front().done) return;
  const Exchange& exchange = prompt.visit->exchange();
  for (size_t c = 0; c < prompt.choices.size(); ++c) {
    EngineJob job{.request = exchange.forwarded, .ids = {}, .stop = {}, .on_delta = {}, .on_done = {}};
    job.request.attempt = static_cast<int>(c);
    if (exchange.forwarded.prompt == exchange.asked.prompt) job.ids = prompt.asked.ids;
    if (!setting_.policies.needs_whole_reply()) job.stop = request_.stop;
    if (exchange.scores_prompt) job.prompt_logprobs = exchange.forwarded.sampling.top_logprobs;
    job.only_prompt = prompt.max_tokens == 0;
    if (streams_) {
      job.on_delta = [self = shared_from_this(), index, c](EngineDelta delta) {
        self->Hear(index, c, std::move(delta));
      };
    }
    job.on_done = [self = shared_from_this(), index, c](EngineReply reply) { self->Done(index, c, std::move(reply)); };
    prompt.choices[c].job = setting_.engine.Submit(std::move(job));
  }
}

// On the decode loop: only puts aside. One Flush at a time sends what has come together meanwhile.
void Answering::Hear(size_t prompt, size_t choice, EngineDelta delta) {
  {
    const std::lock_guard lock(heard_mutex_);
    EngineDelta& heard = heard_[static_cast<int>(prompt) * request_.n + static_cast<int>(choice)];
    heard.text += delta.text;
    std::ranges::move(delta.logprobs, std::back_inserter(heard.logprobs));
    if (std::exchange(flushing_, true)) return;
  }
  setting_.post([self = shared_from_this()] { self->Flush(); });
}

void Answering::Flush() {
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard heard_lock(heard_mutex_);
    flushing_ = false;
  }
  for (Prompt& prompt : prompts_) {
    for (Choice& choice : prompt.choices) {
      if (ended_) return;
      if (choice.done) continue;
      if (Reply part = Heard(prompt, choice.answer.index); !part.completion.empty()) Show(prompt, choice, part);
    }
  }
}

// What came of a choice since the last time; no completion: nothing.
Reply Answering::Heard(const Prompt& prompt, int index) {
  const std::lock_guard lock(heard_mutex_);
  Reply part{.logprobs = {}};
  if (auto found = heard_.extract(index)) {
    part.completion = AnswerTo(prompt.asked.messages, std::move(found.mapped().text));
    part.logprobs = std::move(found.mapped().logprobs);
  }
  return part;
}

// What the policies let through of a reply, or of a part of one, on its way.
void Answering::Show(Prompt& prompt, Choice& choice, Reply& reply) {
  prompt.visit->Show(reply);
  if (prompt.visit->exchange().denial || !reply.error.empty()) return Fail(ErrorOf(prompt.visit->exchange(), reply));
  if (setting_.policies.needs_whole_reply()) CutAtStop(request_.stop, reply);
  WireAnswer part{.index = choice.answer.index};
  part.text = reply.completion.empty() ? "" : std::move(reply.completion.back().content);
  part.reasoning = std::move(reply.reasoning);
  part.finish_reason = reply.finish_reason;
  part.has_logprobs = prompt.visit->exchange().asked.sampling.top_logprobs >= 0 &&
                      prompt.visit->exchange().forwarded.sampling.top_logprobs >= 0 &&
                      (!reply.logprobs.empty() || part.text.empty());
  part.logprobs = std::move(reply.logprobs);
  part.echo = std::exchange(choice.answer.echo, {});
  part.prompt = std::exchange(choice.answer.prompt, {});
  part.stop = std::exchange(choice.answer.stop, {});
  if (request_.stream) {
    SendPart(choice, part);
  } else {
    choice.answer = std::move(part);
  }
}

void Answering::Done(size_t prompt, size_t choice, EngineReply reply) {
  const std::lock_guard lock(mutex_);
  --setting_.answers;
  --left_;
  Take(prompts_[prompt], prompts_[prompt].choices[choice], std::move(reply));
  if (left_ == 0 && !ended_) Finish();
  if (left_ == 0) SettleRest();
}

void Answering::Take(Prompt& prompt, Choice& choice, EngineReply whole) {
  Reply& reply = whole.reply;
  Usage& spent = prompt.visit->exchange().spent;
  spent.prompt_tokens = std::max(spent.prompt_tokens, reply.usage.prompt_tokens);  // read once for all choices
  spent.completion_tokens += reply.usage.completion_tokens;
  choice.done = true;
  if (ended_) return;
  if (!reply.error.empty()) {
    prompt.visit->Show(reply);
    return Fail(ErrorOf(prompt.visit->exchange(), reply));
  }
  if (streams_) {  // only what was not sent yet
    Reply rest = Heard(prompt, choice.answer.index);
    if (rest.completion.empty()) rest.completion = AnswerTo(prompt.asked.messages, "");
    rest.reasoning = std::move(reply.reasoning);
    rest.finish_reason = std::move(reply.finish_reason);
    rest.usage = reply.usage;
    reply = std::move(rest);
  }
  Reply shown = std::move(reply);
  const Usage before = prompt.shown;
  choice.answer.prompt = std::move(whole.prompt);
  choice.answer.stop = std::move(whole.stop);
  Show(prompt, choice, shown);
  prompt.shown = {.prompt_tokens = std::max(before.prompt_tokens, shown.usage.prompt_tokens),
                  .completion_tokens = before.completion_tokens + shown.usage.completion_tokens};
}

void Answering::Open() {
  if (std::exchange(opened_, true)) return;
  reply_->Start(200, Headers("text/event-stream"));
}

void Answering::SendPart(Choice& choice, const WireAnswer& part) {
  const bool says = !part.text.empty() || !part.reasoning.empty() || !part.echo.empty() || !part.logprobs.empty() ||
                    !part.finish_reason.empty();
  if (!says) return;
  Open();
  reply_->Write(StreamPart(head_, part, !std::exchange(choice.started, true)));
}

// Settles first: who is told that an answer is over must find it in the books.
void Answering::Finish() {
  Usage usage;
  try {
    for (Prompt& prompt : prompts_) {
      usage += prompt.shown;
      if (prompt.visit->exchange().status == 0) prompt.visit->End();
    }
  } catch (const std::exception&) {
    WireError error("the request could not be booked", "", "", 500);
    error.type = "server_error";
    return Fail(error);
  }
  ended_ = true;
  if (request_.stream) {
    Open();
    for (Prompt& prompt : prompts_) {
      for (Choice& choice : prompt.choices) {
        if (!choice.started) SendPart(choice, choice.answer);  // what a policy answered
      }
    }
    if (request_.include_usage) reply_->Write(StreamUsage(head_, usage));
    reply_->Write(kStreamEnd);
    reply_->Finish();
  } else {
    std::vector<WireAnswer> answers;
    for (Prompt& prompt : prompts_) {
      for (Choice& choice : prompt.choices) answers.push_back(std::move(choice.answer));
    }
    reply_->Send(200, Headers("application/json"), WholeReply(head_, answers, usage));
  }
}

// The client is told, what is still being made is ended; what it took is settled when all of it has ended.
void Answering::Fail(const WireError& error) {
  if (std::exchange(ended_, true)) return;
  told_ = error.status;
  if (opened_) {
    reply_->Write(StreamError(error));
    reply_->Finish();
  } else {
    HttpHeaders headers = Headers("application/json");
    if (error.retry_after > 0) headers.emplace_back("retry-after", fmt::format("{:.0f}", std::ceil(error.retry_after)));
    reply_->Send(error.status, headers, ErrorBody(error));
  }
  CancelAll();
}

void Answering::CancelAll() {
  for (const Prompt& prompt : prompts_) {
    for (const Choice& choice : prompt.choices) {
      if (!choice.done) setting_.engine.Cancel(choice.job);
    }
  }
}

void Answering::Leave() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  gone_ = true;
  CancelAll();
}

// Books what no answer went out for: as abandoned where the client left, else as failed.
void Answering::SettleRest() {
  for (Prompt& prompt : prompts_) {
    if (!prompt.visit || prompt.visit->exchange().status != 0) continue;
    if (gone_) {
      prompt.visit.reset();
      continue;
    }
    try {
      prompt.visit->exchange().denial = Denial{.status = told_};
      prompt.visit->End();
    } catch (const std::exception&) {  // the client has been told of a failure already
    }
  }
}

// Of several prompts the last one's hold: what is left after all of them.
void Answering::TakeHeaders(const HttpHeaders& headers) {
  for (const auto& header : headers) {
    std::erase_if(headers_, [&](const auto& other) { return other.first == header.first; });
    headers_.push_back(header);
  }
}

HttpHeaders Answering::Headers(const char* type) const {
  HttpHeaders headers = headers_;
  headers.emplace_back("content-type", type);
  return headers;
}

}  // namespace retort
