// One HTTP request from what it asks to its last byte: its prompts pass the policies, their choices are made by the
// engine side by side, and go back whole or as a stream. When the client leaves, what was begun is ended, and charged
// for what it took.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "teacher/provider/policy_chain.h"
#include "teacher/provider/server/answer_seats.h"
#include "teacher/provider/server/engine.h"
#include "teacher/provider/server/http_server.h"
#include "teacher/provider/server/wire_reply.h"
#include "teacher/provider/server/wire_request.h"

namespace retort {

class Answering : public std::enable_shared_from_this<Answering> {
 public:
  struct Setting {  // all outlive it
    Engine& engine;
    const PolicyChain& policies;
    AnswerSeats& seats;
    int v6_prefix;  // of the network that is one caller, where no account is known
    std::function<void(std::function<void()>)> post;
  };
  Answering(const Setting& setting, WireRequest request, const WireHead& head, const Caller& caller,
            HttpHeaders headers, std::shared_ptr<HttpReply> reply);
  ~Answering();
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

  // `default_tokens`, `max_tokens`: of an answer. Throws WireError, with nothing sent, where a prompt cannot be read, a
  // policy says no, or there is no room.
  void Start(int default_tokens, int max_tokens);

 private:
  struct Choice {
    int64_t job = 0;
    bool started = false, done = false;  // of its part of the stream; its answer is whole
    WireAnswer answer;
    std::string written;  // what is kept of one that is not streamed: many times smaller than its log-probabilities
  };
  struct Prompt {
    WirePrompt asked;
    int max_tokens = 0;
    std::unique_ptr<Visit> visit;
    std::vector<Choice> choices;
    Usage shown;
  };

  void Read(Prompt& prompt);
  void Measure(Prompt& prompt, Exchange& exchange);
  Exchange MakeExchange(Prompt& prompt);
  void Enter(size_t index);
  void TakeSeats();
  [[noreturn]] void Deny(WireError error);
  void Submit(size_t index);
  void Hear(size_t prompt, size_t choice, EngineDelta delta);
  void Flush();
  void ShowHeard();
  void Done(size_t prompt, size_t choice, EngineReply reply);
  void Take(Prompt& prompt, Choice& choice, EngineReply whole);
  Reply Heard(const Prompt& prompt, int index);
  void Show(Prompt& prompt, Choice& choice, Reply& reply);
  void SendPart(Choice& choice, const WireAnswer& part);
  void Open();
  void Finish();
  void Fail(const WireError& error);
  void CancelAll();
  void Leave();
  void SettleRest();
  void Guarded(const std::function<void()>& work);
  HttpHeaders VisitHeaders() const;
  HttpHeaders Headers(const char* type) const;

  Setting setting_;
  WireRequest request_;
  WireHead head_;
  Caller caller_;
  HttpHeaders headers_;
  std::shared_ptr<HttpReply> reply_;
  bool streams_;  // parts are sent as they come

  std::mutex mutex_;  // of all below
  std::vector<Prompt> prompts_;
  size_t left_ = 0;    // choices that are being made; each has a seat, where
  std::string owner_;  // is not empty
  bool opened_ = false, ended_ = false, gone_ = false;
  int told_ = 200;  // the status that the client was told, where it failed

  std::mutex heard_mutex_;  // of what the decode loop has said and was not sent, by the choice's index
  std::map<int, EngineDelta> heard_;
  bool flushing_ = false;
};

}  // namespace retort
