// What a provider does to requests and answers, between a client and a teacher: one interface for the teacher in this
// process (guarded_teacher.h) and for a server. A policy sees an exchange twice, on its way in and on its way out, and
// says truthfully how it changes what the teacher is and reveals.
//
// A policy keeps nothing from one exchange to the next that could change an answer: what is asked beside a request does
// not matter to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/data/answerer.h"
#include "core/data/sample_set.h"

namespace retort {

struct Exchange {
  Request asked;                     // as the client sent it
  Request forwarded;                 // as the teacher gets it
  std::vector<std::string> actions;  // what policies did, for a log: "filter.refused"
};

class Policy {
 public:
  virtual ~Policy() = default;
  // May change `forwarded`, or answer in the teacher's place. No policy nearer to the teacher, nor the teacher, then
  // hears of the request.
  virtual std::optional<Reply> OnRequest(Exchange& /*exchange*/) { return std::nullopt; }
  virtual void OnReply(Exchange& /*exchange*/, Reply& /*reply*/) {}
  // The card of a teacher behind this policy: another identity wherever answers can be others.
  virtual Card OnCard(Card card) const { return card; }
  // Whether texts may still be scored by the bare teacher, around this policy.
  virtual bool allows_scores() const { return false; }
};

}  // namespace retort
