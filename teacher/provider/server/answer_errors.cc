#include "teacher/provider/server/answer_errors.h"

#include <utility>

namespace retort {

WireError ServerError(std::string what, int status, std::string code) {
  WireError error(std::move(what), "", std::move(code), status);
  error.type = "server_error";
  return error;
}

WireError NoRoom() {
  WireError error = ServerError("too many answers are being made; come back later", 503, "overloaded");
  error.retry_after = 1;
  return error;
}

WireError ErrorOf(const Exchange& exchange, const Reply& reply) {
  if (exchange.denial) {
    const Denial& denial = *exchange.denial;
    WireError error(reply.error, "", denial.code, denial.status);
    error.type = denial.type;
    error.retry_after = denial.retry_after;
    return error;
  }
  if (reply.refused) return WireError(reply.error, "", "refused");
  return ServerError("the model failed to answer");
}

}  // namespace retort
