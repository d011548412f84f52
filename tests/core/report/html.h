// What the tests of pages share: is the HTML well formed, and whose script is in it?
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/report/page_script.h"

namespace retort {

// The page without its own script, which must be there once.
inline std::string WithoutScript(std::string html) {
  const std::string script = std::string("<script>") + kPageScript + "</script>";
  const size_t at = html.find(script);
  EXPECT_NE(at, std::string::npos);
  if (at != std::string::npos) html.erase(at, script.size());
  EXPECT_EQ(html.find("<script"), std::string::npos);
  return html;
}

// Every tag that opens closes, and text from outside opens none.
inline void ExpectBalanced(const std::string& page) {
  static const std::set<std::string> kVoid = {"meta", "!DOCTYPE", "input"};
  const std::string html = WithoutScript(page);
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const bool closing = html[at + 1] == '/';
    const size_t begin = at + 1 + closing, end = html.find_first_of(" />\n\t", begin), close = html.find('>', at);
    const std::string tag = html.substr(begin, end - begin);
    ASSERT_FALSE(tag.empty()) << html.substr(at, 60);
    if (kVoid.contains(tag) || html[close - 1] == '/') continue;
    if (!closing) {
      open.push_back(tag);
    } else {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), tag) << html.substr(at, 80);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

// Each id stands once, and each link inside the page leads somewhere.
inline void ExpectLinksLead(const std::string& html) {
  std::set<std::string> ids;
  for (size_t at = html.find(" id="); at != std::string::npos; at = html.find(" id=", at + 1)) {
    const std::string id = html.substr(at + 5, html.find(html[at + 4], at + 5) - at - 5);
    EXPECT_TRUE(ids.insert(id).second) << id;
  }
  for (size_t at = html.find(" href=\"#"); at != std::string::npos; at = html.find(" href=\"#", at + 1)) {
    const std::string id = html.substr(at + 8, html.find('"', at + 8) - at - 8);
    EXPECT_TRUE(ids.contains(id)) << id;
  }
}

}  // namespace retort
