#include "teacher/provider/logged_texts.h"

#include <cmath>

namespace retort {
namespace {

template <class Visit>
void ForEachRequest(LoggedTexts& texts, size_t kinds, Visit&& visit) {
  for (size_t k = 0; k < kinds; ++k) {
    for (LoggedWriter& writer : texts.of(static_cast<TextKind>(k))) {
      for (auto& account : writer.accounts) {
        for (Features& request : account) visit(request);
      }
    }
  }
}

void CountPlaces(LoggedTexts& texts) {
  uint32_t honest = 0;
  for (size_t k = 0; k < kTextKinds; ++k) {
    uint32_t of_kind = 0;
    for (LoggedWriter& writer : texts.of(static_cast<TextKind>(k))) {
      writer.place = k < kHonestKinds ? honest++ : of_kind++;
    }
  }
}

}  // namespace

size_t LoggedTexts::honest() const {
  size_t count = 0;
  for (size_t k = 0; k < kHonestKinds; ++k) count += of_[k].size();
  return count;
}

size_t LoggedTexts::requests() const {
  size_t count = 0;
  for (const auto& writers : of_) {
    for (const LoggedWriter& writer : writers) {
      for (const auto& account : writer.accounts) count += account.size();
    }
  }
  return count;
}

void LoggedMonths::Standardize() {
  std::array<double, kFeatures> mean{}, squares{};
  double count = 0;
  ForEachRequest(earlier, kHonestKinds, [&](const Features& request) {
    for (int j = 0; j < kFeatures; ++j) mean[j] += request[j];
    count += 1;
  });
  for (double& m : mean) m /= count;
  ForEachRequest(earlier, kHonestKinds, [&](const Features& request) {
    for (int j = 0; j < kFeatures; ++j) squares[j] += (request[j] - mean[j]) * (request[j] - mean[j]);
  });
  for (LoggedTexts* month : {&earlier, &later}) {
    ForEachRequest(*month, kTextKinds, [&](Features& request) {
      for (int j = 0; j < kFeatures; ++j) {
        // What never varies among the honest counts in its own unit, as in log_traffic.h.
        const double deviation = std::sqrt(squares[j] / count);
        request[j] = static_cast<float>((request[j] - mean[j]) / (deviation > 1e-6 ? deviation : 1));
      }
    });
    CountPlaces(*month);
  }
}

}  // namespace retort
