// Accounts and keys: who has the file has no key, who has no key is nobody, and what headers can say.
#include "teacher/provider/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/base/files.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PresentedKey Of(const std::vector<std::string_view>& values) { return KeyOf(values); }

TEST(KeyOf, TakesOneBearerKeyAndNothingElse) {
  EXPECT_EQ(Of({}).key, "");
  EXPECT_FALSE(Of({}).denial) << "whether a key is wanted, policies say";
  for (const char* value : {"Bearer CANARY", "bearer CANARY", "BEARER   CANARY", " Bearer CANARY \t"}) {
    EXPECT_EQ(Of({value}).key, "CANARY") << value;
    EXPECT_FALSE(Of({value}).denial);
  }
  for (const std::string value :
       {"", "Bearer", "Bearer ", "BearerCANARY", "Basic CANARY", "CANARY", "Bearer CANARY more",
        "Bearer CANARY\r\nX: y", "Bearer CANARY\x1b[0m", "Bearer C\xc3\xa4NARY", "Token Bearer CANARY"}) {
    const PresentedKey presented = Of({value});
    EXPECT_EQ(presented.key, "") << value;
    ASSERT_TRUE(presented.denial) << value;
    EXPECT_EQ(presented.denial->status, 401);
    EXPECT_THAT(presented.error, Not(HasSubstr("CANARY")));
  }
  EXPECT_EQ(Of({"Bearer " + std::string(600, 'x')}).denial->status, 401);
  EXPECT_EQ(Of({std::string_view("Bearer a\0b", 10)}).denial->status, 401);
  const PresentedKey doubled = Of({"Bearer CANARY", "Bearer CANARY"});
  EXPECT_EQ(doubled.denial->status, 400);
  EXPECT_EQ(doubled.key, "");
  EXPECT_THAT(doubled.error, Not(HasSubstr("CANARY")));
}

class AccountsTest : public ::testing::Test {
 protected:
  std::string Add(const Account& account, std::string_view payment = "") { return AddKey(file_, account, payment); }
  void Write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "accounts.jsonl";
};

TEST_F(AccountsTest, AKeyOpensItsAccountAndNoOtherTextDoes) {
  const std::string first = Add({.name = "acc-1", .tier = "email"});
  const std::string second = Add({.name = "acc-2", .tier = "business", .terms_version = "2026-11"}, "PAY-1");
  const std::string third = Add({.name = "acc-2", .tier = "business"}, "PAY-1");
  const Accounts accounts(file_);
  EXPECT_EQ(accounts.size(), 3u);
  ASSERT_TRUE(accounts.Find(first));
  EXPECT_EQ(accounts.Find(first)->name, "acc-1");
  EXPECT_EQ(accounts.Find(first)->tier, "email");
  EXPECT_EQ(accounts.Find(first)->payment, "");
  EXPECT_EQ(accounts.Find(second)->terms_version, "2026-11");
  EXPECT_EQ(accounts.Find(second)->payment, accounts.Find(third)->payment) << "the same means of payment";
  EXPECT_EQ(accounts.Find(second)->payment.size(), 64u);
  EXPECT_NE(accounts.Find(second)->key, accounts.Find(third)->key);

  const std::string name = first.substr(0, 20), secret = first.substr(20);
  for (const std::string& wrong :
       {std::string(), std::string("rk-"), name, secret, first.substr(0, first.size() - 1), first + "0",
        name + second.substr(20), second.substr(0, 20) + secret, std::string("rk-0000000000000000-") + secret,
        "RK" + first.substr(2), first + " ", std::string(1000, 'a'), std::string(64, '0')}) {
    EXPECT_FALSE(accounts.Find(wrong)) << wrong;
  }
}

TEST_F(AccountsTest, TheFileHoldsNeitherKeysNorPayments) {
  const std::string key = Add({.name = "acc-1", .tier = "email"}, "PAY-CANARY-4242");
  const std::string text = ReadFile(file_);
  EXPECT_THAT(text, Not(HasSubstr("CANARY")));
  for (size_t at = 20; at + 8 <= key.size(); ++at) EXPECT_THAT(text, Not(HasSubstr(key.substr(at, 8))));
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(AccountsTest, ARevokedKeyIsNobodys) {
  const std::string key = Add({.name = "acc-1", .tier = "email"}), other = Add({.name = "acc-1", .tier = "email"});
  RevokeKey(file_, key.substr(3, 16));
  const Accounts accounts(file_);
  EXPECT_FALSE(accounts.Find(key));
  EXPECT_TRUE(accounts.Find(other));
  EXPECT_THAT(MessageOf([&] { RevokeKey(file_, "0000000000000000"); }), HasSubstr("has no key"));
  EXPECT_THAT(MessageOf([&] { RevokeKey(file_, ""); }), HasSubstr("has no key"));
}

TEST_F(AccountsTest, AFileThatChangesIsReadAgainWithinASecond) {
  const std::string first = Add({.name = "acc-1", .tier = "email"});
  double now = 10;
  LiveAccounts live(file_, [&] { return now; });
  const std::string second = Add({.name = "acc-2", .tier = "email"});
  EXPECT_FALSE(live.Current()->Find(second)) << "not looked at yet";
  now += 1;
  EXPECT_TRUE(live.Current()->Find(second));
  RevokeKey(file_, first.substr(3, 16));
  now += 1;
  EXPECT_FALSE(live.Current()->Find(first));
  const std::string good = ReadFile(file_);
  Write(good + "nonsense\n");
  now += 1;
  EXPECT_TRUE(live.Current()->Find(second));
  std::filesystem::remove(file_);
  now += 1;
  EXPECT_TRUE(live.Current()->Find(second));
  Write(good);
  const std::string third = Add({.name = "acc-3", .tier = "email"});
  now += 1;
  EXPECT_TRUE(live.Current()->Find(third));
  EXPECT_FALSE(live.Current()->Find(first));
}

TEST_F(AccountsTest, NamesAndTiersThatCannotBe) {
  for (const char* name : {"", "a b", "=cmd()", "<script>", "a\nb", "\xe2\x80\xa8"}) {
    EXPECT_THAT(MessageOf([&] { Add({.name = name, .tier = "email"}); }), HasSubstr("account")) << name;
  }
  for (const char* tier : {"", "anonymous", "Email", "gold"}) {
    EXPECT_THAT(MessageOf([&] { Add({.name = "a", .tier = tier}); }), HasSubstr("tier")) << tier;
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(AccountsTest, ABrokenFileIsNamedByItsLine) {
  Add({.name = "acc-1", .tier = "email"});
  const std::string good = ReadFile(file_);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    line.replace(line.find(from), from.size(), to);
    return good + line;
  };
  for (const std::string& text :
       {good + "{}\n", good + "[]\n", good + "nonsense\n", good + "\n",
        good + "{\"key\":\"0000000000000000\",\"revoked\":true}\n", with("acc-1", "=1+1"), with("email", "anonymous"),
        with("email", "gold"), with(R"("hash":")", R"("hash":"0)"), with(R"("salt":")", R"("salt":"0)"),
        with(R"("key":")", R"("key":"0)"), with("\"email\"", "7"), with("\"tier\"", R"("payment":"PAY-1","tier")"),
        with("\"account\"", "\"nobody\"")}) {
    Write(text);
    EXPECT_THAT(MessageOf([&] { const Accounts accounts(file_); }), HasSubstr("accounts.jsonl:2")) << text;
  }
  EXPECT_THAT(MessageOf([&] { const Accounts accounts(dir_.path() / "none"); }), HasSubstr("none"));
}

}  // namespace
}  // namespace retort
