// Load for a server of the OpenAI protocol, and what the same prompts take in process. One thread and poll(), so that
// the client is never the slower side; scripts/bench_serve.py gives each side a core.
//   serve_bench load PORT MODEL CLIENTS SECONDS [stream] [chat]    as many requests as are answered; one line of JSON
//   serve_bench ask FOLDER BATCH REQUESTS                          the same prompts by LocalModel::Ask, on one thread
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/config/program.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"

namespace retort {
namespace {

constexpr int kMaxTokens = 64;

// Questions of the embedded task, eight digits each, so that all answers have the same length.
std::string Prompt(uint64_t number) {
  constexpr std::array<const char*, 5> kOps = {"max", "min", "sub", "first", "big"};
  RandomStream random(number, "serve_bench");
  std::string prompt = std::string(kOps[random.Below(kOps.size())]) + " ";
  for (int i = 0; i < 8; ++i) prompt += static_cast<char>('0' + random.Below(10));
  return prompt + "?";
}

struct Client {
  int fd = -1;
  std::string out, in;
  size_t sent = 0;
  double start = 0, first = 0;
};

struct Load {
  int port = 0;
  std::string model;
  bool stream = false, chat = false;
  uint64_t next = 0;
  int64_t answers = 0, tokens = 0, errors = 0;
  std::vector<double> seconds, first_seconds;
  std::string problem;

  void Connect(Client& client) const {
    client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw Error(fmt::format("cannot connect to port {}: {}", port, std::strerror(errno)));
    }
    const int on = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(client.fd, F_SETFL, O_NONBLOCK);
  }

