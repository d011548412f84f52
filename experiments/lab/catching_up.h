// What reaching a share of the gap costs by several routes: as FLOPs and dollars at N_X, with intervals from the
// bootstrap of N_X. Everything else is counted, and does not scatter. All routes are read against one base and one
// teacher, so that a level is the same score for each.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/cell.h"
#include "core/report/report.h"
#include "experiments/lab/expenses.h"

namespace retort::lab {

// A number that grows with N: an estimate between `from` and `to` (a point where N_X is not censored), and an interval.
// `to` and `high` are infinite where N_X lies beyond the grid.
struct Ranged {
  double from = 0, to = 0, low = 0, high = 0;
};
std::string ToString(const Ranged& value, std::string (*number)(double));  // "1.2 [0.8, 2.0]", "> 1.2 [0.8, ∞]"

// An arm as a way to a score, and what its students cost at each size (means over seeds).
struct Route {
  std::string name, arm;
  bool on_base = true;  // begins with what somebody pretrained
  std::string task;     // its group of the tables
  std::vector<int> sizes;
  std::vector<double> training_flops, teacher_tokens, dollars;
};
// From what the page shows; nullopt where no cell of it is done.
std::optional<Route> FindRoute(const Summary& summary, std::string name, std::string arm, bool on_base);

// What the routes' beginnings took. nullopt: not known.
struct Beginnings {
  std::optional<double> base_flops, teacher_flops;
  double teacher_parameters = 0;  // 0: not known; then what was asked has no FLOPs
};

// Of one student at N, or of all that came before it.
struct Bill {
  double training = 0, queries = 0, tuning = 0;  // FLOPs; `tuning`: the students that were tried and not kept
  Money training_dollars = {}, query_dollars = {};
  double flops() const { return training + queries + tuning; }
};
// `n` between 0 and the largest size; between two sizes linear, under the smallest that one's. At 0 nothing.
Bill BillAt(const Route& route, double n, const Expenses& expenses, const Beginnings& beginnings);

// What is counted beside the bill.
enum class Counted { kBill, kBase, kShare, kTeacher };  // each with those before it; the last two for routes that ask
inline constexpr std::pair<Counted, const char*> kCounted[] = {
    {Counted::kBill, "nothing that was there before"},
    {Counted::kBase, "the base's pretraining"},
    {Counted::kShare, "the same, and the teacher's training, its share"},
    {Counted::kTeacher, "the same, and the teacher's training, all of it"}};

// The curves of the routes on the seeds that all have, and what is read off them.
class CatchingUp {
 public:
  // `reference`: the task whose base and teacher fix the gap.
  CatchingUp(const std::vector<CellResult>& cells, const std::string& reference, const Expenses& expenses,
             const Beginnings& beginnings, std::optional<double> smallest_gap);

  // nullopt where it cannot be said; price -1: FLOPs, else a row of dollars.
  std::optional<Ranged> Samples(const Route& route, double level) const;
  std::optional<Ranged> Cost(const Route& route, double level, Counted counted, int price) const;
  std::optional<Ranged> Ratio(const Route& route, const Route& other, double level, Counted counted, int price) const;
  const Expenses& expenses() const { return expenses_; }
  const Beginnings& beginnings() const { return beginnings_; }

 private:
  std::optional<double> Total(const Route& route, double n, Counted counted, int price) const;

  const std::vector<CellResult>& cells_;
  std::string reference_;
  const Expenses& expenses_;
  Beginnings beginnings_;
  std::optional<double> smallest_gap_;
};

}  // namespace retort::lab
