#include "teacher/provider/server/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/trim.h"
#include "teacher/provider/accounts.h"
#include "teacher/provider/client_address.h"
#include "teacher/provider/hmac.h"
#include "teacher/provider/server/answer_errors.h"
#include "teacher/provider/server/answering.h"
#include "teacher/provider/server/wire_reply.h"

namespace retort {
namespace {

constexpr double kSettleSeconds = 5;  // at the end, for answers that are cancelled; an API may take longer to let go
constexpr int kWorkers = 2;           // read requests and write answers, beside the decode loop and the sockets
constexpr std::string_view kModels = "/v1/models", kText = "/v1/completions", kChat = "/v1/chat/completions";
constexpr std::array<std::string_view, 7> kKeyNames = {"key",   "api_key",      "api-key",      "apikey",
                                                       "token", "access_token", "authorization"};

std::string RandomName() { return Hex(RandomBytes(12)); }

int64_t SecondsNow() { return UtcMilliseconds() / 1000; }

WireError NoKey(std::string why) { return WireError(std::move(why), "", "invalid_api_key", 401); }

// "api%5Fkey" -> "api_key".
std::string Unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned int byte = 0;
    const char* const from = text.data() + i + 1;
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && std::from_chars(from, from + 2, byte, 16).ptr == from + 2;
    plain += escaped ? static_cast<char>(byte) : text[i];
    if (escaped) i += 2;
  }
  return plain;
}

