// The arithmetic that stands before any detector: how thin the needle is, and what a false positive rate means in a
// haystack.
#pragma once

#include <string>
#include <vector>

#include "teacher/provider/needle_assumptions.h"

namespace retort {

struct BaseRate {
  std::string what, value;  // for a table
};

double MonthlyMessages(const NeedleAssumptions& a);                   // of the chat service, in the horizon
double ShareOfMessages(double requests, const NeedleAssumptions& a);  // a campaign among them
double FlaggedHonest(double false_positive_rate, double accounts);
double PrecisionAtBest(double flagged_honest, double guilty);  // were every guilty account flagged
double RuleOfThree(double trials);                             // 95 % bound of a rate, after none in so many

std::vector<BaseRate> BaseRates(const NeedleAssumptions& a);

}  // namespace retort