  void Ask(Client& client) {
    nlohmann::json body = {{"model", model}, {"max_tokens", kMaxTokens}, {"temperature", 0}};
    const std::string prompt = Prompt(next++);
    if (chat) {
      body["messages"] = {{{"role", "user"}, {"content", prompt}}};
    } else {
      body["prompt"] = prompt;
    }
    if (stream) {
      body["stream"] = true;
      body["stream_options"] = {{"include_usage", true}};
    }
    const std::string text = body.dump();
    client.out = fmt::format(
        "POST /v1/{}completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        chat ? "chat/" : "", text.size(), text);
    client.sent = 0;
    client.in.clear();
    client.start = MonotonicSeconds();
    client.first = 0;
  }

  // The body, where it is whole.
  static bool Whole(const std::string& in, std::string& body) {
    const size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    std::string head = in.substr(0, end);
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
    if (const size_t at = head.find("content-length: "); at != std::string::npos) {
      const size_t size = std::stoul(head.substr(at + 16));
      if (in.size() < end + 4 + size) return false;
      body = in.substr(end + 4, size);
      return true;
    }
    if (!in.ends_with("0\r\n\r\n")) return false;
    body = in.substr(end + 4);
    return true;
  }

  void Take(Client& client, const std::string& body) {
    const double now = MonotonicSeconds();
    seconds.push_back(now - client.start);
    first_seconds.push_back(client.first - client.start);
    const bool good = client.in.compare(9, 3, "200") == 0;
    int64_t written = 0;
    if (good && stream) {
      const size_t usage = body.rfind("\"completion_tokens\":");
      if (usage != std::string::npos) written = std::stol(body.substr(usage + 20));
    } else if (good) {
      const auto json = nlohmann::json::parse(body, nullptr, false);
      if (json.is_object() && json.contains("usage")) written = json["usage"]["completion_tokens"];
    }
    if (written > 0) {
      ++answers;
      tokens += written;
    } else {
      ++errors;
      if (problem.empty()) problem = client.in.substr(0, 600);
    }
  }

  // False: the other side has closed.
  bool Move(Client& client, int events) {
    if ((events & POLLOUT) != 0 && client.sent < client.out.size()) {
      const ssize_t n =
          ::send(client.fd, client.out.data() + client.sent, client.out.size() - client.sent, MSG_NOSIGNAL);
      if (n > 0) client.sent += static_cast<size_t>(n);
      if (n < 0 && errno != EAGAIN) return false;
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return true;
    std::array<char, 65536> bytes;
    const ssize_t n = ::recv(client.fd, bytes.data(), bytes.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
    if (n < 0) return true;
    if (client.in.empty()) client.first = MonotonicSeconds();
    client.in.append(bytes.data(), static_cast<size_t>(n));
    if (std::string body; Whole(client.in, body)) {
      Take(client, body);
      Ask(client);
    }
    return true;
  }

  void Run(int clients, double limit) {
    std::vector<Client> all(static_cast<size_t>(clients));
    for (Client& client : all) {
      Connect(client);
      Ask(client);
    }
    std::vector<pollfd> polled(all.size());
    const double end = MonotonicSeconds() + limit;
    while (MonotonicSeconds() < end) {
      for (size_t i = 0; i < all.size(); ++i) {
        const bool sends = all[i].sent < all[i].out.size();
        polled[i] = {.fd = all[i].fd, .events = static_cast<int16_t>(POLLIN | (sends ? POLLOUT : 0)), .revents = 0};
      }
      ::poll(polled.data(), polled.size(), 100);
      for (size_t i = 0; i < all.size(); ++i) {
        if (polled[i].revents == 0 || Move(all[i], polled[i].revents)) continue;
        ++errors;
        if (problem.empty()) problem = "the server closed: " + all[i].in.substr(0, 600);
        ::close(all[i].fd);
        Connect(all[i]);
        Ask(all[i]);
      }
    }
    for (const Client& client : all) ::close(client.fd);
  }
};

double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

int RunLoad(const std::vector<std::string>& words) {
  Load load{.port = std::stoi(words[1]), .model = words[2]};
  load.stream = std::ranges::find(words, "stream") != words.end();
  load.chat = std::ranges::find(words, "chat") != words.end();
  const double limit = std::stod(words[4]), start = MonotonicSeconds();
  load.Run(std::stoi(words[3]), limit);
  const double seconds = MonotonicSeconds() - start;
  const nlohmann::json line = {{"answers", load.answers},
                               {"errors", load.errors},
                               {"problem", load.problem},
                               {"seconds", seconds},
                               {"tokens_per_second", static_cast<double>(load.tokens) / seconds},
                               {"answers_per_second", static_cast<double>(load.answers) / seconds},
                               {"p50_ms", 1000 * Quantile(load.seconds, 0.5)},
                               {"p99_ms", 1000 * Quantile(load.seconds, 0.99)},
                               {"max_ms", 1000 * Quantile(load.seconds, 1)},
                               {"first_p50_ms", 1000 * Quantile(load.first_seconds, 0.5)}};
  fmt::print("{}\n", line.dump());
  return 0;
}

int RunAsk(const std::vector<std::string>& words) {
  SetThreads(1);
  LocalModel model(words[1], {.batch_size = std::stoi(words[2])});
  std::vector<Request> requests(std::stoul(words[3]));
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].id = std::to_string(i);
    requests[i].prompt = {{"", Prompt(i)}};
    requests[i].sampling.max_new_tokens = kMaxTokens;
  }
  int64_t tokens = 0;
  const double start = MonotonicSeconds();
  model.Ask(requests, [&](const Reply& reply) {
    tokens += reply.usage.completion_tokens;
    return true;
  });
  const double seconds = MonotonicSeconds() - start;
  fmt::print("{}\n", nlohmann::json({{"seconds", seconds},
                                     {"tokens_per_second", static_cast<double>(tokens) / seconds},
                                     {"answers_per_second", static_cast<double>(requests.size()) / seconds}})
                         .dump());
  return 0;
}

int Main(int argc, char** argv) {
  return RunMain("serve_bench", [&] {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() >= 5 && words[0] == "load") return RunLoad(words);
    if (words.size() == 4 && words[0] == "ask") return RunAsk(words);
    throw Error("load PORT MODEL CLIENTS SECONDS [stream] [chat] | ask FOLDER BATCH REQUESTS");
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