// A key in an address ends in the logs of whatever lies between.
void RefuseKeyInQuery(std::string_view query) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string name = AsciiLower(Unescaped(query.substr(0, std::min(query.find('='), end))));
    if (std::ranges::find(kKeyNames, name) != kKeyNames.end()) {
      throw NoKey(
          "a key is given in the header Authorization, never in the address; take this one for known to others");
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

std::string PresentedBy(const HttpRequest& request) {
  const std::vector<std::string_view> values = request.All("authorization");
  // What lm-eval and others send where they have no key.
  if (values.size() == 1 && AsciiLower(TrimText(values.front())) == "bearer") return "";
  PresentedKey presented = KeyOf(values);
  if (!presented.denial) return std::move(presented.key);
  WireError error(presented.error, "", presented.denial->code, presented.denial->status);
  error.type = presented.denial->type;
  throw WireError(std::move(error));
}

// "localhost:8000" -> "localhost", "[::1]:8000" -> "[::1]".
std::string HostName(std::string_view host) {
  const size_t from = host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0;
  return AsciiLower(host.substr(0, host.find(':', from)));
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(const GatewayConfig& config, const EngineFactory& engine, PolicyChain policies, const Card& card, bool loopback)
      : config_(config),
        model_(config.model.empty() ? card.name : config.model),
        fingerprint_("fp_" + Sha256Hex(card.identity).substr(0, 12)),
        created_(SecondsNow()),
        policies_(std::move(policies)),
        seats_(config.max_answers, config.max_answers_each),
        workers_(kWorkers),
        engine_(engine([this](std::function<void()> work) { boost::asio::post(workers_, Guarded(std::move(work))); })) {
    for (const std::string& host : config.hosts) hosts_.push_back(AsciiLower(host));
    for (const std::string& network : config.trusted_proxies) proxies_.Add(network);
    if (loopback) hosts_.insert(hosts_.end(), {"localhost", "127.0.0.1", "[::1]"});
  }

  ~Impl() {
    // What is being made ends, and is settled for what it took. Then those that use the engine end, before it does.
    stopping_ = true;
    engine_->CancelAll();
    seats_.WaitUntilEmpty(kSettleSeconds);
    workers_.stop();
    workers_.join();
    engine_.reset();
  }

  void Handle(HttpRequest request, std::shared_ptr<HttpReply> reply) {
    if (request.path == "/health") return Health(request, *reply);
    auto call = std::make_shared<Call>(Call{.request = std::move(request), .reply = std::move(reply)});
    call->caller.request_id = "req_" + RandomName();
    Work(call, [this, call] { Serve(call); });
  }

  const std::string& model() const { return model_; }

 private:
  struct Call {  // one request, on its way
    HttpRequest request;
    std::shared_ptr<HttpReply> reply;
    Caller caller = {};

    HttpHeaders Headers() const {
      return {
          {"x-request-id", caller.request_id}, {"cache-control", "no-store"}, {"x-content-type-options", "nosniff"}};
    }
  };

  // Of those who left while they waited nothing is known, and nothing done.
  void Work(std::shared_ptr<Call> call, std::function<void()> work) {
    boost::asio::post(workers_, [this, call = std::move(call), work = std::move(work)] {
      if (stopping_ || call->reply->gone()) return;
      try {
        work();
      } catch (const WireError& error) {
        SendError(Settled(*call, error), *call);
      } catch (const std::exception&) {
        SendError(ServerError("internal error"), *call);
      }
    });
  }

  static void Health(const HttpRequest& request, HttpReply& reply) {
    const bool looks = request.method == "GET" || request.method == "HEAD";
    if (looks) {
      reply.Send(200, {{"content-type", "application/json"}, {"cache-control", "no-store"}}, R"({"status":"ok"})");
    } else {
      reply.Send(405, {{"content-type", "application/json"}, {"allow", "GET, HEAD"}},
                 ErrorBody(WireError("only GET and HEAD are allowed here", "", "method_not_allowed", 405)));
    }
  }

  static void SendError(const WireError& error, const Call& call) {
    HttpHeaders headers = call.Headers();
    headers.insert(headers.end(), error.headers.begin(), error.headers.end());
    headers.emplace_back("content-type", "application/json");
    if (error.retry_after > 0) headers.emplace_back("retry-after", fmt::format("{:.0f}", std::ceil(error.retry_after)));
    if (error.status == 401) headers.emplace_back("www-authenticate", "Bearer");
    call.reply->Send(error.status, headers, ErrorBody(error), error.close);
  }

  // All that the header tells; the body is read of those alone who may ask.
  void Serve(const std::shared_ptr<Call>& call) {
    const HttpRequest& request = call->request;
    const std::vector<std::string_view> hosts = request.All("host");
    if (!hosts_.empty() && !hosts.empty() && std::ranges::find(hosts_, HostName(hosts.front())) == hosts_.end()) {
      throw WireError("this server is not known by that name (gateway.hosts)", "", "unknown_host", 403);
    }
    RefuseKeyInQuery(request.query);
    const bool models = request.path == kModels || request.path.starts_with(std::string(kModels) + "/");
    const bool asks = request.path == kChat || (request.path == kText && config_.completions);
    if (!models && !asks) throw WireError("there is nothing at this address", "", "unknown_url", 404);
    const std::string allowed = models ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
    if (request.method == "OPTIONS") return call->reply->Send(204, {{"allow", allowed}}, "");
    const bool fits = models ? request.method == "GET" || request.method == "HEAD" : request.method == "POST";
    if (!fits) {
      WireError error("this method is not allowed here", "", "method_not_allowed", 405);
      error.headers = {{"allow", allowed}};
      throw WireError(std::move(error));
    }
    call->caller.endpoint = models ? std::string(kModels) : request.path;
    call->caller.key = PresentedBy(request);
    call->caller.address = AddressOf(request);
    if (models) return ShowModels(*call);
    Arrive(call->caller);
    const std::vector<std::string_view> types = request.All("content-type");
    if (types.size() != 1 || !AsciiLower(types.front()).starts_with("application/json")) {
      throw WireError("the header Content-Type must be application/json", "", "unsupported_media_type", 415);
    }
    call->reply->ReadBody(
        [this, call](std::string body) { Work(call, [this, call, body = std::move(body)] { Answer(*call, body); }); });
  }

  // Policies hear of a request that failed before it reached them: it is logged, and counted, and who may not ask at
  // all hears that, and nothing of what would be wrong with the question.
  WireError Settled(const Call& call, WireError error) const {
    if (error.settled) return error;
    const HttpRequest& request = call.request;
    Caller caller{.endpoint = request.path, .request_id = call.caller.request_id};
    bool known = false;  // a caller that policies can judge
    try {
      if (!IsRoute(request.path))
        caller.endpoint = request.path.starts_with(kModels) ? std::string(kModels) : "unknown";
      caller.address = AddressOf(request);
      caller.key = PresentedBy(request);
      known = true;
    } catch (const WireError&) {  // most likely what failed
      if (caller.address.empty()) caller.address = request.peer;
    }
    HttpHeaders headers;
    try {
      Admit(caller, error.status, headers);
    } catch (WireError& denied) {
      denied.close = error.close;
      if (known && error.status != 401) return std::move(denied);
      headers = std::move(denied.headers);
    } catch (const std::exception&) {
      WireError failed = ServerError("the request could not be booked");
      failed.close = error.close;
      return failed;
    }
    for (auto& header : headers) error.headers.push_back(std::move(header));
    return error;
  }

  static bool IsRoute(std::string_view path) { return path == kModels || path == kChat || path == kText; }

  std::string AddressOf(const HttpRequest& request) const {
    const std::optional<IpAddress> peer = ParseIp(request.peer);
    if (!peer) throw WireError("the connection has no address", "", "unknown_address");
    const std::optional<IpAddress> client = ClientAddress(*peer, request.All("x-forwarded-for"), proxies_);
    if (!client) throw WireError("the header X-Forwarded-For holds what is no address", "", "unknown_address");
    return ToString(*client);
  }

  // Lets the policies say no, where nothing is asked of the model. `status`: what the client is told otherwise.
  void Admit(const Caller& caller, int status, HttpHeaders& headers) const {
    Visit visit(policies_, OfNothing(caller));
    const std::optional<Reply> reply = visit.Enter();
    if (!reply && status != 200) visit.exchange().denial = Denial{.status = status};
    End(visit, reply);
    headers.insert(headers.end(), visit.exchange().headers.begin(), visit.exchange().headers.end());
  }

  // Lets them say no before what is asked is read. Whoever passes here is judged again, and counted, when it was.
  void Arrive(const Caller& caller) const {
    Visit visit(policies_, OfNothing(caller));
    if (const std::optional<Reply> reply = visit.Arrive()) End(visit, reply);
  }

  static Exchange OfNothing(const Caller& caller) {
    Exchange exchange{.caller = caller};
    exchange.choices = 0;
    exchange.prompt_tokens = 0;
    return exchange;
  }

  static void End(Visit& visit, const std::optional<Reply>& reply) {
    visit.End();
    if (!reply || reply->error.empty()) return;
    WireError error = ErrorOf(visit.exchange(), *reply);
    error.headers = visit.exchange().headers;
    error.settled = true;
    throw WireError(std::move(error));
  }

  void ShowModels(const Call& call) const {
    const std::string& path = call.request.path;
    const bool known = path == kModels || path.substr(kModels.size() + 1) == model_;
    if (!known) throw NoModel();
    HttpHeaders headers = call.Headers();
    Admit(call.caller, 200, headers);
    headers.emplace_back("content-type", "application/json");
    call.reply->Send(200, headers, path == kModels ? ModelListBody(model_, created_) : ModelBody(model_, created_));
  }

  // What a worker throws would end the process. Whoever it worked for is dropped with it, and so told and settled.
  static std::function<void()> Guarded(std::function<void()> work) {
    return [work = std::move(work)] {
      try {
        work();
      } catch (const std::exception&) {
      }
    };
  }

  static WireError NoModel() { return WireError("there is no such model here", "model", "model_not_found", 404); }

  WireRequest Read(const std::string& body, bool chat) const {
    const WireLimits limits{.max_choices = config_.max_choices, .max_top_logprobs = config_.max_top_logprobs};
    WireRequest wire = ParseWireRequest(body, chat, limits);
    if (wire.model != model_) throw NoModel();
    if (wire.steers_logits) {
      throw WireError("logit_bias and penalties are not supported here", "logit_bias", "unsupported_parameter");
    }
    const int64_t logprobs = MostLogprobs(wire);
    if (logprobs > config_.max_logprobs) {
      throw WireError(
          fmt::format("this asks for up to {} log-probabilities, and one request may have {}: ask for fewer "
                      "prompts, choices, tokens, or likely tokens",
                      logprobs, config_.max_logprobs),
          "logprobs", "too_many_logprobs");
    }
    if (wire.echo && wire.sampling.top_logprobs >= 0 && !engine_->scores_prompts()) {
      throw WireError("the log-probabilities of a prompt cannot be had here", "echo", "unsupported_parameter");
    }
    return wire;
  }

  // Each costs about a kilobyte until its choice is written. Of a prompt's tokens it is known that each has a byte.
  int64_t MostLogprobs(const WireRequest& wire) const {
    if (wire.sampling.top_logprobs < 0) return 0;
    const int64_t context = engine_->context();
    const auto fitted = [&](int64_t tokens) { return context > 0 ? std::min(tokens, context) : tokens; };
    const int64_t answer = fitted(std::min(wire.max_tokens.value_or(config_.default_max_tokens), config_.max_tokens));
    int64_t tokens = 0;
    for (const WirePrompt& prompt : wire.prompts) {
      auto size = static_cast<int64_t>(prompt.ids.size());
      for (const Message& message : prompt.messages) size += static_cast<int64_t>(message.content.size());
      tokens += answer + (wire.echo ? fitted(size) : 0);
    }
    return tokens * wire.n * (1 + wire.sampling.top_logprobs);
  }

  void Answer(const Call& call, const std::string& body) {
    WireRequest wire = Read(body, call.request.path == kChat);
    if (!seats_.HasRoom(static_cast<int>(wire.prompts.size()) * wire.n)) throw NoRoom();
    const WireHead head{.chat = wire.chat,
                        .id = (wire.chat ? "chatcmpl-" : "cmpl-") + RandomName(),
                        .created = SecondsNow(),
                        .model = model_,
                        .fingerprint = fingerprint_,
                        .include_usage = wire.include_usage};
    const Answering::Setting setting{
        .engine = *engine_,
        .policies = policies_,
        .seats = seats_,
        .v6_prefix = config_.v6_prefix,
        .post = [this](std::function<void()> work) { boost::asio::post(workers_, Guarded(std::move(work))); }};
    std::make_shared<Answering>(setting, std::move(wire), head, call.caller, call.Headers(), call.reply)
        ->Start(config_.default_max_tokens, config_.max_tokens);
  }

  const GatewayConfig config_;
  const std::string model_, fingerprint_;
  const int64_t created_;
  std::vector<std::string> hosts_;
  CidrSet proxies_;
  PolicyChain policies_;
  AnswerSeats seats_;
  std::atomic<bool> stopping_ = false;
  boost::asio::thread_pool workers_;
  std::unique_ptr<Engine> engine_;
};

void Describe(Describer& d, GatewayConfig& config) {
  d.Field("model", config.model, {.help = "as clients name it; empty: the teacher's own name", .numerics = false});
  d.Field("default_max_tokens", config.default_max_tokens,
          {.help = "of a chat's answer, where the client says none", .unit = "tokens", .min = 1, .max = 1 << 20});
  d.Field("max_tokens", config.max_tokens,
          {.help = "of any answer; more that is asked for is cut to it", .unit = "tokens", .min = 1, .max = 1 << 20});
  d.Field("max_answers", config.max_answers,
          {.help = "being made or waiting, of all clients; who asks for more gets a 503", .min = 1, .max = 1e6});
  d.Field("max_answers_each", config.max_answers_each,
          {.help = "of them of one account, or of one address where no account is known; beyond it a 429",
           .min = 1,
           .max = 1e6});
  d.Field("v6_prefix", config.v6_prefix,
          {.help = "a v6 network of so many bits counts as one address where callers have shares of answers, of turns "
                   "and of connections",
           .unit = "bits",
           .min = 16,
           .max = 128,
           .numerics = false});
  d.Field("max_logprobs", config.max_logprobs,
          {.help = "that one request may ask for: all its tokens that have them, times 1 + top_logprobs",
           .min = 1,
           .max = 1 << 30});
  d.Field("max_choices", config.max_choices,
          {.help = "answers to one request, its prompts times n", .min = 1, .max = 1024});
  d.Field(
      "max_top_logprobs", config.max_top_logprobs,
      {.help = "most likely tokens that a client may ask for at each place", .unit = "tokens", .min = 0, .max = 20});
  d.Field("completions", config.completions,
          {.help = "offer /v1/completions too, where a client writes all that the model reads"});
  d.Field("hosts", config.hosts,
          {.help = "names by which clients may call this server, beside its own on this machine; empty and not on "
                   "this machine alone: any"});
  d.Field(
      "trusted_proxies", config.trusted_proxies,
      {.help = R"(networks ("10.0.0.0/8", "::1") whose X-Forwarded-For is believed; empty: the peer is the client)"});
}

Gateway::Gateway(const GatewayConfig& config, const EngineFactory& engine, PolicyChain policies, const Card& card,
                 bool loopback)
    : impl_(std::make_unique<Impl>(config, engine, std::move(policies), card, loopback)) {}
Gateway::~Gateway() = default;

void Gateway::Handle(HttpRequest request, std::shared_ptr<HttpReply> reply) {
  impl_->Handle(std::move(request), std::move(reply));
}
const std::string& Gateway::model() const { return impl_->model(); }

}  // namespace retort
