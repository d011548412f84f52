// Accounts that ask alike: each request's template has a pseudonym, and a campaign's accounts share a few, whoever pays
// for them and wherever they are. Of each template that makes a tenth of an account's requests at least, the score is
//     ln((requests of others with it + 1) / (those expected from an honest month + 1));
// an account's is the largest, 0 at least. A form that many honest people use is as frequent as it was; one that a
// person made is used by nobody else; one that grew by the requests of many accounts stands out, however few each
// sends.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "teacher/provider/log_traffic.h"

namespace retort {

class ClusterDetector {
 public:
  // `honest`: accounts of an honest month, by place.
  ClusterDetector(const LoggedMonth& honest, std::span<const size_t> accounts);

  // Of each of `accounts`, among themselves; kNoScore for one without requests.
  std::vector<double> Scores(const LoggedMonth& month, std::span<const size_t> accounts) const;

 private:
  std::unordered_map<uint64_t, int64_t> of_shape_;
  double requests_ = 0;
};

}  // namespace retort
