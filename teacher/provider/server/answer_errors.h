// What clients are told where no answer comes. Why a model or a teacher failed is the provider's own affair.
#pragma once

#include <string>

#include "teacher/provider/policy.h"
#include "teacher/provider/server/wire_request.h"

namespace retort {

// The server's own failure.
WireError ServerError(std::string what, int status = 500, std::string code = {});
// There is no room for more answers.
WireError NoRoom();
// How a reply that failed looks to a client.
WireError ErrorOf(const Exchange& exchange, const Reply& reply);

}  // namespace retort
