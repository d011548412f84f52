// Addresses: one client is one however it is written, and nobody is believed to be another.
#include "teacher/provider/ip_address.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "teacher/provider/client_address.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

IpAddress Ip(std::string_view text) {
  const auto address = ParseIp(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

CidrSet Set(const std::vector<std::string_view>& networks) {
  CidrSet set;
  for (const auto network : networks) set.Add(network);
  return set;
}

TEST(IpAddress, OneClientHasOneForm) {
  for (const char* text : {"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201",
                           "0:0:0:0:0:ffff:c000:0201", "0000:0000:0000:0000:0000:FFFF:192.0.2.1"}) {
    EXPECT_EQ(Ip(text), Ip("192.0.2.1")) << text;
    EXPECT_EQ(ToString(Ip(text)), "192.0.2.1");
    EXPECT_TRUE(Ip(text).is_v4());
  }
  EXPECT_EQ(ToString(Ip("2001:0DB8:0:0:0:0:0:1")), "2001:db8::1");
  EXPECT_FALSE(Ip("::192.0.2.1").is_v4()) << "v4-compatible, long obsolete, is no v4 client";
}

TEST(IpAddress, WhatIsNone) {
  for (const std::string text : {"",
                                 " ",
                                 "192.0.2",
                                 "192.0.2.256",
                                 "192.0.2.01",
                                 "192.0.2.1 ",
                                 " 192.0.2.1",
                                 "192.0.2.1/24",
                                 "0300.0.2.1",
                                 "0xc0.0.2.1",
                                 "3221225985",
                                 "1.2.3.4.5",
                                 ":::",
                                 "2001:db8::1::2",
                                 "fe80::1%eth0",
                                 "[::1]",
                                 "::1]:80",
                                 "localhost",
                                 "-1.2.3.4",
                                 "1.2.3.-4",
                                 "12345::",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1.2.3.4\n"}) {
    EXPECT_FALSE(ParseIp(text)) << text;
  }
  EXPECT_FALSE(ParseIp(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(ParseIp(std::string(10'000, '1')));
}

TEST(IpAddress, ASubscriberOfV6IsOneWithin64Bits) {
  EXPECT_EQ(AddressGroup(Ip("192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(AddressGroup(Ip("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(AddressGroup(Ip("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressGroup(Ip("2001:db8:1:2:ffff::")), "2001:db8:1:2::/64");
  EXPECT_NE(AddressGroup(Ip("2001:db8:1:3::")), AddressGroup(Ip("2001:db8:1:2::")));
  EXPECT_EQ(AddressGroup(Ip("2001:db8:1:203::7"), 56), "2001:db8:1:200::/56");
  EXPECT_EQ(AddressGroup(Ip("192.0.2.1"), 56), "192.0.2.1");
}

TEST(CidrSet, ContainsWhatItsNetworksDo) {
  const CidrSet set = Set({"192.0.2.0/24", "198.51.100.7", "2001:db8::/33", "::1", "::ffff:203.0.113.0/120"});
  for (const char* inside :
       {"192.0.2.0", "192.0.2.255", "::ffff:192.0.2.9", "198.51.100.7", "2001:db8:7fff::1", "::1", "203.0.113.200"}) {
    EXPECT_TRUE(set.Contains(Ip(inside))) << inside;
  }
  for (const char* outside : {"192.0.1.255", "192.0.3.0", "198.51.100.6", "2001:db8:8000::1", "::2", "203.0.114.0",
                              "::192.0.2.1", "64:ff9b::192.0.2.1"}) {
    EXPECT_FALSE(set.Contains(Ip(outside))) << outside;
  }
  EXPECT_TRUE(Set({"0.0.0.0/0"}).Contains(Ip("8.8.8.8")));
  EXPECT_FALSE(Set({"0.0.0.0/0"}).Contains(Ip("2001:db8::1"))) << "v4 is not all";
  EXPECT_FALSE(Set({"::/0"}).Contains(Ip("8.8.8.8"))) << "nor is v6, though it holds the mapped ones";
  EXPECT_FALSE(Set({"::/64"}).Contains(Ip("8.8.8.8")));
  EXPECT_TRUE(Set({"::/0"}).Contains(Ip("2001:db8::1")));
  EXPECT_TRUE(Set({"::/0"}).Contains(Ip("::1")));
  EXPECT_TRUE(Set({"::ffff:0.0.0.0/96"}).Contains(Ip("8.8.8.8"))) << "who writes them means them";
  EXPECT_FALSE(Set({}).Contains(Ip("8.8.8.8")));
}

TEST(CidrSet, NetworksThatAreNone) {
  for (const char* network : {"", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8x",
                              "192.0.2.0/ 8", "::/129", "192.0.2/24", "192.0.2.0/24/24", "any"}) {
    EXPECT_NE(MessageOf([&] { Set({network}); }), "") << network;
  }
  EXPECT_THAT(MessageOf([&] { Set({"192.0.2.1/24"}); }), HasSubstr("192.0.2.0/24"));
  EXPECT_THAT(MessageOf([&] { Set({"2001:db8::1/32"}); }), HasSubstr("2001:db8::/32"));
  const TempDir dir;
  const auto file = dir.path() / "deny.txt";
  std::ofstream(file) << "# data centres\n192.0.2.0/24  # one\r\n\n  2001:db8::/32\n";
  EXPECT_TRUE(ReadCidrs(file).Contains(Ip("2001:db8::7")));
  std::ofstream(file) << "192.0.2.0/24\nnonsense\n";
  EXPECT_THAT(MessageOf([&] { ReadCidrs(file); }), HasSubstr("deny.txt:2"));
}

struct Case {
  std::string_view peer;
  std::vector<std::string_view> forwarded_for;
  std::string_view client;  // empty: to be refused
};

TEST(ClientAddress, ThePeerDecidesUnlessItIsTrusted) {
  const CidrSet trusted = Set({"10.0.0.0/8", "2001:db8:ffff::/48"});
  const std::vector<Case> cases = {
      {"203.0.113.5", {}, "203.0.113.5"},
      {"203.0.113.5", {"198.51.100.1"}, "203.0.113.5"},            // forged: the peer is nobody's proxy
      {"203.0.113.5", {"nonsense"}, "203.0.113.5"},                // and what it writes is not even read
      {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},              // one proxy
      {"10.0.0.1", {"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},     // the client forged the first
      {"10.0.0.1", {"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},   // in a header of its own
      {"10.0.0.1", {"10.9.9.9, 198.51.100.1"}, "198.51.100.1"},    // even as a trusted one
      {"10.0.0.1", {"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},    // two proxies
      {"10.0.0.1", {"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},  // the same in two headers
      {"10.0.0.1", {"nonsense, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
      {"10.0.0.1", {"10.0.0.3,10.0.0.2"}, "10.0.0.3"},  // none but proxies: the first of them
      {"10.0.0.1", {}, "10.0.0.1"},                     // the proxy itself asks
      {"::ffff:10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
      {"2001:db8:ffff::1", {"2001:db8::5"}, "2001:db8::5"},
      {"10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
      {"10.0.0.1", {"[2001:db8::5]:4711"}, "2001:db8::5"},
      {"10.0.0.1", {"\t198.51.100.1 "}, "198.51.100.1"},
      {"10.0.0.1", {"198.51.100.1, nonsense"}, ""},  // a proxy that we trust said so
      {"10.0.0.1", {""}, ""},
      {"10.0.0.1", {"198.51.100.1,"}, ""},
      {"10.0.0.1", {"unknown"}, ""},
      {"10.0.0.1", {"198.51.100.1:port"}, ""},
      {"10.0.0.1", {"[2001:db8::5"}, ""},
      {"10.0.0.1", {"[2001:db8::5]x"}, ""},
      {"10.0.0.1", {"fe80::1%eth0"}, ""},
  };
  for (const Case& c : cases) {
    const auto client = ClientAddress(Ip(c.peer), c.forwarded_for, trusted);
    std::string all(c.peer);
    for (const auto value : c.forwarded_for) all += fmt::format(" | {}", value);
    EXPECT_EQ(client ? ToString(*client) : "", c.client) << all;
  }
  EXPECT_EQ(ToString(*ClientAddress(Ip("10.0.0.1"), std::vector<std::string_view>{"198.51.100.1"}, {})), "10.0.0.1")
      << "nobody is trusted by default";
  std::string many = "198.51.100.1";
  for (int i = 0; i < 31; ++i) many += ",10.0.0.2";
  EXPECT_TRUE(ClientAddress(Ip("10.0.0.1"), std::vector<std::string_view>{many}, trusted));
  for (int i = 0; i < 100'000; ++i) many += ",10.0.0.2";
  EXPECT_FALSE(ClientAddress(Ip("10.0.0.1"), std::vector<std::string_view>{many}, trusted));
}

}  // namespace
}  // namespace retort
