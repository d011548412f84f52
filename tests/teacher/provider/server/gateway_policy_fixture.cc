#include "tests/teacher/provider/server/gateway_policy_fixture.h"

#include <nlohmann/json.hpp>

namespace retort {

nlohmann::json GatewayPolicyTest::Plain(const nlohmann::json& prompt) {
  return {{"model", "folds"}, {"prompt", prompt}, {"temperature", 0}, {"max_tokens", 60}};
}

SeenReply GatewayPolicyTest::Ask(const nlohmann::json& body, const std::string& headers) const {
  return Post(server_->port(), body.contains("prompt") ? "/v1/completions" : "/v1/chat/completions", body, headers);
}

}  // namespace retort
