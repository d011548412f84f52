// What the request log of a provider would hold of somebody who asked for given rows: each request passes the log
// policy, and is answered with what came at the time. Nobody is asked again.
#pragma once

#include <vector>

#include "core/data/answerer.h"
#include "core/data/sample.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/request_log.h"

namespace retort {

// In the order of the rows. Their time is that of the call, and pseudonyms are of a salt that is forgotten. The folder
// of `config` is not used.
std::vector<RequestRecord> LogOf(const std::vector<Sample>& rows, const Sampling& sampling, LogPolicyConfig config);

}  // namespace retort
