// Policies in a row, and the way of one exchange through them. Who drives it, a teacher in this process or a server,
// cannot forget to settle: a Visit that is destroyed before its End counts as abandoned, and is charged for what was
// spent.
//
//   Visit visit(chain, std::move(exchange));
//   if (auto reply = visit.Enter()) { …; visit.End(); return; }       // somebody answered in the teacher's place
//   … the teacher answers visit.exchange().forwarded; visit.exchange().spent grows …
//   visit.Show(reply);                                                // each choice, or each part of one
//   visit.End();                                                      // then the client is told that it is over
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "teacher/provider/policy.h"

namespace retort {

class PolicyChain {
 public:
  // Whether what one process alone may have open is opened here, and fails here, or when it is first needed.
  enum class Opens { kAtOnce, kWhenAsked };
  // From the teacher outwards.
  explicit PolicyChain(std::vector<std::unique_ptr<Policy>> policies, Opens opens = Opens::kAtOnce);

  Card OnCard(Card card) const;
  bool allows_scores() const;
  bool needs_whole_reply() const;

 private:
  friend class Visit;
  std::vector<std::unique_ptr<Policy>> policies_;
};

class Visit {
 public:
  Visit(const PolicyChain& chain, Exchange exchange);  // `chain` outlives it
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Instead of Enter, where no more is known than who asks: a no, if there is to be one whatever is asked, which counts
  // as any other and is to be followed by End. Without one nothing has happened, and the visit is of no further use.
  std::optional<Reply> Arrive();
  // The request passes from the last policy to the first. A reply is what one of them answered, ready for the client;
  // it stands for every choice. Once.
  std::optional<Reply> Enter();
  // From the first policy to the last. Changes `reply` into what the client may see.
  void Show(Reply& reply);
  // Settles. Every policy hears of it, even if one throws; throws what the first one threw.
  void End();

  Exchange& exchange() { return exchange_; }

 private:
  void PassOut(Reply& reply);
  void Settle(int status);

  const PolicyChain& chain_;
  Exchange exchange_;
  size_t reached_;  // the innermost policy that the request passed; those further out hear of what follows
  int failed_ = 0;  // status of a reply that failed
  bool over_ = false;
};

}  // namespace retort
