// The whole server by its config: a teacher, the policies around it, the gateway, the sockets.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/config/describe.h"
#include "teacher/make_teacher.h"
#include "teacher/provider/guarded_teacher.h"
#include "teacher/provider/server/gateway.h"
#include "teacher/provider/server/http_server.h"

namespace retort {

struct ServeConfig {
  TeacherConfig teacher;
  PoliciesConfig policies;
  GatewayConfig gateway;
  HttpLimits http;
  std::string address = "127.0.0.1";  // of this machine alone, unless another is given
  int port = 8080;                    // 0: any free one
  int threads = 0;                    // of a local teacher's matrix products; 0: all cores
  int forward_threads = 8;            // requests that any other teacher is asked at once
  double forward_seconds = 120;       // for its answer
  double drain_seconds = 10;          // for answers that are being made when the server is told to stop
};
void Describe(Describer& d, ServeConfig& config);

class Service {
 public:
  // Serves from now on. Throws Error for what the config asks for in vain.
  Service(const ServeConfig& config, const std::filesystem::path& config_dir);
  ~Service();  // at once
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::string url() const;  // "http://127.0.0.1:8080/v1"
  int port() const;
  const std::string& model() const;
  const Card& card() const;                  // of the teacher behind the policies
  bool is_open() const { return is_open_; }  // others than this machine can ask, and need no key
  void Stop();                               // lets what is being answered end, for drain_seconds

 private:
  double drain_seconds_;
  bool is_open_;
  std::string address_;
  Card card_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace retort
