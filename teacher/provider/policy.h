// What a provider does to requests and answers, between a client and a teacher: one interface for the teacher in this
// process (guarded_teacher.h) and for a server, which both go through policy_chain.h. A policy sees an exchange on its
// way in, on its way out, and once more when it is over, and says truthfully how it changes what the teacher is and
// reveals.
//
// What is asked beside a request does not change the text of its answer. Whether there is an answer at all may depend
// on what came before: quotas and rate limits count, per account or address. No policy keeps any part of a prompt or an
// answer for later, so that nothing of one account's ever reaches another's.
//
// Exchanges pass from several threads at once, each of them from one thread at a time: a policy that counts keeps a
// lock of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/answerer.h"
#include "core/data/sample_set.h"

namespace retort {

inline constexpr std::string_view kInProcess = "in process";

// What a transport knows of who asks. A transport finds it out and judges nothing by it: policies do.
struct Caller {
  std::string key;      // the API key as presented; empty: none. Stands in no log and no message
  std::string address;  // of the client, as client_address.h finds it; empty: in this process
  std::string endpoint = std::string(kInProcess);  // or the route: "/v1/chat/completions"
  std::string request_id = {};                     // what the client is told as x-request-id; empty: in this process
};

// Whom a policy found behind a key.
struct Account {
  std::string name, key;      // the provider's own names; `key` names an API key and is none. No name: nobody is known
  std::string tier;           // how far its owner was identified: "email", "phone", "document", "business"
  std::string payment;        // pseudonym of what links accounts; empty: unknown
  std::string terms_version;  // of the terms that its owner accepted; empty: none
};

// How a "no" looks over HTTP. The words are the reply's `error`.
struct Denial {
  int status = 403;
  std::string type = "invalid_request_error", code;  // of OpenAI's error object
  double retry_after = 0;                            // seconds; 0: trying again changes nothing
};

// One request of a client: over HTTP, one prompt with all its choices.
struct Exchange {
  Request asked;      // as the client sent it
  Request forwarded;  // as the teacher gets it
  Caller caller;
  std::string model;           // as the client named it
  int choices = 1;             // answers to the prompt; 0: none is asked for (the list of models)
  int64_t prompt_tokens = -1;  // of one choice; -1: unknown before the teacher counts them
  bool scores_prompt = false;  // wants the probabilities of a text that it brings along (`echo` with `logprobs`)
  bool steers_logits = false;  // moves single logits (`logit_bias`, penalties)

  Account account;
  std::optional<Denial> denial;
  std::vector<std::pair<std::string, std::string>> headers;  // of the response, lower-case names
  std::vector<std::string> actions;                          // what policies did, for a log: "filter.refused"

  Usage spent;                // by the teacher until now, all choices together; its driver counts
  std::string finish_reason;  // of the last choice
  int status = 0;             // of HTTP, once it is over; 499: the client went away first

  // Who makes the exchange finds out here, the first time that somebody needs it, what costs: `prompt_tokens`, and
  // max_new_tokens as the context allows. A policy that goes by either calls it first; one that denies without it
  // spares the work. May throw: the prompt cannot be read. Empty: all is known that ever will be.
  std::function<void(Exchange&)> measure = {};
  void Measure();

  void Did(const std::string& action);  // once each
};

class Policy {
 public:
  virtual ~Policy() = default;
  // Once, before the first exchange of who serves for long: opens what one process alone may have open, so that a
  // second one fails at its start and not at its first request. Throws Error.
  virtual void OnStart() {}
  // Whether OnRequest will say no whatever is asked, by who asks alone. Only looks: it counts nothing. A server calls
  // it, to spare itself the reading of a body.
  virtual std::optional<Reply> OnArrival(Exchange& /*exchange*/) { return std::nullopt; }
  // May change `forwarded`, or answer in the teacher's place (with `denial`, where it is a no). No policy nearer to the
  // teacher, nor the teacher, then hears of the request, and this one hears no more of it.
  virtual std::optional<Reply> OnRequest(Exchange& /*exchange*/) { return std::nullopt; }
  // Each choice on its way out. Unless the policy needs the whole reply, it may come in parts, in order, and what is
  // shown of the parts is what is shown of the whole.
  virtual void OnReply(Exchange& /*exchange*/, Reply& /*reply*/) {}
  // Exactly once for each exchange that OnRequest let pass, however it ended: `spent` and `status` are final, and the
  // client has not yet been told that it is over. May throw: the client is then told of a failure.
  virtual void OnEnd(Exchange& /*exchange*/) {}
  // The card of a teacher behind this policy: another identity wherever answers can be others.
  virtual Card OnCard(Card card) const { return card; }
  // Whether texts may still be scored by the bare teacher, around this policy; where not, requests that score their
  // prompt or steer logits are denied.
  virtual bool allows_scores() const { return false; }
  // Whether OnReply can tell what to show only from the whole reply: then nothing is streamed before, and stop strings
  // act on what is shown.
  virtual bool needs_whole_reply() const { return false; }
};

// A no, to be returned by OnRequest. `error` is for the client to read.
Reply Deny(Exchange& exchange, std::string error, Denial denial);

}  // namespace retort
