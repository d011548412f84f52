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
#include "teacher/provider/ip_address.h"
#include "teacher/provider/server/answer_errors.h"
#include "teacher/provider/server/answer_text.h"

namespace retort {
namespace {

// Of a prompt that is looked at at all, on average. Few texts have so few tokens.
constexpr int64_t kBytesAToken = 16;

int64_t FreshSeed() {
  static thread_local std::random_device device;
  return static_cast<int64_t>((static_cast<uint64_t>(device()) << 32 | device()) >> 1);
}

void CheckFits(int64_t tokens, int64_t context, const char* place) {
  if (context <= 0 || tokens <= context) return;
  throw WireError(fmt::format("this model's maximum context length is {} tokens; the prompt has {}", context, tokens),
                  place, "context_length_exceeded");
}

}  // namespace

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

Answering::~Answering() {
  if (!owner_.empty()) setting_.seats.Leave(owner_, static_cast<int>(left_));  // of what was never reported
}

void Answering::Start(int default_tokens, int max_tokens) {
  prompts_.resize(request_.prompts.size());
  for (size_t p = 0; p < prompts_.size(); ++p) {
    prompts_[p].asked = std::move(request_.prompts[p]);
    prompts_[p].choices.resize(static_cast<size_t>(request_.n));
    for (size_t c = 0; c < prompts_[p].choices.size(); ++c) {
      prompts_[p].choices[c].answer.index = static_cast<int>(p) * request_.n + static_cast<int>(c);
    }
    prompts_[p].max_tokens = std::min(request_.max_tokens.value_or(default_tokens), max_tokens);
    Read(prompts_[p]);
    for (Choice& choice : prompts_[p].choices) {
      if (request_.echo) choice.answer.echo = Text(prompts_[p].asked.messages);
    }
  }
  for (size_t p = 0; p < prompts_.size(); ++p) Enter(p);
  for (const auto& header : VisitHeaders()) headers_.push_back(header);
  const std::lock_guard lock(mutex_);
  TakeSeats();
  reply_->OnGone([self = weak_from_this(), post = setting_.post] {
    if (!self.expired())
      post([self] {
        if (const auto answering = self.lock()) answering->Leave();
      });
  });
  if (left_ == 0) return Finish();
  for (size_t p = 0; p < prompts_.size(); ++p) Submit(p);
}

// What costs next to nothing: the text, and that it is not far longer than what the model reads.
void Answering::Read(Prompt& prompt) {
  WirePrompt& asked = prompt.asked;
  const char* place = request_.chat ? "messages" : "prompt";
  const int64_t context = setting_.engine.context();
  int64_t bytes = 0;
  for (const Message& message : asked.messages) bytes += static_cast<int64_t>(message.content.size());
  if (context > 0 && bytes > context * kBytesAToken) {
    throw WireError(fmt::format("this model's maximum context length is {} tokens; a prompt of {} bytes is not read",
                                context, bytes),
                    place, "context_length_exceeded");
  }
  if (asked.ids.empty()) return;
  CheckFits(static_cast<int64_t>(asked.ids.size()), context, place);
  try {
    asked.messages = {{"", setting_.engine.Decode(asked.ids)}};
  } catch (const Error& error) {
    throw WireError(error.what(), place, "invalid_prompt");
  }
}

// What costs, and so comes after the policies that need not know it.
void Answering::Measure(Prompt& prompt, Exchange& exchange) {
  WirePrompt& asked = prompt.asked;
  const char* place = request_.chat ? "messages" : "prompt";
  try {
    if (asked.ids.empty()) asked.ids = setting_.engine.Encode(asked.messages);
  } catch (const Error& error) {
    throw WireError(error.what(), place, "invalid_prompt");
  }
  const int64_t context = setting_.engine.context(), size = static_cast<int64_t>(asked.ids.size());
  if (size > 0) exchange.prompt_tokens = size;
  if (context <= 0) return;
  CheckFits(size, context, place);
  prompt.max_tokens = static_cast<int>(std::min<int64_t>(prompt.max_tokens, context - size + 1));
  for (Request* request : {&exchange.asked, &exchange.forwarded}) {
    int& most = request->sampling.max_new_tokens;
    most = std::min(most, std::max(prompt.max_tokens, 1));
  }
}

Exchange Answering::MakeExchange(Prompt& prompt) {
  Request asked{.id = "answer", .attempt = 0, .prompt = prompt.asked.messages, .sampling = request_.sampling};
  asked.sampling.max_new_tokens = std::max(prompt.max_tokens, 1);  // 0 would be as many as there is room for
  if (!request_.has_seed) asked.sampling.seed = FreshSeed();
  Exchange exchange{.asked = asked, .forwarded = asked, .caller = caller_};
  exchange.model = request_.model;
  exchange.choices = request_.n;
  exchange.measure = [this, &prompt](Exchange& measured) { Measure(prompt, measured); };
  exchange.scores_prompt = request_.echo && request_.sampling.top_logprobs >= 0;
  return exchange;
}

// A policy may answer in the teacher's place: the answer stands for every choice. Where it is a no, the prompts that
// had passed are settled as failed.
void Answering::Enter(size_t index) {
  Prompt& prompt = prompts_[index];
  prompt.visit = std::make_unique<Visit>(setting_.policies, MakeExchange(prompt));
  std::optional<Reply> reply;
  try {
    reply = prompt.visit->Enter();
    if (!reply) {
      prompt.visit->exchange().Measure();
      left_ += prompt.choices.size();
      return;
    }
  } catch (WireError& error) {
    Deny(std::move(error));
  }
  prompt.visit->End();
  if (!reply->error.empty()) Deny(ErrorOf(prompt.visit->exchange(), *reply));
  for (Choice& choice : prompt.choices) {
    choice.done = true;
    choice.answer.text = reply->completion.empty() ? "" : reply->completion.back().content;
    choice.answer.finish_reason = reply->finish_reason;
  }
  prompt.shown = reply->usage;
}

// Before anything is made: settles what had passed.
void Answering::Deny(WireError error) {
  error.headers = VisitHeaders();
  error.settled = true;
  ended_ = true;
  told_ = error.status;
  SettleRest();
  throw WireError(std::move(error));
}

void Answering::TakeSeats() {
  if (left_ == 0) return;
  std::string owner = "account " + prompts_.front().visit->exchange().account.name;
  if (owner == "account ") {
    const std::optional<IpAddress> address = ParseIp(caller_.address);
    owner = "address " + (address ? AddressGroup(*address, setting_.v6_prefix) : "");
  }
  const AnswerSeats::Taken taken = setting_.seats.Take(owner, static_cast<int>(left_));
  if (taken == AnswerSeats::Taken::kYes) {
    owner_ = std::move(owner);
    return;
  }
  if (taken == AnswerSeats::Taken::kAllFull) Deny(NoRoom());
  WireError error("too many answers of yours are being made; come back when some are done", "", "too_many_answers",
                  429);
  error.type = "requests";
  error.retry_after = 1;
  Deny(std::move(error));
}

void Answering::Submit(size_t index) {
  Prompt& prompt = prompts_[index];
  if (prompt.choices.front().done) return;
  const Exchange& exchange = prompt.visit->exchange();
  for (size_t c = 0; c < prompt.choices.size(); ++c) {
    EngineJob job{.owner = owner_, .request = exchange.forwarded, .ids = {}, .stop = {}, .on_delta = {}, .on_done = {}};
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

// No answer is worth the process: memory, a policy, or JSON that cannot be written.
void Answering::Guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception&) {
    Fail(ServerError("the model failed to answer"));
  }
}

void Answering::Flush() {
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard heard_lock(heard_mutex_);
    flushing_ = false;
  }
  Guarded([this] { ShowHeard(); });
}

