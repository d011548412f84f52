// How days, dollars and people look in tables and sentences, at any size; "not completed" where there is no end to
// them.
#pragma once

#include <string>
#include <string_view>

#include "core/stats/interval.h"

namespace retort {

inline constexpr std::string_view kNotCompleted = "not completed";

std::string Days(double days);      // "0.3", "12", "not completed"
std::string Money(double dollars);  // "$0.35", "$8 912", "$1.24 million"
std::string People(double people);  // "0", "12 345", "175 million"
// "12 [8, not completed]"; the interval is left out where it has no width.
std::string DaysBetween(const Interval& days);
std::string MoneyBetween(const Interval& dollars);
std::string PeopleBetween(const Interval& people);
// With a sign: what a policy adds.
std::string AddedDays(const Interval& days);
std::string AddedMoney(const Interval& dollars);

}  // namespace retort
