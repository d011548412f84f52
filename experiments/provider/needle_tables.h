// The tables of needle. Room-internal.
#pragma once

#include "core/report/table.h"
#include "experiments/provider/needle_page.h"

namespace retort::provider {

// The haystack of the primary contrast, or the first.
const HaystackResult& MainHaystack(const NeedleReport& report);
Detector MainDetector(const NeedleReport& report);
double PrimaryRequests(const NeedleReport& report);  // of the mark that the contrast names
std::string EntryName(const NeedleAssumptions& assumptions, const std::string& entry);  // as marks are called

Table CampaignTable(const NeedleReport& report, double requests, const std::string& title);
Table DetectorTable(const NeedleReport& report, double requests, const std::string& strategy, const std::string& title);
Table HonestTable(const NeedleReport& report);
Table ControlTable(const NeedleReport& report);  // a loud campaign: the positive control
Table MarkTable(const NeedleReport& report);
Table SensitivityTable(const NeedleReport& report);  // which must have one
Table BaseRateTable(const NeedleReport& report);
Table WriterTable(const LoggedMonths& logged);
Table TextTable(const NeedleReport& report);        // of a run with measured texts
std::string Requests(double requests);              // "800 000", "13 million"
std::string FlaggedPeople(const Interval& people);  // "29 870", "1.2 million [1.0, 1.5]", "0 [0, 11.2 million]"
std::string Day(double day, const NeedleReport& report);
std::string DayBetween(const Interval& day, const NeedleReport& report);  // "3 [2, 5]"

}  // namespace retort::provider
