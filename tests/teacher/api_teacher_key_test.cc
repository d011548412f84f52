// The key and where it may go: read from where it was said, sent to the server and nowhere else, shown to nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "core/base/error.h"
#include "core/base/files.h"
#include "teacher/api_teacher.h"
#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kKey = "sk-Zr8vQ2mXw7Lp4TnB9cKd";

// Not even eight characters of it in a row.
void ExpectNoKey(const std::string& text) {
  for (size_t i = 0; i + 8 <= kKey.size(); ++i) {
    ASSERT_EQ(text.find(kKey.substr(i, 8)), std::string::npos) << text;
  }
}

class ApiKeyTest : public ::testing::Test {
 protected:
  ApiTeacherConfig Config(const std::string& url) const {
    ApiTeacherConfig config = QuickConfig(url);
    config.api_key_env = "RETORT_TEST_KEY";
    return config;
  }
  // The message of the Error.
  static std::string Refusal(const ApiTeacherConfig& config) {
    try {
      MakeApiTeacher(config);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no Error for base_url = " << config.base_url;
    return "";
  }
  std::string WriteKey(const std::string& contents) const {
    const std::filesystem::path path = dir_.path() / "key";
    WriteFileAtomic(path, contents);
    return path;
  }

  TempDir dir_;
  ScopedEnv key_{"RETORT_TEST_KEY", kKey.c_str()};
};

TEST_F(ApiKeyTest, FromTheEnvironmentOrAFileTrimmed) {
  const TestServer server(Echo);
  AskOne(Config(server.url()));
  const ScopedEnv spaced("RETORT_TEST_KEY", (" \t" + kKey + "\r\n").c_str());
  AskOne(Config(server.url()));
  ApiTeacherConfig config = QuickConfig(server.url());
  config.api_key_file = WriteKey("\n " + kKey + " \n\n");
  AskOne(config);
  ASSERT_EQ(server.request_count(), 3);
  for (const SeenRequest& seen : server.requests()) EXPECT_EQ(seen.headers.at("authorization"), "Bearer " + kKey);
}

TEST_F(ApiKeyTest, BadKeysAreRefused) {
  for (const std::string& bad : {std::string(), std::string(" \n\t "), kKey + "\nX-Evil: 1", kKey + "\r\n\r\nGET /",
                                 kKey + '\x01', kKey + " " + kKey, kKey + "\x7f", kKey + "\xc3\xa9"}) {
    const ScopedEnv env("RETORT_TEST_KEY", bad.c_str());
    const std::string in_env = Refusal(Config("http://127.0.0.1:1/v1"));
    EXPECT_THAT(in_env, HasSubstr("api_key_env")) << "names the option";
    ExpectNoKey(in_env);
    ApiTeacherConfig config = QuickConfig("http://127.0.0.1:1/v1");
    config.api_key_file = WriteKey(bad);
    const std::string in_file = Refusal(config);
    EXPECT_THAT(in_file, HasSubstr("api_key_file"));
    ExpectNoKey(in_file);
  }
}

TEST_F(ApiKeyTest, MissingKeysAreRefused) {
  const ScopedEnv none("RETORT_TEST_KEY", nullptr);
  Refusal(Config("http://127.0.0.1:1/v1"));
  ApiTeacherConfig config = QuickConfig("http://127.0.0.1:1/v1");
  config.api_key_file = dir_.path() / "no such file";
  EXPECT_THAT(Refusal(config), HasSubstr("no such file"));
  config.api_key_file = dir_.path();  // a folder
  Refusal(config);
  config.api_key_file = WriteKey(std::string(1 << 20, 'x'));
  EXPECT_THAT(Refusal(config), Not(HasSubstr("xxxxxxxx"))) << "some other file was named";
}

// A common mistake: the key itself where the variable's name should be.
TEST_F(ApiKeyTest, AKeyInPlaceOfItsVariableIsNotShown) {
  ApiTeacherConfig config = QuickConfig("http://127.0.0.1:1/v1");
  config.api_key_env = kKey;
  ExpectNoKey(Refusal(config));
}

TEST_F(ApiKeyTest, AddressesThatAreNoneOrHoldSecretsAreRefused) {
  for (const std::string& url :
       {std::string(), std::string("v1"), std::string("127.0.0.1:8000/v1"), std::string("http://"),
        std::string("ftp://127.0.0.1/v1"), std::string("file:///etc/passwd"), std::string("gopher://127.0.0.1/v1"),
        std::string("javascript:alert(1)"), std::string("http://127.0.0.1:99999/v1"),
        std::string("http://127.0.0.1:x/v1"), std::string("http://127.0.0.1/v1\r\nX-Evil: 1"),
        std::string("http://127.0.0.1/a b"), "https://user:" + kKey + "@127.0.0.1/v1",
        "https://" + kKey + "@127.0.0.1/v1", "https://:" + kKey + "@127.0.0.1/v1",
        "https://127.0.0.1/v1?api_key=" + kKey, "https://127.0.0.1/v1#" + kKey}) {
    ApiTeacherConfig config = QuickConfig(url);
    const std::string refusal = Refusal(config);
    EXPECT_THAT(refusal, HasSubstr("base_url")) << url;
    ExpectNoKey(refusal);
  }
}

TEST_F(ApiKeyTest, IsNotSentInTheClearToAnotherMachine) {
  EXPECT_THAT(Refusal(Config("http://192.0.2.1/v1")), HasSubstr("https"));
  EXPECT_THAT(Refusal(Config("http://127.evil.example/v1")), HasSubstr("https")) << "a name, not an address";
  EXPECT_THAT(Refusal(Config("http://localhost.evil.example/v1")), HasSubstr("https"));
  EXPECT_NO_THROW(MakeApiTeacher(QuickConfig("http://192.0.2.1/v1"))) << "without a key there is nothing to lose";
  EXPECT_NO_THROW(MakeApiTeacher(Config("http://localhost:8000/v1")));
  EXPECT_NO_THROW(MakeApiTeacher(Config("https://192.0.2.1/v1")));
}

// Servers do quote it: "Incorrect API key provided: sk-...".
TEST_F(ApiKeyTest, NoErrorShowsIt) {
  std::string escaped;
  for (const char c : kKey) {
    char code[8];
    std::snprintf(code, sizeof code, "\\u%04x", c);
    escaped += code;
  }
  std::vector<std::string> bodies = {
      "key " + kKey + " is wrong", ErrorBody("Incorrect API key provided: " + kKey + "."),
      R"({"error": {"message": "key )" + escaped + R"("}})", R"({"detail": ")" + kKey + R"("})", kKey};
  // Where a message is cut short, what is left of the key must not be too much of it.
  for (size_t filler = 20; filler < 620; filler += 5) {
    bodies.push_back(ErrorBody(std::string(filler, 'x') + kKey));
    bodies.push_back(std::string(filler, 'x') + kKey + "y");
    bodies.push_back(R"({"error": {"message": ")" + std::string(filler, 'x') + escaped + R"("}})");
  }
  std::string body;
  int status = 400;
  const TestServer server([&](const SeenRequest&) { return JsonReply(body, status); });
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(Config(server.url()));
  for (const std::string& its : bodies) {
    if (HasFailure()) break;  // one such message is enough
    body = its;
    for (const int code : {200, 400, 401, 500}) {
      status = code;
      const Reply reply = AskAll(*teacher, {ChatRequest("id", "question")}).front();
      EXPECT_NE(reply.error, "");
      ExpectNoKey(reply.error);
    }
  }
  const FullReply elsewhere{.status = 302, .headers = {{"Location", "http://127.0.0.1:1/" + kKey}}};
  ApiTeacherConfig config = Config(server.url());
  const TestServer redirecting([&](const SeenRequest&) { return elsewhere; });
  config.base_url = redirecting.url();
  ExpectNoKey(AskOne(config).error);
  const TestServer garbage([&](const SeenRequest&) { return Raw({{.bytes = "HTTP/1.1 " + kKey + "\r\n" + kKey}}); });
  config.base_url = garbage.url();
  ExpectNoKey(AskOne(config).error);
}

// Local servers take any key, and their guides say "EMPTY", "ollama" or "x": hiding it must not change an answer.
TEST_F(ApiKeyTest, AKeyThatIsAWordChangesNoAnswer) {
  const TestServer server([](const SeenRequest& request) {
    return AskedText(request) == "fail" ? JsonReply(ErrorBody("no"), 400) : Echo(request);
  });
  for (const char* key : {"EMPTY", "ollama", "e", "\"", "{", "***", "content"}) {
    const ScopedEnv env("RETORT_TEST_KEY", key);
    const std::string question = std::string("Is ") + key + " the echo of ollama?";
    const Reply reply = AskOne(Config(server.url()), ChatRequest("id", question));
    EXPECT_EQ(reply.error, "") << key;
    EXPECT_EQ(Text(reply.completion), EchoText(question)) << key;
    EXPECT_NE(AskOne(Config(server.url()), ChatRequest("id", "fail")).error, "") << key;
  }
}

TEST_F(ApiKeyTest, TheCardDoesNotShowIt) {
  const Card card = MakeApiTeacher(Config("https://127.0.0.1/v1"))->card();
  for (const std::string& text : {card.name, card.identity, card.terms, card.licence, card.disclosure})
    ExpectNoKey(text);
  const ScopedEnv other("RETORT_TEST_KEY", "another");
  EXPECT_EQ(MakeApiTeacher(Config("https://127.0.0.1/v1"))->card().identity, card.identity)
      << "whoever pays, the answers are the same";
}

TEST_F(ApiKeyTest, IsNotSentWhereARedirectPoints) {
  const TestServer thief(Echo);
  for (const int status : {301, 302, 307, 308}) {
    const TestServer server([&](const SeenRequest&) {
      return FullReply{.status = status, .headers = {{"Location", thief.url("/v1/chat/completions", "localhost")}}};
    });
    EXPECT_NE(AskOne(Config(server.url())).error, "");
  }
  EXPECT_EQ(thief.connection_count(), 0);
}

// ---- TLS ----

TEST_F(ApiKeyTest, TlsWithThePrivateCa) {
  const TestCertificate certificate = MakeLocalCertificate();
  const TestServer server(Echo, certificate);
  WriteFileAtomic(dir_.path() / "ca.pem", certificate.ca);
  ApiTeacherConfig config = Config(server.url());
  config.ca_file = dir_.path() / "ca.pem";
  for (const char* host : {"127.0.0.1", "localhost"}) {
    config.base_url = server.url("/v1", host);
    EXPECT_EQ(AskOne(config).error, "") << host;
  }
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Bearer " + kKey);
  TestLedger ledger;
  config.concurrency = 3;
  const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
  teacher->UseLedger(&ledger);
  for (const Reply& reply : AskAll(*teacher, ManyRequests(30))) EXPECT_EQ(reply.error, "");
  EXPECT_LE(server.connection_count(), 2 + 3);
  ledger.Charged();
}

// Nothing of the request, and so no key, reaches a server that is not who it should be.
TEST_F(ApiKeyTest, BadCertificatesAreRefused) {
  struct Bad {
    const char* what;
    TestCertificate certificate;
    bool with_its_ca;
  };
  for (const Bad& bad : {Bad{"an unknown CA", MakeLocalCertificate(), false},
                         Bad{"another host's name", MakeCertificateForAnotherName(), true},
                         Bad{"out of date", MakeExpiredCertificate(), true}}) {
    const TestServer server(Echo, bad.certificate);
    WriteFileAtomic(dir_.path() / "ca.pem", bad.with_its_ca ? bad.certificate.ca : MakeLocalCertificate().ca);
    ApiTeacherConfig config = Config(server.url());
    for (const bool own_ca : {true, false}) {
      config.ca_file = own_ca ? (dir_.path() / "ca.pem").string() : "";
      TestLedger ledger;
      const std::unique_ptr<Teacher> teacher = MakeApiTeacher(config);
      teacher->UseLedger(&ledger);
      EXPECT_NE(AskAll(*teacher, ManyRequests(1)).front().error, "") << bad.what;
      EXPECT_EQ(ledger.Charged(), Usage()) << bad.what;
    }
    EXPECT_EQ(server.request_count(), 0) << bad.what;
  }
}

TEST_F(ApiKeyTest, ACaFileThatIsNoneIsAnError) {
  ApiTeacherConfig config = QuickConfig("https://127.0.0.1:1/v1");
  config.ca_file = dir_.path() / "none.pem";
  EXPECT_THAT(Refusal(config), HasSubstr("none.pem"));
  const TestServer server(Echo, MakeLocalCertificate());
  WriteFileAtomic(dir_.path() / "ca.pem", "this is no certificate\n");
  config = QuickConfig(server.url());
  config.ca_file = dir_.path() / "ca.pem";
  EXPECT_NE(AskOne(config).error, "");
  EXPECT_EQ(server.request_count(), 0);
}

TEST_F(ApiKeyTest, PlainHttpAndTlsDoNotMix) {
  const TestServer plain(Echo), secure(Echo, MakeLocalCertificate());
  EXPECT_NE(AskOne(Config("https://127.0.0.1:" + std::to_string(plain.port()) + "/v1")).error, "");
  EXPECT_NE(AskOne(Config("http://127.0.0.1:" + std::to_string(secure.port()) + "/v1")).error, "");
  EXPECT_EQ(plain.request_count() + secure.request_count(), 0);
}

}  // namespace
}  // namespace retort
