// How times, dollars and people of a campaign that may not be completed look in tables and sentences.
#pragma once

#include <string>

#include "core/report/table.h"
#include "core/stats/interval.h"
#include "teacher/provider/rounds.h"

namespace retort::provider {

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

std::string AmongWords(Among among);  // "the routes through this provider that the distiller pays for"
// "own accounts (phone, 100 a day)", "stolen keys".
std::string HowUsed(const Response& response);
std::string AddressOrder(const Response& response);  // "data centre, then VPN"; a dash where it shows no address
double Measure(double days);                         // to sort by: what is not finite comes last
TableCell Sorted(std::string text, double by);       // by Measure(by)

}  // namespace retort::provider
