// The page.json of a small page, for pages about pages.
#pragma once

namespace retort {

inline constexpr char kFewPage[] = R"({"claim": "Few are enough.", "created_utc": "2026-02-03T04:05:06Z",
    "experiment": "few", "title": "T", "version": "1", "results_file": "r.csv", "results_sha256": "00", "verdicts": ["V"]})";

}  // namespace retort
