// What scripts/gateway_traffic.py keeps of a gateway's request log: texts.csv, each distinct text once with its
// template and its eight measures; accounts.csv, a line an account of the log with its month, kind, number and requests
// in order. Several lines of one kind and number are the accounts of one distiller.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "teacher/provider/logged_texts.h"

namespace retort::provider {

// Standardised. Throws Error, with the file's line where there is one: for what is no such file, and for a month
// without honest accounts of each kind or a later month without distillers of each.
std::shared_ptr<const LoggedMonths> ReadLoggedMonths(const std::filesystem::path& folder);

// detection.csv beside them: how well the detectors tell a strategy's accounts from honest ones in the log itself.
struct LoggedDetection {
  std::string strategy, detector;
  double accounts = 0, honest = 0;  // with a score
  double auc = 0;                   // not a number without any
};
std::vector<LoggedDetection> ReadLoggedDetection(const std::filesystem::path& folder);

}  // namespace retort::provider
