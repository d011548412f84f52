// Asks a teacher so that nothing is paid for twice: what the journal has is taken from there, what goes out is written
// down before and after, and nothing is sent that the budget could not bear at worst.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/config/describe.h"
#include "core/data/answerer.h"
#include "core/data/sample_set.h"
#include "teacher/journal.h"
#include "teacher/ledger.h"
#include "teacher/price.h"
#include "teacher/teacher.h"

namespace retort {

struct BudgetConfig {
  int64_t requests = 0, tokens = 0;  // 0: no limit
  double dollars = 0;
};
void Describe(Describer& d, BudgetConfig& config);

// One budget over several collections and evaluations, so that a run of many never spends it twice.
class SharedBudget {
 public:
  explicit SharedBudget(const BudgetConfig& whole) : whole_(whole) {}
  // What `who` may spend: the whole without what the others did. Never "no limit" where there was one.
  BudgetConfig For(const std::string& who) const;
  // An equal share of what is left, for one of `count` that spend at the same time.
  BudgetConfig Share(int count) const;
  void Spent(const std::string& who, const Manifest& manifest);  // in all, earlier runs included

 private:
  BudgetConfig whole_;
  std::map<std::string, BudgetConfig> spent_;
};

class Books : public Answerer, private Ledger {
 public:
  // All outlive the books.
  Books(Teacher& teacher, Journal& journal, const BudgetConfig& budget, const PriceConfig& price);
  ~Books() override;
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  // A request that the journal answers comes back at once. Of the others, those that the teacher refused before come
  // back as refused.
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override;

  double dollars() const;  // charged so far, what is in flight at its maximum
  // Replies with an error in this process, and those of them that would be so again.
  int64_t failed() const { return failed_; }
  int64_t refused() const { return refused_; }

 private:
  bool Open(int64_t sending, const Usage& most) override;
  void Close(int64_t sending, const Usage& charged) override;

  struct Flight {
    int64_t number;  // in the journal
    Usage most;
  };
  Teacher& teacher_;
  Journal& journal_;
  const BudgetConfig budget_;
  const PriceConfig price_;
  const bool paid_;
  std::map<int64_t, Flight> in_flight_;
  int64_t failed_ = 0, refused_ = 0;
};

}  // namespace retort