void Answering::ShowHeard() {
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
    choice.written = WrittenChoice(head_.chat, part);
  }
}

void Answering::Done(size_t prompt, size_t choice, EngineReply reply) {
  const std::lock_guard lock(mutex_);
  setting_.seats.Leave(owner_, 1);
  --left_;
  Guarded([&] {
    Take(prompts_[prompt], prompts_[prompt].choices[choice], std::move(reply));
    if (left_ == 0 && !ended_) Finish();
  });
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
    return Fail(ServerError("the request could not be booked"));
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
    std::vector<std::string> choices;
    choices.reserve(prompts_.size() * static_cast<size_t>(request_.n));
    for (Prompt& prompt : prompts_) {
      for (Choice& choice : prompt.choices) {
        if (choice.written.empty()) choice.written = WrittenChoice(head_.chat, choice.answer);  // a policy's answer
        choices.push_back(std::move(choice.written));
      }
    }
    reply_->Send(200, Headers("application/json"), WholeReply(head_, choices, usage));
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
HttpHeaders Answering::VisitHeaders() const {
  HttpHeaders all;
  for (const Prompt& prompt : prompts_) {
    if (!prompt.visit) continue;
    for (const auto& header : prompt.visit->exchange().headers) {
      std::erase_if(all, [&](const auto& other) { return other.first == header.first; });
      all.push_back(header);
    }
  }
  return all;
}

HttpHeaders Answering::Headers(const char* type) const {
  HttpHeaders headers = headers_;
  headers.emplace_back("content-type", type);
  return headers;
}

}  // namespace retort
