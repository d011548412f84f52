// How routes and answers of a distiller look in tables and sentences; amounts are core/report/amounts.h's.
#pragma once

#include <string>

#include "core/report/amounts.h"
#include "core/report/table.h"
#include "teacher/provider/rounds.h"

namespace retort::provider {

std::string AmongWords(Among among);  // "the routes through this provider that the distiller pays for"
// "own accounts (phone, 100 a day)", "stolen keys".
std::string HowUsed(const Response& response);
std::string AddressOrder(const Response& response);  // "data centre, then VPN"; a dash where it shows no address
double Measure(double days);                         // to sort by: what is not finite comes last
TableCell Sorted(std::string text, double by);       // by Measure(by)

}  // namespace retort::provider
