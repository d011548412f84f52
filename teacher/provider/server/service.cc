#include "teacher/provider/server/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "teacher/provider/ip_address.h"
#include "teacher/provider/server/decode_engine.h"
#include "teacher/provider/server/forward_engine.h"

namespace retort {
namespace {

constexpr int kRetries = 1;  // of a request to an API

std::unique_ptr<Teacher> Make(const TeacherConfig& config, const std::filesystem::path& config_dir,
                              std::function<bool()> stop = {}) {
  if (const auto* local = std::get_if<LocalTeacherConfig>(&config)) return MakeLocalTeacher(*local, config_dir);
  if (const auto* api = std::get_if<ApiTeacherConfig>(&config)) return MakeApiTeacher(*api, std::move(stop));
  if (const auto* replay = std::get_if<ReplayTeacherConfig>(&config)) return MakeReplayTeacher(*replay);
  throw Error({.place = fmt::format("teacher.kind={}", kTeacherKinds[config.index()])}, "cannot be served",
              "serve a local, api or replay teacher");
}

EngineFactory MakeEngine(const ServeConfig& config, const std::filesystem::path& config_dir) {
  return [=](std::function<void(std::function<void()>)> post) -> std::unique_ptr<Engine> {
    if (const auto* local = std::get_if<LocalTeacherConfig>(&config.teacher)) {
      auto model = std::make_unique<LocalModel>(
          FindModel(local->model, config_dir),
          ModelOptions{.chat_template = local->chat_template, .keep_layers = {}, .batch_size = local->batch_size});
      return MakeDecodeEngine(std::move(model), config.threads, std::move(post));
    }
    // A replayed file is read at once; of an API each thread waits for one answer.
    const bool replays = std::holds_alternative<ReplayTeacherConfig>(config.teacher);
    TeacherConfig teacher = config.teacher;
    // Whoever asks can ask again, and waits meanwhile.
    if (auto* api = std::get_if<ApiTeacherConfig>(&teacher)) api->max_retries = std::min(api->max_retries, kRetries);
    return MakeForwardEngine(
        [teacher, config_dir](std::function<bool()> stop) { return Make(teacher, config_dir, std::move(stop)); },
        {.threads = replays ? 1 : config.forward_threads, .seconds = config.forward_seconds}, std::move(post));
  };
}

bool IsLoopback(const std::string& address) { return address == "::1" || address.starts_with("127."); }

}  // namespace

void Describe(Describer& d, ServeConfig& config) {
  d.OneOf("teacher", config.teacher, kTeacherKinds, "who answers");
  d.Group("policies", config.policies, "what stands between it and its clients");
  d.Group("gateway", config.gateway, "what is offered over the OpenAI protocol");
  d.Group("http", config.http, "limits of connections and requests");
  d.Field(
      "address", config.address,
      {.help = "of this machine to listen on; 127.0.0.1: only programs on this machine can call", .numerics = false});
  d.Field("port", config.port, {.help = "0: any free one", .min = 0, .max = 65535, .numerics = false});
  d.Field("threads", config.threads,
          {.help = "of a local teacher; 0: all cores", .min = 0, .max = 1024, .numerics = false});
  d.Field("forward_threads", config.forward_threads,
          {.help = "requests that an api teacher is asked at once", .min = 1, .max = 1024, .numerics = false});
  d.Field("forward_seconds", config.forward_seconds,
          {.help = "for an api teacher to answer; then the request fails",
           .unit = "seconds",
           .min = 0.1,
           .max = 86400,
           .numerics = false});
  d.Field("drain_seconds", config.drain_seconds,
          {.help = "for answers that are being made when the server is told to stop",
           .unit = "seconds",
           .min = 0,
           .max = 86400,
           .numerics = false});
}

Service::Service(const ServeConfig& config, const std::filesystem::path& config_dir)
    : drain_seconds_(config.drain_seconds),
      is_open_(!IsLoopback(config.address) &&
               std::ranges::find(config.policies.use, "accounts") == config.policies.use.end()),
      address_(config.address) {
  PolicyChain policies(MakePolicies(config.policies));
  card_ = policies.OnCard(Make(config.teacher, config_dir)->card());
  gateway_ = std::make_unique<Gateway>(config.gateway, MakeEngine(config, config_dir), std::move(policies), card_,
                                       IsLoopback(config.address));
  HttpLimits limits = config.http;
  limits.always = "/health";
  CidrSet proxies;  // each of their connections is another client's
  for (const std::string& network : config.gateway.trusted_proxies) proxies.Add(network);
  limits.caller = [proxies, bits = config.gateway.v6_prefix](const std::string& peer) -> std::string {
    const std::optional<IpAddress> address = ParseIp(peer);
    if (!address || proxies.Contains(*address)) return "";
    return AddressGroup(*address, bits);
  };
  server_ =
      std::make_unique<HttpServer>(config.address, config.port, limits,
                                   [gateway = gateway_.get()](HttpRequest request, std::shared_ptr<HttpReply> reply) {
                                     gateway->Handle(std::move(request), std::move(reply));
                                   });
}

Service::~Service() {
  server_->Stop(0);
  gateway_.reset();  // replies that are still being made know their server
}

std::string Service::url() const {
  return fmt::format("http://{}:{}/v1", address_.find(':') == std::string::npos ? address_ : "[" + address_ + "]",
                     port());
}
int Service::port() const { return server_->port(); }
const std::string& Service::model() const { return gateway_->model(); }
const Card& Service::card() const { return card_; }
void Service::Stop() { server_->Stop(drain_seconds_); }

}  // namespace retort
